"""What others publish of the energy of a DRAM: a CSV file, a row for each kind of memory."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.errors import Fault, SpecError, spec_error

COLUMNS = ("name", "energy_pj_per_bit_low", "energy_pj_per_bit_high", "source")
_LOW, _HIGH = COLUMNS[1:3]


@dataclass(frozen=True, slots=True)
class PublishedDram:
    """A published energy of moving one bit to or from a DRAM.

    Parameters
    ----------
    name : str
        The memory, or who says it.
    low_pj_per_bit, high_pj_per_bit : float
        The ends of what is published, equal for one number [pJ/bit].
    source : str
    """

    name: str
    low_pj_per_bit: float
    high_pj_per_bit: float
    source: str


def read_published_dram(path: Path) -> tuple[PublishedDram, ...]:
    """Return the rows of the file at `path`.

    Raises
    ------
    SpecError
        If it cannot be read or has other columns, or, one fault for each bad row at its line, if
        values are missing, no number above zero or the wrong way round, or a name stands twice.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.reader(stream, strict=True)
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise spec_error(f"cannot be read: {error}", path) from error
    if not rows or tuple(rows[0][1]) != COLUMNS:
        line = rows[0][0] if rows else 1
        raise spec_error(f"the columns must be {','.join(COLUMNS)}", path, line)
    first: dict[str, int] = {}
    faults = []
    for line, cells in rows[1:]:
        found = next(_faults(path, line, cells, first), None)
        if found is not None:
            faults.append(found)
        first.setdefault(cells[0], line)
    if faults:
        raise SpecError(tuple(faults))
    return tuple(
        PublishedDram(name, float(low), float(high), source)
        for _, (name, low, high, source) in rows[1:]
    )


def _faults(path: Path, line: int, cells: list[str], first: Mapping[str, int]) -> Iterator[Fault]:
    """Give what is wrong with a row, the gravest first."""
    if len(cells) != len(COLUMNS):
        yield Fault(f"must hold {len(COLUMNS)} values, it holds {len(cells)}", path, line)
        return
    row = dict(zip(COLUMNS, cells, strict=True))
    for column in ("name", "source"):
        if not row[column].strip():
            yield Fault("must not be empty", path, line, column, row[column])
    for column in (_LOW, _HIGH):
        if not _number(row[column]) > 0:
            reason = "must be a finite number above zero [pJ/bit]"
            yield Fault(reason, path, line, column, row[column])
    if _number(row[_LOW]) > _number(row[_HIGH]):
        yield Fault(f"must not be below {_LOW} ({row[_LOW]})", path, line, _HIGH, row[_HIGH])
    if row["name"] in first:
        reason = f"stands twice, first in line {first[row['name']]}"
        yield Fault(reason, path, line, "name", row["name"])


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
