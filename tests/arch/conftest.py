from pathlib import Path

import pytest

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.errors import SpecError

ROOT = Path(__file__).parents[2] / "arch_specs"
TEXT = (ROOT / "bit_serial_pe.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def shipped():
    """Return every shipped machine by name."""
    return {path.stem: load_accelerator(path) for path in sorted(ROOT.glob("*.yaml"))}


@pytest.fixture
def changed(tmp_path):
    """Return a function: the path of the bit-serial machine's file, with texts replaced."""

    def write(*pairs):
        text = TEXT
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        technologies = tmp_path / "technologies"
        technologies.mkdir(exist_ok=True)
        (technologies / "cmos_45nm.yaml").touch()
        path = tmp_path / "bit_serial_pe.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def faults(changed):
    """Return a function: what loading the changed file says, without the file's own path."""

    def told(*pairs):
        path = changed(*pairs)
        with pytest.raises(SpecError) as caught:
            load_accelerator(path)
        return str(caught.value).replace(f"{path}:", "").splitlines()

    return told


@pytest.fixture
def line():
    """Return a function: the line of the shipped file that holds a text."""

    def number(text):
        assert TEXT.count(text) == 1, text
        return TEXT[: TEXT.index(text)].count("\n") + 1

    return number
