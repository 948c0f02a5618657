"""Bytes of files, and whether they are the ones that were published."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lowbit_sim.errors import SpecError, spec_error


def read_bytes(path: Path) -> bytes:
    """Return what `path` holds.

    Raises
    ------
    SpecError
        If there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _cannot_be_read(path, error) from error


def md5_of(path: Path) -> str:
    """Return the MD5 of a file in hexadecimal: a guard against damage, not against malice.

    Raises
    ------
    SpecError
        As `read_bytes`.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, _md5).hexdigest()
    except OSError as error:
        raise _cannot_be_read(path, error) from error


def verify_md5(path: Path, expected: str) -> None:
    """Demand that `path` has the published MD5.

    Raises
    ------
    SpecError
        As `read_bytes`, and if the file has another MD5.
    """
    found = md5_of(path)
    if found != expected:
        reason = f"is damaged or another file: its md5 is {found}, the published one is {expected}"
        raise spec_error(reason, path)


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)


def _cannot_be_read(path: Path, error: OSError) -> SpecError:
    if isinstance(error, FileNotFoundError):
        return spec_error("no such file", path)
    return spec_error(f"cannot be read: {error.strerror or error}", path)
