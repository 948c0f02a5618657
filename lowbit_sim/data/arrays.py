"""A user's own images as NumPy arrays in an ``.npz`` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.data.images import ImageSet, checked
from lowbit_sim.data.npz import labels_of, read_npz
from lowbit_sim.errors import spec_error

_WHITE = 255
_CHANNELS = (1, 3)
_GREY_DIMENSIONS = 3
_COLOUR_DIMENSIONS = 4


def read_arrays(path: Path, classes: int) -> ImageSet:
    """Return the images in an ``.npz`` file.

    Parameters
    ----------
    path : Path
        Holds ``train_images``, ``train_labels`` and, if there is a test part, ``test_images`` and
        ``test_labels``. Images are uint8, 0 is black and 255 white, of the shape (count, side,
        side), (count, side, side, channels) or (count, channels, side, side), with 1 or 3
        channels. Labels are integers of the shape (count,).
    classes : int
        How many classes there are.

    Raises
    ------
    SpecError
        If the file is missing, damaged, or holds other arrays, types or shapes; as `checked`.
    """
    held = read_npz(path, ("train_images", "train_labels"), ("test_images", "test_labels"))
    images = {key: _images(held[key], path, key) for key in held if key.endswith("images")}
    labels = {key: labels_of(held[key], path, key) for key in held if key.endswith("labels")}
    found = ImageSet(
        path.name,
        _WHITE,
        classes,
        images["train_images"],
        labels["train_labels"],
        images.get("test_images"),
        labels.get("test_labels"),
    )
    return checked(found, path)


def _images(array: NDArray[Any], path: Path, key: str) -> NDArray[np.uint8]:
    """Return `array` with its channels in front of rows and columns."""
    if array.dtype != np.uint8:
        scaled = array.dtype.kind == "f"
        hint = ": multiply values from 0 to 1 by 255 and round them" if scaled else ""
        raise spec_error(f"must be uint8 from 0 to 255, not {array.dtype}{hint}", path, key=key)
    if array.ndim == _GREY_DIMENSIONS:
        return array[:, None]
    is_first = array.ndim == _COLOUR_DIMENSIONS and array.shape[1] in _CHANNELS
    is_last = array.ndim == _COLOUR_DIMENSIONS and array.shape[3] in _CHANNELS
    if is_first and is_last:  # both could be channels: rows and columns are as many
        is_first, is_last = (array.shape[2] == array.shape[3], array.shape[1] == array.shape[2])
    if is_first == is_last:
        shapes = (
            "(count, side, side), (count, side, side, channels) or (count, channels, side, side)"
        )
        reason = f"must have the shape {shapes} with 1 or 3 channels, not {array.shape}"
        raise spec_error(reason, path, key=key)
    return array if is_first else np.ascontiguousarray(array.transpose(0, 3, 1, 2))
