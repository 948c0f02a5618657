"""Results on disk: a Parquet part for each chunk, written whole or not at all.

A part's name holds the number of its chunk and the hash of its bytes, as
``parts/00000012-8c1f….parquet``. Whatever a run left behind is looked at when the next one begins:
a part whose bytes are others than its name says is moved to ``damaged/`` and computed again. What
is not renamed into place is no part. One process at a time writes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.atomic import unwritten, write_atomically
from lowbit_sim.errors import spec_error

_NAME = re.compile(r"(\d{8})-([0-9a-f]{16})\.parquet")
_HASH_DIGITS = 16
_MANIFEST = "exploration.json"
#: what is thrown away with the results of another exploration
_RESULTS = ("parts/*", "damaged/*", "*.parquet", "confirmed.sha256", "front.csv")
#: what a run that was killed while it wrote may leave behind, beside parts
_LEFT = (".*.json.*", ".*.parquet.*", ".*.sha256.*", ".*.csv.*")


@dataclass(frozen=True, slots=True)
class Store:
    """A folder with the results of one exploration.

    Parameters
    ----------
    folder : Path
    key : str
        Of the exploration (`lowbit_sim.explore.exploration.Exploration`).
    """

    folder: Path
    key: str

    @property
    def parts(self) -> Path:
        """Where parts lie."""
        return self.folder / "parts"

    def paths(self) -> dict[int, Path]:
        """Return the parts that are there, by chunk, in their order."""
        found = sorted(self.parts.glob("*.parquet"))
        named = [(_NAME.fullmatch(path.name), path) for path in found]
        return {int(match[1]): path for match, path in named if match}

    def sound(self) -> tuple[set[int], list[Path]]:
        """Return the chunks that are there, and the damaged parts that were put aside.

        Raises
        ------
        UnwrittenError
            If a damaged part cannot be put aside.
        """
        done, damaged = set(), []
        for chunk, path in self.paths().items():
            if _digest(path.read_bytes()) == path.stem.partition("-")[2]:
                done.add(chunk)
                continue
            aside = self.folder / "damaged" / path.name
            try:
                aside.parent.mkdir(exist_ok=True)
                path.replace(aside)
            except OSError as error:
                raise unwritten(aside, error) from None
            damaged.append(aside)
        return done, damaged

    def write(self, chunk: int, raw: bytes) -> None:
        """Keep the part of a chunk.

        Raises
        ------
        UnwrittenError
            If it cannot be written, as on a full disk; parts that are there stay.
        """
        write_atomically(self.parts / f"{chunk:08d}-{_digest(raw)}.parquet", raw)


@contextmanager
def opened(folder: Path, key: str, told: dict[str, object], *, afresh: bool) -> Iterator[Store]:
    """Open the store in `folder` for writing, and make it if there is none.

    Parameters
    ----------
    folder : Path
    key : str
        Of the exploration.
    told : dict
        What the manifest says besides, as JSON data.
    afresh : bool
        Whether results of another exploration are thrown away.

    Raises
    ------
    SpecError
        If the folder holds results of another exploration, or Parquet files and no manifest; if
        another process writes there.
    UnwrittenError
        If nothing can be written there.
    """
    _checked(folder, key, afresh=afresh)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
    except OSError as error:
        raise unwritten(folder, error) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise spec_error("another process writes its results here", folder) from None
        store = Store(folder, key)
        held = _checked(folder, key, afresh=afresh)  # another process may have begun and ended
        try:
            if held != key:
                for path in (one for name in _RESULTS for one in folder.glob(name)):
                    path.unlink()
                write_atomically(
                    folder / _MANIFEST, json.dumps({"key": key, **told}, indent=1) + "\n"
                )
            for left in (
                *store.parts.glob(".*"),
                *(one for name in _LEFT for one in folder.glob(name)),
            ):
                left.unlink()
        except OSError as error:
            raise unwritten(folder, error) from None
        yield store


def _checked(folder: Path, key: str, *, afresh: bool) -> str | None:
    """Return whose results a folder holds; refuse those of another exploration."""
    held = _held_key(folder)
    if held not in {None, key} and not afresh:
        reason = (
            "holds results of other files, other packages or another version of lowbit-sim; "
            "add --afresh to throw them away, or choose another --out"
        )
        raise spec_error(reason, folder)
    return held


def _held_key(folder: Path) -> str | None:
    """Return whose results a folder holds: None if it holds none, empty if nobody knows."""
    try:
        return str(json.loads((folder / _MANIFEST).read_text("utf-8"))["key"])
    except FileNotFoundError:
        return "" if [*folder.glob("*.parquet"), *folder.glob("parts/*.parquet")] else None
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:_HASH_DIGITS]
