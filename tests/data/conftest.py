"""Small sets of images to read, and the real ones where they are at hand."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from lowbit_sim.data.catalogue_entry import CatalogueEntry, DataFile
from lowbit_sim.data.images import ImageShape

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def real_sets(monkeypatch):
    """The folder of real sets, which is then the only one that is looked in."""
    if not SHARED.is_dir():
        pytest.skip("no real sets of images lie beside the repository, in ../shared/data")
    monkeypatch.setenv("LOWBIT_SIM_DATA", str(SHARED))
    return SHARED


@pytest.fixture
def no_sets(monkeypatch, tmp_path):
    """Two folders that are looked in and hold nothing."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOWBIT_SIM_DATA", str(tmp_path / "sets"))
    return (tmp_path / "sets", tmp_path / "home" / ".cache" / "lowbit-sim")


@pytest.fixture
def make_entry():
    """Make a catalogue entry of files that lie in a folder, with their own checksums."""

    def make(folder, names, **given):
        files = tuple(
            DataFile(name, hashlib.md5((folder / name).read_bytes()).hexdigest()) for name in names
        )
        plain = {
            "name": "toy",
            "title": "Toy",
            "shape": ImageShape(1, 2, 2),
            "white": 255,
            "licence": "none",
            "home_page": "http://toy.example",
            "folders": ("toy",),
            "files": files,
        }
        return CatalogueEntry(**(plain | given))

    return make


@pytest.fixture
def random():
    return np.random.Generator(np.random.PCG64(0))
