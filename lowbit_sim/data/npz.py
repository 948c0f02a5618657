"""Arrays from ``.npz`` files. Arrays of objects would need pickle and are refused."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import nearest, spec_error


def read_npz(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file by their names.

    Source of the format: ``numpy.lib.format`` and ``numpy.savez`` in NumPy's documentation.

    Parameters
    ----------
    path : Path
    required, optional : tuple of str
        Names of arrays that must and may be there.

    Raises
    ------
    SpecError
        If the file is missing, unreadable, no ``.npz`` or damaged, holds objects, lacks a required
        array or has one of another name.
    """
    try:
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise spec_error("is no .npz file, or is cut short", path)
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as archive:
                _check_names(path, archive.files, required, optional)
                return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise spec_error("no such file", path) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise spec_error(
            f"is damaged, or is no .npz file of plain arrays: {error}", path
        ) from error
    except OSError as error:
        raise spec_error(f"cannot be read: {error.strerror or error}", path) from error


def labels_of(array: NDArray[Any], path: Path, key: str) -> NDArray[np.int64]:
    """Return `array` as labels of shape (count,).

    Raises
    ------
    SpecError
        If it does not hold integers, or has not one dimension; it names `path` and `key`.
    """
    if array.dtype.kind not in "iu" or array.ndim != 1:
        reason = "must be integers of the shape (count,)"
        raise spec_error(f"{reason}, not {array.dtype} of {array.shape}", path, key=key)
    return array.astype(np.int64)


def _check_names(
    path: Path, found: list[str], required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    allowed = (*required, *optional)
    for name in found:
        if name not in allowed:
            raise spec_error(f"is no known array; {nearest(name, allowed)}", path, key=name)
    for name in required:
        if name not in found:
            raise spec_error(f"is missing; the file holds {', '.join(found)}", path, key=name)
