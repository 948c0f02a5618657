"""A user's own images as files, in one folder for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.data.decoding import UndecodableError, decode_image
from lowbit_sim.data.files import read_bytes
from lowbit_sim.data.images import ImageSet, checked
from lowbit_sim.errors import nearest, spec_error

_WHITE = 255
_PARTS = ("train", "test")


def read_folder(root: Path, channels: int, side: int, *, shrink: bool = True) -> ImageSet:
    """Return the images under `root`.

    They lie in ``<root>/<class>/<image>``, or, if there is a test part, in
    ``<root>/train/<class>/<image>`` and ``<root>/test/<class>/<image>``. Classes are numbered in
    the order of their sorted names, and images are read in the order of theirs.

    Parameters
    ----------
    root : Path
    channels : int
        1 for grey, 3 for red, green and blue.
    side : int
        Pixels of a row and of a column.
    shrink : bool
        Whether larger square images are reduced to `side` by the mean over each area (Pillow's
        ``BOX``); without it they are refused.

    Raises
    ------
    SpecError
        If there are no folders of classes, or something else lies among them; if a test class is
        not among the training classes; if a file is no image, is damaged or has another side (it
        names the first); if Pillow is not installed; as `checked`.
    """
    if not root.is_dir():
        raise spec_error("there is no such folder", root)
    train, test = root, None
    if (root / "train").is_dir() and any(entry.is_dir() for entry in (root / "train").iterdir()):
        for entry in _folders_in(root):
            if entry.name not in _PARTS:
                reason = f"does not belong beside train; {nearest(entry.name, _PARTS)}"
                raise spec_error(reason, entry)
        train = root / "train"
        test = root / "test" if (root / "test").is_dir() else None
    classes = [entry.name for entry in _folders_in(train)]
    images, labels = _part(train, classes, channels, side, shrink=shrink)
    found = ImageSet(root.name, _WHITE, len(classes), images, labels)
    if test is not None:
        images, labels = _part(test, classes, channels, side, shrink=shrink)
        found = replace(found, test_images=images, test_labels=labels)
    return checked(found, root)


def _folders_in(folder: Path) -> list[Path]:
    entries = sorted(folder.iterdir())
    for entry in entries:
        if not entry.is_dir():
            raise spec_error("is no folder: only folders may lie here", entry)
    if not entries:
        raise spec_error("must hold a folder for each class; it is empty", folder)
    return entries


def _part(
    folder: Path, classes: Sequence[str], channels: int, side: int, *, shrink: bool
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    for class_folder in _folders_in(folder):
        if class_folder.name not in classes:
            reason = f"is no class of the training part; {nearest(class_folder.name, classes)}"
            raise spec_error(reason, class_folder)
        paths = sorted(class_folder.iterdir())
        if not paths:
            raise spec_error("holds no images", class_folder)
        for path in paths:
            try:
                images.append(decode_image(read_bytes(path), channels, side, shrink=shrink))
            except UndecodableError as error:
                raise spec_error(str(error), path) from error
            labels.append(classes.index(class_folder.name))
    return np.stack(images), np.array(labels, np.int64)
