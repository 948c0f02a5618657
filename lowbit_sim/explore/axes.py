"""Axes of a design space: fields of a machine's file, and the values that they take together.

An axis is written as a mapping of fields to values::

    - arrays.rows: [8, 16, 32]
    - memories.shared_sram.capacity: {from: 32 KiB, to: 1 MiB, factor: 2}
    - clock: {from: 200 MHz, to: 1 GHz, step: 200 MHz}

Fields of one axis move together: the first value of each, then the second of each. A range ends
with the last value that is not beyond ``to``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

from lowbit_sim.errors import Fault, SpecError, nearest
from lowbit_sim.spec_file import Place, SpecFile
from lowbit_sim.units import UNITS, WHOLE, parse_quantity

_RANGES = ({"from", "to", "step"}, {"from", "to", "factor"})
#: a range of more values than this is a slip of the pen
MOST_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Axis:
    """Fields that take their values together.

    Parameters
    ----------
    fields : tuple of str
        Dotted paths in a machine's file, as ``memories.shared_sram.capacity``.
    values : tuple of tuple
        One step after another, a value for each field, as it would stand in the file.
    """

    fields: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]

    def __len__(self) -> int:
        return len(self.values)

    def columns(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield the name of each field in tables, its unit included, and its plain values."""
        for index, field in enumerate(self.fields):
            given = [step[index] for step in self.values]
            dimension = dimension_of(given[0])
            name = field.removeprefix("memories.").removeprefix("arrays.").replace(".", "_")
            plain = list(map(_plain, given))
            if any(isinstance(value, float) for value in plain):
                plain = list(map(float, plain))  # a column is of one kind
            yield name if dimension is None else f"{name}_{dimension}", plain


def dimension_of(value: object) -> str | None:
    """Return the dimension of a quantity with a unit, or None for a plain number or word.

    Examples
    --------
    >>> dimension_of("64 bit/cycle"), dimension_of("lstp"), dimension_of(16)
    ('bits_per_cycle', None, None)
    """
    if not isinstance(value, str) or not value[:1].isdigit():
        return None
    unit = value.partition(" ")[2].strip()
    return next((dimension for dimension, units in UNITS.items() if unit in units), None)


def _plain(value: Any) -> Any:
    """Return a quantity in its base unit, anything else as it is."""
    dimension = dimension_of(value)
    return value if dimension is None else parse_quantity(value, dimension, allow_zero=True)


def axis_of(source: SpecFile, place: Place, given: object) -> Axis:
    """Return the axis written at `place` of a space's file.

    Raises
    ------
    SpecError
        If there is no field, a field has no values, a range is none, or fields that move
        together have different numbers of values.
    """
    if not isinstance(given, dict) or not given:
        reason = "must be a mapping of fields to values, as arrays.rows: [8, 16]"
        raise SpecError((source.fault(place, reason, given),))
    values = {field: _values(source, (*place, field), written) for field, written in given.items()}
    lengths = {field: len(one) for field, one in values.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{field} has {count}" for field, count in lengths.items())
        reason = f"fields of one axis move together and need as many values each: {told}"
        raise SpecError((source.fault(place, reason),))
    return Axis(tuple(values), tuple(zip(*values.values(), strict=True)))


def _values(source: SpecFile, place: Place, written: object) -> list[Any]:
    if isinstance(written, dict):
        return _range(source, place, written)
    if not isinstance(written, list) or not written:
        reason = "needs a list of values, or a range: {from: 8, to: 64, factor: 2}"
        raise SpecError((source.fault(place, reason, written),))
    faults = [
        fault
        for index, value in enumerate(written)
        for fault in _value_faults(source, (*place, index), value)
    ]
    kinds = {(dimension_of(value), _sort(value)) for value in written if not faults}
    if len(kinds) > 1:
        faults = [source.fault(place, "mixes numbers, words or quantities", written)]
    if not faults and len({str(_plain(value)) for value in written}) < len(written):
        faults = [source.fault(place, "names a value twice", written)]
    if faults:
        raise SpecError(tuple(faults))
    return written


def _sort(value: object) -> str:
    """Return what stands in a column of its own: truth values, numbers or words."""
    if isinstance(value, bool):
        return "truth value"
    return "number" if isinstance(value, int | float) else "word"


def _value_faults(source: SpecFile, place: Place, value: object) -> Iterator[Fault]:
    if isinstance(value, dict | list) or value is None:
        yield source.fault(place, "must be a number, a word or a quantity with a unit", value)
    elif isinstance(value, str) and value[:1].isdigit() and dimension_of(value) is None:
        unit = value.partition(" ")[2].strip()
        known = [one for units in UNITS.values() for one in units]
        yield source.fault(place, f"has no known unit; {nearest(unit, known)}", value)
    else:
        try:
            _plain(value)
        except ValueError as error:
            yield source.fault(place, str(error), value)


def _range(source: SpecFile, place: Place, written: dict[str, Any]) -> list[Any]:
    if set(written) not in _RANGES:
        reason = "a range has the keys from, to and either step or factor"
        raise SpecError((source.fault(place, reason, written),))
    try:
        first, last, dimension = _ends(written)
        steps = list(_steps(written, first, last, dimension))
    except ValueError as error:
        raise SpecError((source.fault(place, str(error), written),)) from None
    if dimension is None:
        return [int(step) if step.denominator == 1 else float(step) for step in steps]
    unit = next(unit for unit, of_base in UNITS[dimension].items() if of_base == 1)
    return [f"{int(step) if step.denominator == 1 else float(step)} {unit}" for step in steps]


def _ends(written: dict[str, Any]) -> tuple[Fraction, Fraction, str | None]:
    kinds = {dimension_of(written[key]) for key in ("from", "to")}
    if len(kinds) > 1:
        raise ValueError("from and to must be of one kind")
    dimension = kinds.pop()
    first, last = (_number(written[key], dimension) for key in ("from", "to"))
    if first <= 0 or last < first:
        raise ValueError("from is more than zero, and to is not less than from")
    return first, last, dimension


def _number(value: object, dimension: str | None) -> Fraction:
    if dimension is not None:
        return Fraction(parse_quantity(value, dimension))
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("must be numbers or quantities with a unit")
    return Fraction(str(value))


def _steps(
    written: dict[str, Any], first: Fraction, last: Fraction, dimension: str | None
) -> Iterator[Fraction]:
    grows = "factor" in written
    by = _number(written["factor"], None) if grows else _number(written["step"], dimension)
    if by <= (1 if grows else 0):
        raise ValueError("factor must be more than 1" if grows else "step must be more than 0")
    now, told = first, 0
    while now <= last:
        if dimension in WHOLE and now.denominator > 1:
            raise ValueError("leads to parts of what comes whole")
        yield now
        now = now * by if grows else now + by
        told += 1
        if told > MOST_VALUES:
            raise ValueError(f"has more than {MOST_VALUES:,} values")
