"""Shift-and-add: each weight is a sum of signed powers of two, one of them per beat.

**Formula**, with P = signed powers of two of the weight format, in the worst case of its levels:

    passes = P,  terms = 1      (cycles: `lowbit_sim.pe.systolic`, `lowbit_sim.pe.broadcast`)
    weight-stationary systolic   ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·m − 2)
    slots = batch · m · k · n · P
    adds  = m · Σ weights of a level · powers of two of that level,  skips = slots − adds

**Worked example**: five levels, 0, ±1, ±2, are one power of two each, P = 1; so are seven levels
0, ±1, ±2, ±4, whereas ±1, ±3 need P = 2 (3 = 4 − 1). On 8 rows by 4 columns, m = 5, k = 17, n = 9
takes ⌈17/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 5 − 2) = 3 · 3 · 23 = 207 cycles, or 3 · 3 · 28 = 252.
Three weights −2, 0 and 1 at m = 5 take 5 · (1 + 0 + 1) = 10 adds in 5 · 3 = 15 slots. Their digit
is one of 0, ±1, ±2 and has 3 bit.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array, int8 = PEArray(ShiftAdd(), rows=8, cols=4, accumulator_bits=24), number_format("int8")
>>> [array.cycles(Tile(m=5, k=17, n=9), number_format(name), int8, "weight")
...  for name in ("levels_5", "levels_7_pow2", "levels_4")]
[207, 207, 252]
>>> five = number_format("levels_5")
>>> counts = array.actions(Product(1, Tile(5, 3, 1), five, int8, "output", (1, 0, 1, 1, 0)))
>>> counts["shift_adder.add"], counts["shift_adder.skip"], counts["register.write_bit"]
(10, 5, 525)

**Assumes** a shifter that reaches every power of two of the format; weights stored by their terms,
so that no encoder is in the way; every weight takes as many beats as the format's worst level: a
machine that waits only for the worst weight of a tile would be another, value-dependent kind;
a term that is not needed is skipped but takes its beat; partial sums never overflow. Where the
weights' values are not known (activations in their place) every term counts, an upper bound.

**Ignores** register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: the fewest terms of an integer: G. W. Reitwiesner, "Binary Arithmetic", Advances in
Computers 1, 1960 (non-adjacent form); weights as powers of two: A. Zhou et al., "Incremental
Network Quantization", arXiv:1702.03044, and as sums of them: Y. Li et al., "Additive
Powers-of-Two Quantization", arXiv:1909.13144.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product
from lowbit_sim.pe.counting import refuses_floats


@dataclass(frozen=True, slots=True)
class ShiftAdd:
    """An adder behind a shifter that takes one signed power of two of the weight per beat."""

    kind: ClassVar[str] = "shift_add"

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the signed powers of two of `weight`, in the worst case."""
        return weight.power_terms

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1: the powers of two of a weight come one after another."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: shifter and adder are one beat."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the adds, skips and register writes of a whole product."""
        weight = product.weight
        slots = product.macs * weight.power_terms
        adds = product.nonzeros(weight.power_terms, weight.power_term_counts())
        digit_bits = _digit_bits(weight.max_magnitude)
        written = frame.register_bits(product, slots, digit_bits, product.activation.field_bits)
        return ActionCounts(
            {
                "shift_adder.add": adds,
                "shift_adder.skip": slots - adds,
                "register.write_bit": written,
            }
        )


def _digit_bits(max_magnitude: int) -> int:
    """Return the width of a digit: zero, or a signed power of two that such a level may need."""
    powers = ((max_magnitude ^ (3 * max_magnitude)) >> 1).bit_length()
    return (2 * powers).bit_length()  # 2 · powers + 1 values
