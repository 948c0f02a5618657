"""Many small JPEG images in one ``.npz`` file.

For each part, ``train`` and ``test``, there are three arrays: ``…_jpeg``, the bytes of all images
one after another; ``…_offsets``, where each begins, and the end of the last; ``…_y``, the labels.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.data.catalogue_entry import CatalogueEntry
from lowbit_sim.data.decoding import UndecodableError, decode_image
from lowbit_sim.data.files import verify_md5
from lowbit_sim.data.images import ImageSet, ImageShape, checked
from lowbit_sim.data.npz import labels_of, read_npz
from lowbit_sim.errors import spec_error

_ARRAYS = tuple(f"{part}_{kind}" for part in ("train", "test") for kind in ("jpeg", "offsets", "y"))


def read_jpeg_set(folder: Path, entry: CatalogueEntry, limit: int | None = None) -> ImageSet:
    """Return the images in the one ``.npz`` file of `entry`.

    Parameters
    ----------
    folder : Path
        Where the file lies.
    entry : CatalogueEntry
        The file's name and checksum, and what its images are.
    limit : int, optional
        Read only so many of each part, the first ones; decoding all takes seconds.

    Raises
    ------
    SpecError
        If the file is missing, has not the MD5 of `entry` or holds other arrays; if offsets do not
        fit the bytes, or an image cannot be decoded (it names the first); if Pillow is not
        installed; as `checked`.
    """
    (file,) = entry.files
    path = folder / file.name
    verify_md5(path, file.md5)
    arrays = read_npz(path, _ARRAYS)
    train = _part(arrays, "train", entry.shape, limit, path)
    test = _part(arrays, "test", entry.shape, limit, path)
    return checked(ImageSet(entry.title, entry.white, entry.shape.classes, *train, *test), path)


def _part(
    arrays: dict[str, NDArray[Any]], part: str, shape: ImageShape, limit: int | None, path: Path
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    labels = labels_of(arrays[f"{part}_y"], path, f"{part}_y")
    starts = labels_of(arrays[f"{part}_offsets"], path, f"{part}_offsets")
    held = arrays[f"{part}_jpeg"]
    if held.dtype != np.uint8 or held.ndim != 1:
        raise spec_error(f"must be bytes, not {held.dtype}", path, key=f"{part}_jpeg")
    if len(starts) != len(labels) + 1:
        reason = f"must be {len(labels) + 1} for {len(labels)} images, not {len(starts)}"
        raise spec_error(reason, path, key=f"{part}_offsets")
    if starts[0] != 0 or starts[-1] != len(held) or (np.diff(starts) <= 0).any():
        reason = f"must rise from 0 to {len(held)}, the number of bytes"
        raise spec_error(reason, path, key=f"{part}_offsets")
    labels = labels[:limit]
    images = np.empty((len(labels), shape.channels, shape.side, shape.side), np.uint8)
    for index, (start, end) in enumerate(itertools.pairwise(starts[: len(labels) + 1])):
        try:
            images[index] = decode_image(held[start:end].tobytes(), shape.channels, shape.side)
        except UndecodableError as error:
            raise spec_error(str(error), path, key=f"{part} image {index}") from error
    return images, labels
