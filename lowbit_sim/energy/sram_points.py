"""Simulated SRAM macros, a row each: ``arch_specs/technologies/<name>.csv``.

Lines that begin with ``#`` say where the rows come from; then a line of the names in `COLUMNS`.
`leakage_mw` is what flows below threshold, which grows with temperature; `gate_leakage_mw` is what
flows through gates, which does not.

**Formula.** Where a macro has no row at the temperature T of a technology, but at T', where most
rows are::

    leakage(T) = below threshold(T') · ratio + through gates

with the geometric mean of below threshold(T) / below threshold(T') over the macros that have
both as the ratio. The other columns are those at T'.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean
from types import MappingProxyType
from typing import get_args

from lowbit_sim.errors import Fault, SpecError, nearest, spec_error
from lowbit_sim.memory.base import MemoryCell
from lowbit_sim.memory.sram import Macro

_WHOLE = ("capacity_bytes", "width_bits")
_NUMBERS = (
    *("temperature_kelvins", "access_ns", "read_pj", "write_pj"),
    *("leakage_mw", "gate_leakage_mw", "area_mm2"),
)
COLUMNS = (*_WHOLE, "cell", *_NUMBERS)
_BITS_PER_BYTE, _NW_PER_MW, _UM2_PER_MM2 = 8, 1e6, 1e6


@dataclass(frozen=True, slots=True)
class SramPoint:
    """What one macro costs.

    Parameters
    ----------
    read_pj, write_pj : float
        Energy of one access of its whole width [pJ].
    area_um2 : float
        Area [um2].
    leakage_nw : float
        Leakage power, below threshold and through gates [nW].
    access_ns : float
        Access time [ns].
    """

    read_pj: float
    write_pj: float
    area_um2: float
    leakage_nw: float
    access_ns: float


@dataclass(frozen=True, slots=True)
class PointRow:
    """A row of the file: a macro of one cell at one temperature, leakage in its two parts [nW]."""

    macro: Macro
    cell: str
    temperature_kelvins: float
    point: SramPoint
    gate_leakage_nw: float

    @property
    def channel_leakage_nw(self) -> float:
        """What flows below threshold [nW]."""
        return self.point.leakage_nw - self.gate_leakage_nw


def read_points(path: Path) -> tuple[PointRow, ...]:
    """Return the rows of the file at `path`.

    Raises
    ------
    SpecError
        If it is missing or no UTF-8, or, at its line, if a row is ill-formed or stands twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise spec_error(f"cannot be read: {error}", path) from error
    numbered = [(n, line) for n, line in enumerate(lines, 1) if not line.startswith("#")]
    if not numbered or tuple(numbered[0][1].split(",")) != COLUMNS:
        reason = f"must begin with the columns {','.join(COLUMNS)}"
        raise spec_error(reason, path, numbered[0][0] if numbered else 1)
    cells = [(n, next(csv.reader([line]), [])) for n, line in numbered[1:]]
    faults = [fault for n, texts in cells for fault in _faults(path, n, texts)]
    if faults:
        raise SpecError(tuple(faults))
    rows = tuple(_row(dict(zip(COLUMNS, texts, strict=True))) for _, texts in cells)
    first: dict[tuple[Macro, str, float], int] = {}
    for (n, _), row in zip(cells, rows, strict=True):
        key = (row.macro, row.cell, row.temperature_kelvins)
        if first.setdefault(key, n) != n:
            raise spec_error(f"this macro stands twice, first in line {first[key]}", path, n)
    return rows


def _faults(path: Path, line: int, texts: Sequence[str]) -> Iterator[Fault]:
    if len(texts) != len(COLUMNS):
        yield Fault(f"must hold {len(COLUMNS)} values, it holds {len(texts)}", path, line)
        return
    for column, text in zip(COLUMNS, texts, strict=True):
        if column == "cell":
            if text not in get_args(MemoryCell):
                reason = f"is no cell; {nearest(text, get_args(MemoryCell))}"
                yield Fault(reason, path, line, column, text)
        elif not _number(text) > 0:
            yield Fault("must be a finite number above zero", path, line, column, text)
        elif column in _WHOLE and _number(text) % 1:
            yield Fault("must be a whole number", path, line, column, text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _row(texts: Mapping[str, str]) -> PointRow:
    number = {name: float(texts[name]) for name in (*_WHOLE, *_NUMBERS)}
    gate_nw = number["gate_leakage_mw"] * _NW_PER_MW
    point = SramPoint(
        number["read_pj"],
        number["write_pj"],
        number["area_mm2"] * _UM2_PER_MM2,
        number["leakage_mw"] * _NW_PER_MW + gate_nw,
        number["access_ns"],
    )
    macro = Macro(int(number["capacity_bytes"]) * _BITS_PER_BYTE, int(number["width_bits"]))
    return PointRow(macro, texts["cell"], number["temperature_kelvins"], point, gate_nw)


def points_at(
    rows: Sequence[PointRow], cell: str, temperature_kelvins: float
) -> Mapping[Macro, SramPoint]:
    """Return the macros of one cell, their leakage brought to `temperature_kelvins`.

    Raises
    ------
    ValueError
        If no row is of the cell, or no macro of it has a row at this temperature.
    """
    own = [row for row in rows if row.cell == cell]
    here = {row.macro: row for row in own if row.temperature_kelvins == temperature_kelvins}
    if not here:
        raise ValueError(f"holds no macro of cell {cell} at {temperature_kelvins:g} K")
    usual = Counter(row.temperature_kelvins for row in own).most_common(1)[0][0]
    base = {row.macro: row for row in own if row.temperature_kelvins == usual}
    both = here.keys() & base.keys()
    if not both and base.keys() - here.keys():
        at = f"{temperature_kelvins:g} K and at {usual:g} K"
        raise ValueError(f"holds no macro of cell {cell} both at {at}")
    ratio = geometric_mean(
        [here[macro].channel_leakage_nw / base[macro].channel_leakage_nw for macro in both] or [1]
    )
    brought = {
        macro: _with_leakage(row.point, row.channel_leakage_nw * ratio + row.gate_leakage_nw)
        for macro, row in base.items()
    }
    return MappingProxyType(brought | {macro: row.point for macro, row in here.items()})


def _with_leakage(point: SramPoint, leakage_nw: float) -> SramPoint:
    return SramPoint(point.read_pj, point.write_pj, point.area_um2, leakage_nw, point.access_ns)
