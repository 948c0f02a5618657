"""A kind of somebody else's: installed beside the package, it is one like any other."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "sign_only"
MACHINE = Path(__file__).parents[2] / "arch_specs" / "ternary_pe.yaml"


@pytest.fixture
def with_plug_in(tmp_path):
    """Return a function that runs Python where the plug-in is installed, and returns the run."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text())["project"]
    installed = tmp_path / f"sign_only-{project['version']}.dist-info"
    installed.mkdir()
    about = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (installed / "METADATA").write_text(about)
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (installed / "entry_points.txt").write_text("\n".join(groups))
    paths = [str(tmp_path), str(PLUGIN), os.environ.get("PYTHONPATH", "")]

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_is_listed_and_explained_by_the_command_line(with_plug_in):
    listed = with_plug_in("-m", "lowbit_sim", "list", "pe")
    assert "sign_only  sign_only:SignOnly" in listed.stdout.splitlines(), listed.stderr
    explained = with_plug_in("-m", "lowbit_sim", "formula", "sign_only")
    assert explained.stdout.startswith("Sign-only adders: weights of ±1"), explained.stderr


def test_it_keeps_the_contract(with_plug_in):
    done = with_plug_in(
        "-c",
        "from lowbit_sim.registry import load\n"
        "from lowbit_sim.testing import check_pe\n"
        "SignOnly = load('lowbit_sim.pe', 'sign_only')\n"
        "check_pe(SignOnly)\n"
        "check_pe(lambda: SignOnly(lanes=7))\n"
        "print('kept')",
    )
    assert done.stdout == "kept\n", done.stderr


LOAD = (
    "from pathlib import Path\n"
    "from lowbit_sim.arch.load import load_accelerator\n"
    "array = load_accelerator(Path('mine.yaml')).arrays[0].pe\n"
    "print(array.element, array.rows, array.cols)"
)


def write_machine(folder, keys):
    shutil.copytree(MACHINE.parent / "technologies", folder / "technologies")
    text = MACHINE.read_text().replace("name: ternary_pe", "name: mine")
    (folder / "mine.yaml").write_text(text.replace("kind: ternary_adder", keys))


def test_a_machine_file_uses_it(with_plug_in, tmp_path):
    write_machine(tmp_path, "kind: sign_only, lanes: 8")
    done = with_plug_in("-c", LOAD)
    assert done.stdout == "SignOnly(lanes=8) 16 16\n", done.stderr


def test_its_mistakes_are_told_like_any_others(with_plug_in, tmp_path):
    write_machine(tmp_path, "kind: sign_only, lane: 8")
    done = with_plug_in("-c", LOAD)
    assert "unknown key of sign_only; did you mean 'lanes'?" in done.stderr


def test_without_it_the_kind_is_unknown(with_plug_in, tmp_path):
    write_machine(tmp_path, "kind: sign_only")
    next(tmp_path.glob("*.dist-info/entry_points.txt")).unlink()
    assert "unknown kind of PE" in with_plug_in("-c", LOAD).stderr
