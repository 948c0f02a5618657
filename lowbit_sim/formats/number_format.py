"""A number of N levels, and the several widths that are all called its "bit width" elsewhere.

Stored bits, the sixth width, depend on how weights share words: see `packing`.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from lowbit_sim.errors import nearest

Encoding = Literal["twos_complement", "sign_magnitude"]

MIN_LEVELS, MAX_LEVELS = 2, 2**16
FLOAT_FIELD_BITS = (16, 32)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A set of integer levels, or a floating-point field.

    A *code* is the index of a level in `levels`: 0 to N-1.

    Parameters
    ----------
    name : str
        The name used in files, as ``levels_5``.
    levels : tuple of int
        The values in ascending order; empty for a floating-point format.
    float_field_bits : int
        16 or 32 for a floating-point format, else 0.

    Raises
    ------
    ValueError
        If the levels are not ascending, fewer than 2 or more than 65,536, or if the format is
        both integer and floating-point or neither.

    Examples
    --------
    >>> five = NumberFormat("levels_5", (-2, -1, 0, 1, 2))
    >>> five.planes("twos_complement"), five.planes("sign_magnitude"), five.ternary_digits
    (3, 2, 2)
    >>> five.power_terms, five.field_bits, round(five.entropy_bits, 3)
    (1, 3, 2.322)
    """

    name: str
    levels: tuple[int, ...]
    float_field_bits: int = 0

    def __post_init__(self) -> None:
        if not self.levels:
            if self.float_field_bits not in FLOAT_FIELD_BITS:
                raise ValueError(f"{self.name}: needs levels, or a float field of 16 or 32 bit")
            return
        if self.float_field_bits:
            raise ValueError(f"{self.name}: has levels, hence no float field")
        if not MIN_LEVELS <= len(self.levels) <= MAX_LEVELS:
            raise ValueError(f"{self.name}: needs {MIN_LEVELS} to {MAX_LEVELS} levels")
        if any(low >= high for low, high in itertools.pairwise(self.levels)):
            raise ValueError(f"{self.name}: levels must ascend")

    @property
    def is_integer(self) -> bool:
        """Whether the values are a finite set of integer levels."""
        return bool(self.levels)

    @property
    def count(self) -> int:
        """Number of levels N; 0 for a floating-point format."""
        return len(self.levels)

    @property
    def entropy_bits(self) -> float:
        """Bits that a uniformly drawn level carries, log2 N; the field of a float format."""
        return math.log2(self.count) if self.is_integer else float(self.float_field_bits)

    @property
    def field_bits(self) -> int:
        """Bits of a field that holds one code: ⌈log2 N⌉, or the float's field."""
        return (self.count - 1).bit_length() if self.is_integer else self.float_field_bits

    @property
    def has_zero(self) -> bool:
        """Whether zero is one of the values; every floating-point format has it."""
        return 0 in self.levels or not self.is_integer

    @property
    def min_level(self) -> int:
        """Smallest level."""
        return self._integer_levels()[0]

    @property
    def max_level(self) -> int:
        """Largest level."""
        return self._integer_levels()[-1]

    @property
    def max_magnitude(self) -> int:
        """Largest absolute value of a level."""
        return max(abs(self.min_level), abs(self.max_level))

    @property
    def is_bipolar(self) -> bool:
        """Whether the levels are ±1, ±3, … ±(2^p - 1), the values of p planes of ±1.

        Such a level is the sum of ``(2 b_i - 1) 2^i`` over the bits b_i of its code, the
        *offset code*: no plane is ever zero.
        """
        top = (1 << self.field_bits) - 1
        return self.is_integer and self.levels == tuple(range(-top, top + 1, 2))

    @property
    def twos_complement_bits(self) -> int:
        """Width of a two's complement operand that holds every level [bit].

        Unlike `planes`, it has no code of its own for bipolar levels: a multiplier takes ±1 as
        two bits, ±1 ±3 as three.
        """
        levels = self._integer_levels()
        return 1 + max((~end if end < 0 else end).bit_length() for end in (levels[0], levels[-1]))

    @property
    def ternary_digits(self) -> int:
        """Digits -1, 0, 1 of balanced base 3 that hold every level.

        d digits reach from ``-(3^d - 1) / 2`` to ``(3^d - 1) / 2`` without a gap
        (Knuth, The Art of Computer Programming, vol. 2, section 4.1).
        """
        needed = 1
        while (3**needed - 1) // 2 < self.max_magnitude:
            needed += 1
        return needed

    @property
    def power_terms(self) -> int:
        """Signed powers of two whose sum gives any level, in the worst case.

        The fewest terms of an integer are the non-zero digits of its non-adjacent form
        (Reitwiesner, Binary Arithmetic, Advances in Computers 1, 1960).
        """
        return max(self.power_term_counts())

    def planes(self, encoding: Encoding) -> int:
        """Return the bit planes a bit-serial machine walks for a weight of this format.

        Parameters
        ----------
        encoding : {"twos_complement", "sign_magnitude"}
            Two's complement counts its sign plane. Sign-magnitude does not: the sign says
            whether the whole weight is added or subtracted. Bipolar levels take the offset
            code, which is as wide as their magnitude.

        Raises
        ------
        ValueError
            If this is a floating-point format.
        """
        magnitude_bits = max(1, self.max_magnitude.bit_length())
        if self.is_bipolar or encoding == "sign_magnitude":
            return magnitude_bits
        return self.twos_complement_bits

    def ternary_digit_counts(self) -> tuple[int, ...]:
        """Return each level's number of non-zero balanced-ternary digits."""
        return _ternary_digit_counts(self._integer_levels())

    def power_term_counts(self) -> tuple[int, ...]:
        """Return each level's fewest signed powers of two; see `power_terms`.

        Examples
        --------
        >>> NumberFormat("odd", (-3, 0, 4, 85)).power_term_counts()
        (2, 0, 1, 4)
        """
        return _power_term_counts(self._integer_levels())

    def plane_counts(self, encoding: Encoding) -> tuple[int, ...]:
        """Return each level's number of planes that add or subtract.

        In the offset code of bipolar levels that is every plane, under either encoding.
        Otherwise it is the ones of the two's complement code in `planes` bits, or of the
        magnitude.

        Examples
        --------
        >>> NumberFormat("levels_5", (-2, -1, 0, 1, 2)).plane_counts("twos_complement")
        (2, 3, 0, 1, 1)
        """
        planes = self.planes(encoding)
        if self.is_bipolar:
            return (planes,) * self.count
        if encoding == "sign_magnitude":
            return tuple(abs(level).bit_count() for level in self.levels)
        return tuple((level & ((1 << planes) - 1)).bit_count() for level in self.levels)

    def _integer_levels(self) -> tuple[int, ...]:
        if not self.is_integer:
            raise ValueError(f"{self.name} is a floating-point format and has no levels")
        return self.levels


def check_encoding(encoding: str) -> None:
    """Demand that `encoding` is one of `Encoding`.

    Raises
    ------
    ValueError
        If it is not; the nearest is named.
    """
    known = get_args(Encoding)
    if encoding not in known:
        raise ValueError(f"unknown encoding '{encoding}'; {nearest(str(encoding), known)}")


@lru_cache(maxsize=256)
def _ternary_digit_counts(levels: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(_nonzero_ternary_digits(abs(level)) for level in levels)


@lru_cache(maxsize=256)
def _power_term_counts(levels: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(_power_terms(abs(level)) for level in levels)


def _power_terms(magnitude: int) -> int:
    # the non-adjacent form of n = (3n - n) / 2 is non-zero exactly where n and 3n differ
    return (magnitude ^ (3 * magnitude)).bit_count()


def _nonzero_ternary_digits(magnitude: int) -> int:
    nonzero = 0
    while magnitude:
        nonzero += magnitude % 3 != 0
        magnitude = (magnitude + 1) // 3  # remainder 2 is digit -1 and a carry
    return nonzero
