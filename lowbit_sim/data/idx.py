"""MNIST's files: IDX, a header of sizes and then bytes.

Source of the format: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten
digits", http://yann.lecun.com/exdb/mnist/, section "The IDX file format".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.data.catalogue_entry import CatalogueEntry
from lowbit_sim.data.files import read_bytes, verify_md5
from lowbit_sim.data.images import ImageSet, checked
from lowbit_sim.errors import spec_error

#: two zero bytes, the type of a number, the number of dimensions
_MAGIC_BYTES = 4
_DIMENSION_BYTES = 4
_UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes, which ``.gz`` says is compressed.

    Returns
    -------
    array of uint8
        Of the shape that the file states, as (count, rows, columns).

    Raises
    ------
    SpecError
        If the file is missing or unreadable, is not compressed though its name says so, is no
        IDX file, holds another type of number, or is shorter or longer than its header says.
    """
    raw = read_bytes(path)
    if path.suffix == ".gz":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise spec_error(f"is no gzip file, or is damaged: {error}", path) from error
    return _parsed(raw, path)


def read_idx_set(folder: Path, entry: CatalogueEntry) -> ImageSet:
    """Return the set of four IDX files in `folder`.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    entry : CatalogueEntry
        Names and checksums of training images, training labels, test images, test labels.

    Raises
    ------
    SpecError
        If a file is missing or has not the published MD5; as `read_idx`; as `checked`.
    """
    for file in entry.files:
        verify_md5(folder / file.name, file.md5)
    paths = [folder / file.name for file in entry.files]
    train_images, train_labels, test_images, test_labels = (read_idx(path) for path in paths)
    return checked(
        ImageSet(
            entry.title,
            entry.white,
            entry.shape.classes,
            train_images[:, None],
            train_labels.astype(np.int64),
            test_images[:, None],
            test_labels.astype(np.int64),
        ),
        folder,
    )


def _parsed(raw: bytes, path: Path) -> NDArray[np.uint8]:
    if len(raw) < _MAGIC_BYTES or raw[:2] != b"\0\0" or raw[3] == 0:
        raise spec_error("is no IDX file: it does not begin with its four bytes", path)
    kind, rank = raw[2], raw[3]
    if kind != _UNSIGNED_BYTE:
        reason = f"must hold unsigned bytes (0x{_UNSIGNED_BYTE:02x}), not type 0x{kind:02x}"
        raise spec_error(reason, path)
    start = _MAGIC_BYTES + rank * _DIMENSION_BYTES
    if len(raw) < start:
        raise spec_error(f"is cut short in its header of {start} bytes", path)
    shape = struct.unpack(f">{rank}I", raw[_MAGIC_BYTES:start])
    excess = len(raw) - start - math.prod(shape)
    if excess:
        amount = f"{abs(excess)} bytes too {'short' if excess < 0 else 'long'}"
        raise spec_error(f"is {amount} for its shape {shape}", path)
    return np.frombuffer(raw[start:], np.uint8).reshape(shape).copy()
