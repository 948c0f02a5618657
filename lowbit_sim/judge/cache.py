"""Candidates that were simulated before: found again by everything that decides them.

The key of an entry is the hash of the network's files, the machine as it is scaled, the technology
and its tables, the objective, the formats, and the source of whatever simulates, so that no change
of any of them meets a number from before. Entries are JSON files; a damaged one is made
again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import SpecError
from lowbit_sim.judge.candidate import Candidate, from_plain, to_plain

#: environment variable with another folder for the cache
VARIABLE = "LOWBIT_SIM_CACHE"
_PACKAGE = Path(__file__).resolve().parent.parent
#: parts of the package that no candidate passes through
_APART = {
    "commands",
    "data",
    "explore",
    "frontends",
    "judge",
    "netlist",
    "report",
    "rtl",
    "testing",
    "training",
}
_JUDGE = ("candidate.py", "simulating.py")


def cache_folder() -> Path:
    """Return where entries are kept: `VARIABLE`, or ``~/.cache/lowbit-sim/candidates``."""
    return Path(os.environ.get(VARIABLE) or "~/.cache/lowbit-sim/candidates").expanduser()


@cache
def source_hash() -> str:
    """Return the hash of the source that candidates come from."""
    inside = [
        path
        for path in sorted(_PACKAGE.rglob("*.py"))
        if path.relative_to(_PACKAGE).parts[0] not in _APART
    ]
    return _hash_of([*inside, *(_PACKAGE / "judge" / name for name in _JUDGE)])


@cache
def package_hash() -> str:
    """Return the hash of the whole package, its assets included."""
    inside = (path for path in _PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return _hash_of(sorted(inside))


def kept_text(key: str, make: Callable[[], str]) -> str:
    """Return the text kept under `key`, made and kept now if there is none."""
    path = cache_folder() / f"{key}.txt"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        made = make()
    with contextlib.suppress(SpecError):  # a cache that cannot be written is done without
        write_atomically(path, made)
    return made


def entry_key(files: Iterable[Path], decided: Mapping[str, Any]) -> str:
    """Return the key of an entry.

    Parameters
    ----------
    files : iterable of Path
        Whose content decides the candidates.
    decided : mapping
        Everything else that does, as JSON data.
    """
    text = json.dumps(decided, sort_keys=True)
    whole = f"{source_hash()} {_hash_of(sorted(files))} {text}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _hash_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(_digest(path, path.stat().st_mtime_ns) + path.name.encode())
    return digest.hexdigest()


@cache
def _digest(path: Path, _changed_ns: int) -> bytes:
    """Return the hash of a file, taken once as long as it does not change."""
    return hashlib.sha256(path.read_bytes()).digest()


def known(key: str) -> tuple[Candidate, ...] | None:
    """Return the candidates kept under `key`, or None if there is no sound entry."""
    try:
        return from_plain(json.loads((cache_folder() / f"{key}.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def remembered(key: str, make: Callable[[], tuple[Candidate, ...]]) -> tuple[Candidate, ...]:
    """Return the candidates kept under `key`, made and kept now if there are none.

    A cache that cannot be written is done without.
    """
    found = known(key)
    if found is None:
        found = make()
        with contextlib.suppress(SpecError):
            write_atomically(cache_folder() / f"{key}.json", json.dumps(to_plain(found)))
    return found
