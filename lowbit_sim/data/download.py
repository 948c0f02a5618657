"""Published sets over the network, when the user asks for them and never else."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

from lowbit_sim.data.catalogue_entry import CatalogueEntry
from lowbit_sim.data.files import md5_of
from lowbit_sim.errors import SpecError, spec_error

#: name of the file, bytes that have come, bytes that will come if the server says so
Progress = Callable[[str, int, int | None], None]

_CHUNK_BYTES = 1 << 16
_TIMEOUT_SECONDS = 30


def download_set(entry: CatalogueEntry, root: Path, on_progress: Progress | None = None) -> Path:
    """Download the files of a set that are not there yet, and return the folder they lie in.

    Each file is written under another name, compared with its published MD5 and only then given
    its own, so that no part of a file is ever left in its place. A file that is there and has the
    published MD5 is kept.

    Parameters
    ----------
    entry : CatalogueEntry
    root : Path
        Folder of sets; the set gets a folder of its own in it.
    on_progress : callable, optional
        Called with a file's name, the bytes that have come and, if the server says so, the bytes
        that will have come at its end.

    Raises
    ------
    SpecError
        If nobody offers the set, the network fails, another file comes than the published one, or
        the folder cannot be written.
    """
    if entry.base_url is None:
        raise spec_error(f"{entry.title} cannot be downloaded: {entry.note}", key=entry.name)
    folder = root / entry.folders[0]
    for file in entry.files:
        path = folder / file.name
        if not (path.is_file() and md5_of(path) == file.md5):
            _download(entry.base_url + file.name, path, file.md5, on_progress)
    return folder


def _download(url: str, path: Path, expected: str, on_progress: Progress | None) -> None:
    digest, count = hashlib.md5(usedforsecurity=False), 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, contextlib.closing(_chunks(url)) as chunks:
            for chunk, total in chunks:
                stream.write(chunk)
                digest.update(chunk)
                count += len(chunk)
                if on_progress is not None:
                    on_progress(path.name, count, total)
        if digest.hexdigest() != expected:
            found = f"its md5 is {digest.hexdigest()}, the published one is {expected}"
            raise spec_error(f"another file came from {url}: {found}", path)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _chunks(url: str) -> Generator[tuple[bytes, int | None]]:
    """Yield pieces of what lies at `url`, and how long it is if the server says so."""
    count = 0
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            length = answer.headers.get("Content-Length")
            total = None if length is None else int(length)
            while chunk := answer.read(_CHUNK_BYTES):
                count += len(chunk)
                yield chunk, total
    except urllib.error.HTTPError as error:
        error.close()
        raise spec_error(f"{url} cannot be downloaded: {error}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise spec_error(f"{url} cannot be downloaded: {reason}") from error
    if total is not None and count < total:
        raise spec_error(f"{url} ended after {count} of {total} bytes; try again")


def _cannot_be_written(path: Path, error: OSError) -> SpecError:
    return spec_error(f"cannot be written: {error.strerror or error}", path)
