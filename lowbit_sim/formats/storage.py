"""How the codes of weights share bytes, and what a weight then takes in memory.

- ``whole_field``: each code in its own field of ⌈log2 N⌉ bit, fields back to back, bit 0 first.
  Only the end of the stream is padded, to a full byte.
- ``byte``: each code in its own byte, or in as many bytes as its field needs.
- ``word_W``: as many base-N digits as fit a little-endian word of W bit, the first weight in
  the least significant digit. The last word is stored whole.

A floating-point weight takes its field, whatever the packing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.formats.digit_words import digits_per_word
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.units import ceil_div

Packing = Literal["whole_field", "byte", "word_8", "word_16", "word_32", "word_64", "word_128"]
PACKINGS: tuple[Packing, ...] = get_args(Packing)


@dataclass(frozen=True, slots=True)
class WordLayout:
    """Every packing is a run of words of whole bytes with so many digits each.

    Parameters
    ----------
    base : int
        The base of the digits: N in ``word_W``, a power of two where codes have a field each.
    digits : int
        Weights in a word.
    word_bits : int
        Width of a word in bit, a multiple of 8.
    """

    base: int
    digits: int
    word_bits: int


def word_layout(fmt: NumberFormat, packing: Packing) -> WordLayout:
    """Return the words that `packing` makes of weights of `fmt`.

    Raises
    ------
    SpecError
        If the packing is unknown, or its word holds not even one weight.

    Examples
    --------
    >>> word_layout(NumberFormat("levels_3", (-1, 0, 1)), "word_16")
    WordLayout(base=3, digits=10, word_bits=16)
    """
    if packing not in PACKINGS:
        raise spec_error(f"unknown packing '{packing}'; {nearest(packing, PACKINGS)}")
    if packing == "whole_field" and fmt.is_integer:  # 8 fields of f bit are f byte
        return WordLayout(1 << fmt.field_bits, 8, 8 * fmt.field_bits)
    if packing == "byte" or not fmt.is_integer:
        word_bits = 8 * ceil_div(fmt.field_bits, 8)
        return WordLayout(1 << word_bits, 1, word_bits)
    word_bits = int(packing.removeprefix("word_"))
    digits = digits_per_word(fmt.count, word_bits)
    if not digits:
        raise spec_error(f"{fmt.name}: {fmt.count} levels do not fit a word of {word_bits} bit")
    return WordLayout(fmt.count, digits, word_bits)


def stored_bits_per_weight(fmt: NumberFormat, packing: Packing) -> Fraction:
    """Return the bit a weight takes in a long stream.

    Raises
    ------
    SpecError
        If the packing is unknown, or its word holds not even one weight.

    Examples
    --------
    >>> five = NumberFormat("levels_5", (-2, -1, 0, 1, 2))
    >>> [str(stored_bits_per_weight(five, p)) for p in ("whole_field", "byte", "word_64")]
    ['3', '8', '64/27']
    """
    layout = word_layout(fmt, packing)
    return Fraction(layout.word_bits, layout.digits)


def stored_bits(fmt: NumberFormat, packing: Packing, weights: int) -> int:
    """Return the exact bit that so many weights take, padding included.

    It is 8 times the length of the stream that `packing.pack` makes:
    ``8 ⌈weights · field / 8⌉`` for ``whole_field``, ``W ⌈weights / digits⌉`` for ``word_W``.

    Raises
    ------
    SpecError
        If `weights` is negative, the packing is unknown, or its word holds no weight.

    Examples
    --------
    >>> five = NumberFormat("levels_5", (-2, -1, 0, 1, 2))
    >>> stored_bits(five, "whole_field", 3), stored_bits(five, "word_64", 28)
    (16, 128)
    """
    layout = word_layout(fmt, packing)
    if weights < 0:
        raise spec_error("a number of weights is at least 0", value=weights)
    if packing == "whole_field":
        return 8 * ceil_div(weights * fmt.field_bits, 8)
    return layout.word_bits * ceil_div(weights, layout.digits)
