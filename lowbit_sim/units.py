"""Quantities with units: the strings that stand in YAML, and the plain numbers used inside.

A quantity in a file is a string such as ``256 KiB``. Inside, it is a number in the base unit
of its dimension, and the unit is part of the name (``capacity_bits``, ``clock_hz``).
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

#: dimension -> unit -> size in the dimension's base unit
UNITS: dict[str, dict[str, Fraction]] = {
    "bits": {
        "bit": Fraction(1),
        "B": Fraction(8),
        "kB": Fraction(8 * 10**3),
        "KiB": Fraction(8 * 2**10),
        "MB": Fraction(8 * 10**6),
        "MiB": Fraction(8 * 2**20),
        "GB": Fraction(8 * 10**9),
        "GiB": Fraction(8 * 2**30),
    },
    "bits_per_cycle": {"bit/cycle": Fraction(1), "B/cycle": Fraction(8)},
    "cycles": {"cycle": Fraction(1)},
    "hz": {unit: Fraction(10**n) for unit, n in {"Hz": 0, "kHz": 3, "MHz": 6, "GHz": 9}.items()},
    "bits_per_s": {"bit/s": Fraction(1), "Gbit/s": Fraction(10**9), "GB/s": Fraction(8 * 10**9)},
    "pj": {
        unit: Fraction(10**n, 1000)
        for unit, n in {"fJ": 0, "pJ": 3, "nJ": 6, "uJ": 9, "mJ": 12}.items()
    },
    "pj_per_bit": {"fJ/bit": Fraction(1, 1000), "pJ/bit": Fraction(1)},
    "um2": {"um2": Fraction(1), "mm2": Fraction(10**6)},
    "um2_per_bit": {"um2/bit": Fraction(1)},
    "nw": {
        unit: Fraction(10**n, 1000)
        for unit, n in {"pW": 0, "nW": 3, "uW": 6, "mW": 9, "W": 12}.items()
    },
    "nw_per_bit": {"pW/bit": Fraction(1, 1000), "nW/bit": Fraction(1)},
    "ns": {
        unit: Fraction(10**n, 1000)
        for unit, n in {"ps": 0, "ns": 3, "us": 6, "ms": 9, "s": 12}.items()
    },
    "nm": {"nm": Fraction(1)},
    "volts": {"mV": Fraction(1, 1000), "V": Fraction(1)},
    "kelvins": {"K": Fraction(1)},
}

#: dimensions that are counted, hence whole numbers
WHOLE = frozenset({"bits", "bits_per_cycle", "cycles", "hz"})

#: counted quantities are computed with in 64 bit
LARGEST = 2**63 - 1

# digits are bounded, so that no file can ask for a number of a million digits
_NUMBER = r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*([^\W\d_]\S*)")


def parse_quantity(text: object, dimension: str, *, allow_zero: bool = False) -> int | float:
    """Return the number of base units that `text` names.

    Parameters
    ----------
    text : object
        A string of a number and a unit, as ``"128 bit/cycle"``.
    dimension : str
        A key of `UNITS`; its name is the base unit.
    allow_zero : bool
        Whether nought is meaningful (a latency may be 0 cycles, a capacity may not).

    Returns
    -------
    int or float
        An int for the counted dimensions in `WHOLE`, otherwise a float.

    Raises
    ------
    ValueError
        If the unit is missing, unknown or ambiguous, or the number is not positive and finite,
        or a counted quantity is not whole or above `LARGEST`.

    Examples
    --------
    >>> parse_quantity("256 KiB", "bits")
    2097152
    >>> parse_quantity("108 fJ", "pj")
    0.108
    """
    amount = _base_units(text, dimension)
    if amount < 0 or (amount == 0 and not allow_zero):
        raise ValueError("must be zero or more" if allow_zero else "must be more than zero")
    if dimension not in WHOLE:
        return float(amount)
    base_unit = next(iter(UNITS[dimension]))
    if amount.denominator != 1 or amount > LARGEST:
        limit = f", at most {LARGEST}" if amount > LARGEST else ""
        raise ValueError(f"must be a whole number of {base_unit}{limit}")
    return int(amount)


def _base_units(text: object, dimension: str) -> Fraction:
    units = UNITS[dimension]
    if not isinstance(text, str):
        raise ValueError(f"needs a number with a unit, one of: {', '.join(units)}")  # noqa: TRY004
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"is no finite number with a unit, one of: {', '.join(units)}")
    number, unit = found.groups()
    if unit not in units:
        raise ValueError(_unknown_unit(unit, dimension))
    return Fraction(number) * units[unit]


def _unknown_unit(unit: str, dimension: str) -> str:
    if dimension == "bits" and unit in {"KB", "kb", "Kb", "K", "k"}:
        return f"unit '{unit}' is ambiguous: write kB (1000 byte) or KiB (1024 byte)"
    units = UNITS[dimension]
    # the same letters in another case, or a plural; Mb may mean bits
    letters = "" if unit.endswith("b") else unit.casefold()
    same = [known for known in units if known.casefold() in {letters, letters.replace("s", "")}]
    hint = f"; did you mean '{same[0]}'?" if same else ""
    return f"unit '{unit}' is not one of: {', '.join(units)}{hint}"


def quantity_pattern(dimension: str) -> str:
    r"""Return a regular expression, as JSON Schema takes it, of what `parse_quantity` reads.

    Examples
    --------
    >>> quantity_pattern("cycles").endswith(r"\s*(?:cycle)$")
    True
    """
    return rf"^{_NUMBER}\s*(?:{'|'.join(UNITS[dimension])})$"


def ceil_div(numerator: int, denominator: int) -> int:
    """Return ⌈numerator / denominator⌉ in integers.

    Examples
    --------
    >>> ceil_div(197, 32)
    7
    """
    return -(-numerator // denominator)


def significant(number: float, digits: int = 3) -> str:
    """Write `number` with so many significant digits and no needless exponent.

    Examples
    --------
    >>> significant(123456.0), significant(0.012345), significant(0.0), significant(9.999)
    ('123,000', '0.0123', '0', '10.0')
    """
    if number == 0:
        return "0"
    if not math.isfinite(number):
        return str(number)
    exponent = int(f"{number:.{digits - 1}e}".partition("e")[2])  # of the rounded number
    places = digits - 1 - exponent
    return f"{round(number, places):,.{max(places, 0)}f}"
