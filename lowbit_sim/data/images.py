"""A set of labelled images as it was published: small integers, never rescaled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error


@dataclass(frozen=True, slots=True)
class ImageShape:
    """What an image is: its channels, its side in pixels, and how many classes there are."""

    channels: int
    side: int
    classes: int


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """Labelled images, with a test part or without.

    Parameters
    ----------
    title : str
        What the set is called in reports.
    white : int
        The largest value that a pixel can have; 0 is black.
    classes : int
        How many classes there are; labels run from 0 to ``classes - 1``.
    train_images : array of uint8, shape (count, channels, side, side)
    train_labels : array of int64, shape (count,)
    test_images : array of uint8, shape (count, channels, side, side), optional
    test_labels : array of int64, shape (count,), optional
    """

    title: str
    white: int
    classes: int
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8] | None = None
    test_labels: NDArray[np.int64] | None = None

    @property
    def shape(self) -> ImageShape:
        """What every image of the set is."""
        _, channels, side, _ = self.train_images.shape
        return ImageShape(channels, side, self.classes)


def checksum(image_set: ImageSet) -> str:
    """Return the SHA-256, in hexadecimal, of each array's name, dtype, shape and bytes.

    It depends neither on the machine's byte order nor on how the arrays lie in memory.
    """
    digest = hashlib.sha256()
    for part in ("train", "test"):
        for kind in ("images", "labels"):
            array = getattr(image_set, f"{part}_{kind}")
            if array is not None:
                fixed = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
                digest.update(f"{part}_{kind} {fixed.dtype.str} {fixed.shape};".encode())
                digest.update(fixed.data)
    return digest.hexdigest()


def checked(image_set: ImageSet, file: Path | None = None) -> ImageSet:
    """Return `image_set` if it is sound.

    Raises
    ------
    SpecError
        If a part has no images, images of another shape or too bright, other than one label for
        each, or a label that is no class; if the training part lacks a class. It names the array.
    """
    for part in ("train", "test"):
        images = getattr(image_set, f"{part}_images")
        labels = getattr(image_set, f"{part}_labels")
        if images is None and labels is None:
            continue
        if images is None or labels is None:
            missing = "images" if images is None else "labels"
            raise spec_error("is missing", file, key=f"{part}_{missing}")
        if reason := _images_reason(images, image_set):
            raise spec_error(reason, file, key=f"{part}_images")
        if reason := _labels_reason(labels, len(images), image_set.classes):
            raise spec_error(reason, file, key=f"{part}_labels")
    absent = set(range(image_set.classes)) - set(image_set.train_labels.tolist())
    if absent:
        reason = f"must hold all {image_set.classes} classes; none is labelled {min(absent)}"
        raise spec_error(reason, file, key="train_labels")
    return image_set


def _images_reason(images: NDArray[np.uint8], image_set: ImageSet) -> str | None:
    if images.ndim != 4:  # noqa: PLR2004  count, channels, rows, columns
        return f"must have the shape (count, channels, side, side), not {images.shape}"
    if 0 in images.shape:
        return f"must hold at least one image; the shape is {images.shape}"
    if images.shape[2] != images.shape[3]:
        return f"must be square, not {images.shape[2]} × {images.shape[3]} pixels"
    if images.shape[1:] != image_set.train_images.shape[1:]:
        return f"must be {image_set.train_images.shape[1:]} as in training, not {images.shape[1:]}"
    if images.max() > image_set.white:
        return f"must have pixels from 0 to {image_set.white}; one has {images.max()}"
    return None


def _labels_reason(labels: NDArray[np.int64], count: int, classes: int) -> str | None:
    if labels.shape != (count,):
        return f"must be one label for each of the {count} images; the shape is {labels.shape}"
    for wrong in np.flatnonzero((labels < 0) | (labels >= classes)):
        return f"must be from 0 to {classes - 1}; that of image {wrong} is {labels[wrong]}"
    return None
