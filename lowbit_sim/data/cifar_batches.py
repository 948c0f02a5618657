"""One batch of CIFAR-10, in the binary and in the Python version.

Source of both layouts: https://www.cs.toronto.edu/~kriz/cifar.html. The Python version is a
pickle, which can run any code when it is read. It is read here with nothing at hand but what an
array of bytes is made of, so that any other pickle is refused.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.data.npz import labels_of
from lowbit_sim.errors import spec_error

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]

_SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32
#: a label, then the pixels: all red ones, all green ones, all blue ones, each row by row
_RECORD_BYTES = 1 + _PIXELS


def binary_batch(raw: bytes, source: Path) -> Batch:
    """Return the images and the labels of a batch of the binary version.

    Parameters
    ----------
    raw : bytes
        3073 bytes for each image.
    source : Path
        What errors name.

    Returns
    -------
    images : array of uint8, shape (count, 3, 32, 32)
    labels : array of int64, shape (count,)

    Raises
    ------
    SpecError
        If `raw` is no whole number of images.
    """
    if len(raw) % _RECORD_BYTES:
        reason = f"is no batch: {len(raw)} bytes are no multiple of {_RECORD_BYTES}"
        raise spec_error(reason, source)
    records = np.frombuffer(raw, np.uint8).reshape(-1, _RECORD_BYTES)
    return records[:, 1:].reshape(-1, *_SHAPE), records[:, 0].astype(np.int64)


def python_batch(raw: bytes, source: Path) -> Batch:
    """Return the images and the labels of a batch of the Python version.

    Parameters
    ----------
    raw : bytes
        A pickled mapping whose ``data`` is an array of uint8 of the shape (count, 3072) and whose
        ``labels`` is a list of integers.
    source : Path
        What errors name.

    Returns
    -------
    images : array of uint8, shape (count, 3, 32, 32)
    labels : array of int64, shape (count,)

    Raises
    ------
    SpecError
        If `raw` is no pickle, asks for anything beyond arrays, or holds something else.
    """
    try:
        held = _ArraysOnly(io.BytesIO(raw), encoding="bytes").load()
    except Exception as error:  # a damaged pickle raises anything
        raise spec_error(f"cannot be read as a pickled batch: {error}", source) from error
    if not isinstance(held, dict) or not {b"data", b"labels"} <= held.keys():
        raise spec_error("is no batch: it must map 'data' and 'labels'", source)
    data, labels = held[b"data"], held[b"labels"]
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape[1:] != (_PIXELS,):
        raise spec_error(f"must be uint8 of the shape (count, {_PIXELS})", source, key="data")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise spec_error("must be a list of integers", source, key="labels")
    return data.reshape(-1, *_SHAPE), labels_of(np.array(labels, np.int64), source, "labels")


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for ``_codecs.encode``, by which Python 3 pickles bytes for Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in the encoding {encoding}")
    return text.encode("latin1")


_REBUILT: Any = np.zeros(0, np.uint8).__reduce__()[0]
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _REBUILT,
    ("numpy._core.multiarray", "_reconstruct"): _REBUILT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin1,
}


class _ArraysOnly(pickle.Unpickler):
    """Reads pickles of plain arrays."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Return one of the few things that arrays are made of."""
        found = _ALLOWED.get((module_name, global_name))
        if found is None:
            asked = f"it asks for {module_name}.{global_name}"
            raise pickle.UnpicklingError(f"{asked}, which no images need: refused")
        return found
