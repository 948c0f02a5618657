"""Two directories of results: which numbers moved, and what differs in what made them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from lowbit_sim.report.result_directory import Key, ResultDirectory, Table

#: characters of a hash that are shown
_SHOWN_CHARACTERS = 12
#: told by other means than entry by entry
_APART = {"inputs_sha256", "outputs_sha256", "command"}
#: what stands where a manifest has no such entry
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Moved:
    """A cell that is not the same in both.

    Parameters
    ----------
    file : str
        The name of the CSV file.
    key : tuple of (str, str)
        Column and cell of the key columns of its row.
    column : str
    before, after : str
        The cells as they stand in the files.
    """

    file: str
    key: Key
    column: str
    before: str
    after: str

    @property
    def ratio(self) -> float | None:
        """After over before; None where one is no number, or there was nothing."""
        before, after = _number(self.before), _number(self.after)
        return None if after is None or not before else float(after / before)

    @property
    def distance(self) -> float:
        """How far it moved: ``|ln ratio|``; infinite if to or from nothing, -1 if between words."""
        if _number(self.before) is None and _number(self.after) is None:
            return -1.0
        ratio = self.ratio
        return math.inf if ratio is None or ratio <= 0 else abs(math.log(ratio))


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that differs in what two results were made from."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two directories of results.

    Parameters
    ----------
    shared_rows : int
        Rows that both hold.
    moved : tuple of Moved
        The largest of each column of each file first, then the second largest of each, and so
        on; words last.
    only_before, only_after : tuple of str
        Files, columns and rows that one of them lacks.
    causes : tuple of Cause
    """

    shared_rows: int
    moved: tuple[Moved, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    causes: tuple[Cause, ...]

    @property
    def same(self) -> bool:
        """Whether both hold the same results, whatever they were made from."""
        return not (self.moved or self.only_before or self.only_after)


def difference(before: ResultDirectory, after: ResultDirectory) -> Difference:
    """Return what moved from `before` to `after`, and what may be why."""
    shared = [name for name in before.tables if name in after.tables]
    pairs = [(name, before.tables[name], after.tables[name]) for name in shared]
    moved = [one for pair in pairs for one in _moved(*pair)]
    return Difference(
        sum(len(old.rows.keys() & new.rows.keys()) for _, old, new in pairs),
        tuple(_in_turn(moved)),
        tuple(_lacking(before.tables, after.tables)),
        tuple(_lacking(after.tables, before.tables)),
        tuple(causes(before.manifest, after.manifest)),
    )


def _in_turn(moved: Iterable[Moved]) -> list[Moved]:
    """Return the largest of each column, then the second largest of each, and so on."""
    largest = sorted(moved, key=lambda one: -one.distance)
    met: Counter[tuple[str, str]] = Counter()
    turns = []
    for one in largest:
        turns.append(met[one.file, one.column])
        met[one.file, one.column] += 1
    order = sorted(range(len(largest)), key=lambda place: turns[place])  # stable
    return [largest[place] for place in order]


def _moved(file: str, before: Table, after: Table) -> Iterator[Moved]:
    columns = [name for name in before.columns if name in after.columns]
    for key, row in before.rows.items():
        other = after.rows.get(key)
        if other is None:
            continue
        for name in columns:
            if not _equal(row[name], other[name]):
                yield Moved(file, key, name, row[name], other[name])


def _equal(one: str, other: str) -> bool:
    """Return whether two cells say the same; ``1`` and ``1.0`` do."""
    if one == other:
        return True
    numbers = _number(one), _number(other)
    return numbers[0] is not None and numbers[0] == numbers[1]


def _number(cell: str) -> Decimal | None:
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _lacking(these: Mapping[str, Table], those: Mapping[str, Table]) -> Iterator[str]:
    """Name every file, column and row of `these` that `those` lack, rows with most keys last."""
    yield from (file for file in these if file not in those)
    pairs = [(file, these[file], those[file]) for file in these if file in those]
    for file, table, other in pairs:
        yield from (f"{file}: column {n}" for n in table.columns if n not in other.columns)
    rows = [(file, key) for file, table, other in pairs for key in table.rows.keys() - other.rows]
    for file, key in sorted(rows, key=lambda row: (len(row[1]), row)):
        yield f"{file}: {', '.join(cell for _, cell in key)}"


def causes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Cause]:
    """Return what differs between two manifests, inputs first.

    An input that lies elsewhere with the same content is no difference. Command lines are
    compared only where one of the manifests does not list its options.
    """
    apart = _APART - (set() if "options" in before and "options" in after else {"command"})
    old, new = (_flat(one, apart) for one in (before, after))
    names = (name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name))
    return [
        *_inputs(before["inputs_sha256"], after["inputs_sha256"]),
        *(Cause(name, old.get(name, NOTHING), new.get(name, NOTHING)) for name in names),
    ]


def _inputs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Cause]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        elsewhere = (new is None and old in after.values()) or (
            old is None and new in before.values()
        )
        if old != new and not elsewhere:
            hashes = ((one or NOTHING)[:_SHOWN_CHARACTERS] for one in (old, new))
            yield Cause(f"input {name}", *hashes)


def _flat(content: Mapping[str, Any], apart: Iterable[str] = ()) -> dict[str, str]:
    """Return every entry as words, those of a mapping by themselves."""
    found: dict[str, str] = {}
    for name, value in content.items():
        if name in apart:
            continue
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": said for inner, said in _flat(value).items()}
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found
