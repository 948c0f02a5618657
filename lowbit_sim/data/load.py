"""A named set of images, read from wherever it lies on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.catalogue_entry import CatalogueEntry
from lowbit_sim.data.cifar import read_cifar_set
from lowbit_sim.data.digits import read_digits
from lowbit_sim.data.idx import read_idx_set
from lowbit_sim.data.images import ImageSet
from lowbit_sim.data.jpeg_bytes import read_jpeg_set
from lowbit_sim.data.locate import find_set_folder
from lowbit_sim.errors import nearest, spec_error

_READERS: dict[str, Callable[[Path, CatalogueEntry], ImageSet]] = {
    "mnist": read_idx_set,
    "fashion_mnist": read_idx_set,
    "cifar10": read_cifar_set,
    "cifar10_jpeg": read_jpeg_set,
}


def read_image_set(name: str) -> ImageSet:
    """Return a set of the catalogue by its name.

    Raises
    ------
    SpecError
        If there is no set of that name, it is not on this machine (the error says where it can be
        had), or its files are not the published ones.
    """
    if name not in CATALOGUE:
        raise spec_error(f"is no named set of images; {nearest(name, CATALOGUE)}", value=name)
    if name == "digits":
        return read_digits()
    entry = CATALOGUE[name]
    return _READERS[name](find_set_folder(entry), entry)
