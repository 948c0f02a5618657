"""Confirmed rows on disk, so that none is simulated twice.

Beside the file lie the hashes of it and of the one that it replaced, written first: whenever a
run ends, the file is one of both, and a damaged one is neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lowbit_sim.atomic import write_atomically
from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.frames import parquet, read
from lowbit_sim.explore.store import Store

FILE = "confirmed.parquet"
_HASHES = "confirmed.sha256"


@dataclass(frozen=True, slots=True)
class Records:
    """What is confirmed so far.

    Parameters
    ----------
    store : Store
    known : dict of Row to Confirmed
    """

    store: Store
    known: dict[Row, Confirmed] = field(default_factory=dict)

    def add(self, found: Sequence[Confirmed]) -> None:
        """Keep what was found, with all that was known before.

        Raises
        ------
        UnwrittenError
            If it cannot be written; what was kept before stays.
        """
        self.known.update({one.row: one for one in found})
        rows = sorted(self.known.values(), key=lambda one: (one.row.workload, one.row.design))
        plain = [{**asdict(one.row), **_numbers(one)} for one in rows]
        columns = {name: _column([row[name] for row in plain]) for name in plain[0]}
        raw, path = parquet(columns, {}), self.store.folder / FILE
        hashes = [_hash(raw), *([_hash(path.read_bytes())] if path.exists() else [])]
        write_atomically(self.store.folder / _HASHES, "".join(f"{one}\n" for one in hashes))
        write_atomically(path, raw)


def records_of(store: Store) -> Records:
    """Return what was confirmed in earlier runs; a damaged file is no file."""
    path = store.folder / FILE
    try:
        hashes = (store.folder / _HASHES).read_text("ascii").split()
        if _hash(path.read_bytes()) not in hashes:
            return Records(store)
    except (OSError, ValueError):
        return Records(store)
    columns = read(path)
    names = [*columns]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found = [_confirmed(row) for row in rows]
    return Records(store, {one.row: one for one in found})


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _numbers(one: Confirmed) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name != "row"}


def _column(values: list[object]) -> np.ndarray:
    return np.array(values, object if isinstance(values[0], str) else None)


def _confirmed(row: dict[str, Any]) -> Confirmed:
    plain: dict[str, Any] = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in row.items()
    }
    key = {name: plain.pop(name) for name in ("design", "workload", "weight_format")}
    return Confirmed(Row(**key), **plain)
