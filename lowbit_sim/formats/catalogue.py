"""The number formats that the simulator knows by name, and the table of their widths."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.storage import Packing, stored_bits_per_weight

_LEVELS: dict[str, tuple[int, ...]] = {
    "levels_2": (-1, 1),
    "levels_3": (-1, 0, 1),
    "levels_4": (-3, -1, 1, 3),
    "levels_4_zero": tuple(range(-2, 2)),
    "levels_5": tuple(range(-2, 3)),
    "levels_7": tuple(range(-3, 4)),
    "levels_7_pow2": (-4, -2, -1, 0, 1, 2, 4),
    "levels_8": tuple(range(-4, 4)),
    "levels_9": tuple(range(-4, 5)),
    "levels_15": tuple(range(-7, 8)),
    "levels_16": tuple(range(-8, 8)),
    "levels_17": tuple(range(-8, 9)),
    "int8": tuple(range(-128, 128)),
}
_FLOAT_FIELD_BITS = {"bf16": 16, "fp32": 32}

#: every format by name, the fewest levels first
FORMATS: Mapping[str, NumberFormat] = MappingProxyType(
    {name: NumberFormat(name, levels) for name, levels in _LEVELS.items()}
    | {name: NumberFormat(name, (), width) for name, width in _FLOAT_FIELD_BITS.items()}
)

_TABLE_PACKINGS: tuple[Packing, ...] = ("whole_field", "word_8", "word_64")
_TABLE_HEADER = (
    "levels",
    "values",
    "entropy bit",
    "planes two's complement",
    "planes sign-magnitude",
    "ternary digits",
    "power terms",
    "stored bit/weight: whole field · 8-bit word · 64-bit word",
)
_LISTED_MAGNITUDES = 3
#: what a name ends in where another set has as many levels -> what the table adds to the count
_KINDS = {"_pow2": " (power of two)", "_zero": " (with zero)"}


def number_format(name: str) -> NumberFormat:
    """Return the format called `name`.

    Raises
    ------
    SpecError
        If there is none; the nearest name is given.

    Examples
    --------
    >>> number_format("levels_3").levels
    (-1, 0, 1)
    """
    if name not in FORMATS:
        raise spec_error(f"unknown number format '{name}'; {nearest(name, FORMATS)}")
    return FORMATS[name]


def levels_table_markdown() -> str:
    """Return the Markdown table of the widths of every low-bit format, without a last newline.

    Examples
    --------
    >>> print(levels_table_markdown().splitlines()[6])
    | 5 | 0, ±1, ±2 | 2.322 | 3 | 2 | 2 | 1 | 3 · 2.667 · 2.370 |
    """
    rows = [_row(fmt) for name, fmt in FORMATS.items() if name.startswith("levels_")]
    aligned = ["---:", "---", *["---:"] * 5, "---"]
    return "\n".join(f"| {' | '.join(row)} |" for row in [_TABLE_HEADER, aligned, *rows])


def _row(fmt: NumberFormat) -> list[str]:
    stored = [_three_places(stored_bits_per_weight(fmt, packing)) for packing in _TABLE_PACKINGS]
    return [
        str(fmt.count) + next((t for end, t in _KINDS.items() if fmt.name.endswith(end)), ""),
        _values(fmt),
        f"{fmt.entropy_bits:.3f}",
        f"{fmt.planes('twos_complement')}{' (offset code)' if fmt.is_bipolar else ''}",
        str(fmt.planes("sign_magnitude")),
        str(fmt.ternary_digits),
        str(fmt.power_terms),
        " · ".join(stored),
    ]


def _values(fmt: NumberFormat) -> str:
    magnitudes = sorted({abs(level) for level in fmt.levels})
    if -fmt.min_level != fmt.max_level:
        return f"−{-fmt.min_level}…{fmt.max_level}"
    if len(magnitudes) > _LISTED_MAGNITUDES and fmt.count == 2 * fmt.max_level + 1:
        return f"0…±{fmt.max_level}"
    return ", ".join(f"±{magnitude}" if magnitude else "0" for magnitude in magnitudes)


def _three_places(number: Fraction) -> str:
    """Write three decimal places where they are rounded, fewer where they are exact."""
    written = f"{float(number):.3f}"
    return written if (number * 1000).denominator > 1 else written.rstrip("0").rstrip(".")
