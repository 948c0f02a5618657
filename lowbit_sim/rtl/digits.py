"""What a PE does with one digit of a weight and one activation.

A PE keeps or passes on *words*: all digits of one weight, or the one digit of a beat. For each kind
of digit, its class says how wide both are, which digit of a word a beat takes, and what is added
to the sum: a *term*, and a carry that makes its complement the negative.

    kind              digit of a beat             term
    ternary_adder     −1, 0, 1 (2 bit)            the activation, its complement, or nothing
    shift_add         sign, non-zero, shift       the same, shifted
    bit_serial        a bit                       the activation, or nothing; the sign plane's sum
                      (two's complement)          has a negative scale
      of ±1, ±3, …    a bit                       the activation, or its complement
      sign-magnitude  sign and a bit              the activation, its complement, or nothing
    integer_mac       the weight                  the product

`Digits.scales` are the digits' values: what a beat's sum is multiplied by where sums move (below
the array), and its activation where sums stay (in front of it). Each is a few shifts and adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Const, Value
from numpy.typing import NDArray

from lowbit_sim.formats.digits import planes, signed_powers, trits
from lowbit_sim.formats.number_format import Encoding, NumberFormat
from lowbit_sim.rtl.gates import added_or_not, joined

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Digits:
    """Weights of a format, as one kind of PE takes them.

    Parameters
    ----------
    weight : NumberFormat
        An integer format.
    """

    weight: NumberFormat

    @property
    def scales(self) -> tuple[int, ...]:
        """The value of each digit of a word, the first beat's first."""
        raise NotImplementedError

    @property
    def digit_bits(self) -> int:
        """Width of what a beat takes of a weight [bit]."""
        raise NotImplementedError

    @property
    def word_bits(self) -> int:
        """Width of a weight that stays in a PE [bit]."""
        return len(self.scales) * self.digit_bits

    def scaled_bits(self, activation_bits: int) -> int:
        """Return the width of an activation that is scaled to any digit's place [bit]."""
        largest = max(abs(scale) for scale in self.scales)
        return activation_bits + (largest - 1).bit_length() + (min(self.scales) < 0)

    def chosen(self, word: Value, place: Value) -> Value:
        """Return the digit of `word` that the beat of `place` takes."""
        if len(self.scales) == 1:
            return word
        return word.word_select(place, self.digit_bits)

    def term(self, digit: Value, activation: Value) -> tuple[Value, Value]:
        """Return what is added to the sum, and a carry of one bit that is added too."""
        raise NotImplementedError

    def codes(self, levels: Array) -> Array:
        """Return the digits of `levels` as they are stored, unsigned, shape (beats, …)."""
        raise NotImplementedError

    def words(self, levels: Array) -> Array:
        """Return the words of `levels` as they are stored, unsigned, of the same shape."""
        return joined(self.codes(levels), self.digit_bits)


class TernaryDigits(Digits):
    """Balanced base-3 digits, as two bits in two's complement."""

    __slots__ = ()

    @property
    def scales(self) -> tuple[int, ...]:
        """Powers of three."""
        return tuple(3**place for place in range(self.weight.ternary_digits))

    @property
    def digit_bits(self) -> int:
        """Two."""
        return 2

    def term(self, digit: Value, activation: Value) -> tuple[Value, Value]:
        """Return the activation, its complement, or nothing."""
        return added_or_not(activation, digit[0], digit[1])

    def codes(self, levels: Array) -> Array:
        """Return 0, 1 and 3 for the digits 0, 1 and −1."""
        return np.asarray(trits(levels, self.weight)[0] & 3)


class PowerDigits(Digits):
    """Signed powers of two: a bit that says whether there is one, its sign, its exponent."""

    __slots__ = ()

    @property
    def scales(self) -> tuple[int, ...]:
        """One for each term: the power stands in the digit."""
        return (1,) * self.weight.power_terms

    @property
    def shift_bits(self) -> int:
        """Width of an exponent [bit]."""
        terms = np.abs(signed_powers(np.array(self.weight.levels), self.weight))
        return (int(terms.max()).bit_length() - 1).bit_length()

    @property
    def digit_bits(self) -> int:
        """Two, and the exponent's."""
        return 2 + self.shift_bits

    def term(self, digit: Value, activation: Value) -> tuple[Value, Value]:
        """Return the shifted activation, its complement, or nothing."""
        shifted = activation << digit[2:] if self.shift_bits else activation
        return added_or_not(shifted, digit[0], digit[1])

    def codes(self, levels: Array) -> Array:
        """Return non-zero + 2 · negative + 4 · exponent."""
        terms = signed_powers(levels, self.weight)
        exponent = np.frexp(np.maximum(np.abs(terms), 1).astype(float))[1] - 1
        return np.asarray((terms != 0) + 2 * (terms < 0) + 4 * exponent.astype(np.int64))


