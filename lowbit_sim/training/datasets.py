"""The images that networks are trained and measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional

from lowbit_sim.workload.spec import DataSpec

#: the largest grey value of a pixel in the digits data set
WHITE = 16.0


@dataclass(frozen=True, slots=True)
class Split:
    """Images of shape (count, 1, 8, 8) with values from 0 to 1, and labels from 0 to 9.

    The test part is only ever measured: nothing is chosen by it.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    def to(self, device: str) -> Split:
        """Return the split on `device`."""
        return Split(*(getattr(self, name).to(device) for name in self.__slots__))


def load_split(data: DataSpec) -> Split:
    """Return the digits data set, split with equal shares of every class.

    The data are those of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten
    Digits", UCI Machine Learning Repository, 1998, as scikit-learn carries them.
    """
    digits = load_digits()
    images = (digits.images / WHITE).astype(np.float32)[:, None]
    parts = train_test_split(
        images,
        digits.target.astype(np.int64),
        test_size=data.test_fraction,
        random_state=data.split_seed,
        stratify=digits.target,
    )
    train_images, test_images, train_labels, test_labels = map(torch.from_numpy, parts)
    return Split(train_images, train_labels, test_images, test_labels)


def shifted(images: Tensor, max_shift_pixels: int, order: torch.Generator) -> Tensor:
    """Return `images`, each moved by its own random whole number of pixels, with black behind.

    Parameters
    ----------
    images : Tensor, shape (count, channels, height, width)
        What to move.
    max_shift_pixels : int
        Shifts run from minus this to plus this in both directions, all equally likely.
    order : torch.Generator
        Where the shifts are drawn from.
    """
    if not max_shift_pixels:
        return images
    count, _, height, width = images.shape
    padded = functional.pad(images, (max_shift_pixels,) * 4)
    corners = torch.randint(0, 2 * max_shift_pixels + 1, (2, count, 1, 1), generator=order)
    rows = corners[0] + torch.arange(height)[:, None]
    columns = corners[1] + torch.arange(width)[None, :]
    return padded[torch.arange(count)[:, None, None], :, rows, columns].permute(0, 3, 1, 2)
