"""The images that networks are trained and measured on, as tensors in three parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lowbit_sim.data.arrays import read_arrays
from lowbit_sim.data.folder import read_folder
from lowbit_sim.data.images import ImageSet, checksum
from lowbit_sim.data.load import read_image_set
from lowbit_sim.data.splits import split_indices
from lowbit_sim.errors import spec_error
from lowbit_sim.workload.data_spec import DataSpec, FileData, NamedData


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the images, with their labels.

    Parameters
    ----------
    pixels : Tensor of uint8, shape (count, channels, side, side)
        As the set holds them.
    labels : Tensor of int64, shape (count,)
        Numbers of classes.
    white : int
        The largest value of a pixel.
    """

    pixels: Tensor
    labels: Tensor
    white: int

    def __len__(self) -> int:
        return len(self.labels)

    def images(self, which: Tensor | slice = slice(None)) -> Tensor:
        """Return some of the images with values from 0 to 1, shape (some, channels, side, side)."""
        return self.pixels[which].to(torch.float32).div_(self.white)

    def to(self, device: str) -> Part:
        """Return the same on `device`."""
        return replace(self, pixels=self.pixels.to(device), labels=self.labels.to(device))


@dataclass(frozen=True, slots=True)
class Split:
    """Images to learn from, to choose by, and to measure by: nothing is chosen by `test`.

    `data_sha256` is the checksum of the whole set, before it was split.
    """

    train: Part
    validation: Part
    test: Part
    data_sha256: str

    def to(self, device: str) -> Split:
        """Return the split on `device`."""
        train, validation, test = self.train, self.validation, self.test
        return Split(train.to(device), validation.to(device), test.to(device), self.data_sha256)


def load_split(data: DataSpec) -> Split:
    """Read a set and split it, every class in equal shares, the same way every time.

    Raises
    ------
    SpecError
        If the set is missing or damaged, or is not what `data` says of it.
    """
    found = _read(data)
    images, labels = found.train_images, found.train_labels
    everything = np.arange(len(labels))
    test_fraction = None if isinstance(data, NamedData) else data.test_fraction
    if (test_fraction is None) == (found.test_labels is None):
        has = (
            "has no test part: test_fraction is needed"
            if test_fraction is None
            else ("has a test part of its own: test_fraction must be left out")
        )
        raise spec_error(f"{found.title} {has}", key="data.test_fraction")
    if test_fraction is None:
        test = _part(found.test_images, found.test_labels, found.white)
    else:
        everything, held = split_indices(labels, test_fraction, data.split_seed)
        test = _part(images[held], labels[held], found.white)
    kept, held = split_indices(labels[everything], data.validation_fraction, data.split_seed + 1)
    train, validation = everything[kept], everything[held]
    return Split(
        _part(images[train], labels[train], found.white),
        _part(images[validation], labels[validation], found.white),
        test,
        checksum(found),
    )


def _read(data: DataSpec) -> ImageSet:
    if not isinstance(data, FileData):
        return read_image_set(data.dataset)
    path = Path(data.path)
    found = (
        read_arrays(path, data.classes)
        if data.dataset == "npz"
        else read_folder(path, data.image_channels, data.image_side)
    )
    if found.shape != data.shape:
        raise spec_error(f"holds {found.shape}, but the workload says {data.shape}", path)
    return found


def _part(images: NDArray[np.uint8] | None, labels: NDArray[np.int64] | None, white: int) -> Part:
    assert images is not None
    assert labels is not None
    return Part(torch.from_numpy(images.copy()), torch.from_numpy(labels.copy()), white)
