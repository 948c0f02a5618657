"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lowbit_sim.errors import Fault, UnwrittenError, spec_error


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` to a temporary neighbour of `path`, then rename it into place.

    Raises
    ------
    SpecError
        If there can be no such directory.
    UnwrittenError
        If the directory cannot be made or written; whatever stood at `path` is untouched.
    """
    raw = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except (FileExistsError, NotADirectoryError) as error:
        raise spec_error(f"cannot be written: {path.parent} is no directory", path) from error
    except OSError as error:
        raise unwritten(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def unwritten(path: Path, error: OSError) -> UnwrittenError:
    """Return what to say where `path` cannot be written."""
    return UnwrittenError((Fault(f"cannot be written: {error.strerror or error}", path),))