@dataclass(frozen=True, slots=True)
class PlaneDigits(Digits):
    """Bit planes.

    Parameters
    ----------
    weight : NumberFormat
        An integer format.
    encoding : {"twos_complement", "sign_magnitude"}
        How a weight is cut into planes; bipolar levels (±1, ±3, …) have the offset code.
    """

    encoding: Encoding

    @property
    def _has_sign(self) -> bool:
        return self.encoding == "sign_magnitude" and not self.weight.is_bipolar

    @property
    def scales(self) -> tuple[int, ...]:
        """Powers of two; the sign plane's is negative."""
        found = planes(np.zeros(1, np.int64), self.weight, self.encoding)[1]
        return tuple(int(scale) for scale in found)

    @property
    def digit_bits(self) -> int:
        """One, or two with a sign."""
        return 1 + self._has_sign

    @property
    def word_bits(self) -> int:
        """The planes, and one sign for them all."""
        return len(self.scales) + self._has_sign

    def chosen(self, word: Value, place: Value) -> Value:
        """Return the plane's bit, and the sign."""
        count = len(self.scales)
        bit = word[:count].bit_select(place, 1) if count > 1 else word[0]
        return Cat(bit, word[count]) if self._has_sign else bit

    def term(self, digit: Value, activation: Value) -> tuple[Value, Value]:
        """Return the activation, its complement, or nothing."""
        if self.weight.is_bipolar:
            return added_or_not(activation, Const(1), ~digit[0])
        if self._has_sign:
            return added_or_not(activation, digit[0], digit[1])
        return added_or_not(activation, digit[0], Const(0))

    def codes(self, levels: Array) -> Array:
        """Return bits; with a sign, its bit times two."""
        found, _ = planes(levels, self.weight, self.encoding)
        if self.weight.is_bipolar:
            return (found > 0).astype(np.int64)
        return np.asarray(np.abs(found) + 2 * (self._has_sign & (levels < 0)))

    def words(self, levels: Array) -> Array:
        """Return the planes' bits, and above them the sign."""
        bits = joined(self.codes(levels) & 1, 1)
        sign = (self._has_sign & (levels < 0)).astype(np.int64)
        return np.asarray(bits + (sign << len(self.scales)))


@dataclass(frozen=True, slots=True)
class Operands(Digits):
    """Whole weights in two's complement, for a multiplier.

    Parameters
    ----------
    weight : NumberFormat
        An integer format.
    operand_bits : int
        Width of the multiplier's operand [bit].

    Raises
    ------
    ValueError
        If a level does not fit.
    """

    operand_bits: int

    def __post_init__(self) -> None:
        if self.weight.twos_complement_bits > self.operand_bits:
            raise ValueError(f"{self.weight.name} does not fit {self.operand_bits} bit")

    @property
    def scales(self) -> tuple[int, ...]:
        """One."""
        return (1,)

    @property
    def digit_bits(self) -> int:
        """The operand's."""
        return self.operand_bits

    def term(self, digit: Value, activation: Value) -> tuple[Value, Value]:
        """Return the product."""
        return digit.as_signed() * activation, Const(0)

    def codes(self, levels: Array) -> Array:
        """Return the levels in two's complement."""
        return np.asarray(levels.astype(np.int64)[None] & ((1 << self.operand_bits) - 1))


def digits_of(element: Any, weight: NumberFormat) -> Digits:
    """Return how an `element` of `lowbit_sim.pe` takes weights of a format.

    Raises
    ------
    ValueError
        If there is no hardware of that kind here.
    """
    if element.kind in {"ternary_adder", "ternary_skip"}:
        return TernaryDigits(weight)
    if element.kind == "shift_add":
        return PowerDigits(weight)
    if element.kind == "bit_serial" and element.planes_per_cycle == 1:
        return PlaneDigits(weight, element.encoding)
    if element.kind == "integer_mac":
        return Operands(weight, element.operand_bits)
    raise ValueError(f"no hardware is described for {element}")
