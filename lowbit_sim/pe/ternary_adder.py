"""Ternary adders: each balanced base-3 digit of the weight adds, subtracts or skips.

**Formula**, with P = balanced ternary digits of the weight format:

    passes = P,  terms = 1      (cycles: `lowbit_sim.pe.systolic`, `lowbit_sim.pe.broadcast`)
    weight-stationary systolic   ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·m − 2)
    slots = batch · m · k · n · P
    adds  = m · Σ weights of a level · non-zero digits of that level,  skips = slots − adds

**Worked example**: nine levels, 0…±4, need P = 2 digits (4 = 3 + 1). On 8 rows by 4 columns,
m = 5, k = 17, n = 9 takes ⌈17/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 2·5 − 2) = 3 · 3 · 28 = 252 cycles.
Three weights 4, 3 and 0 at m = 5 take 5 · (2 + 1 + 0) = 15 adds in 5 · 3 · 2 = 30 slots.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(TernaryAdder(), rows=8, cols=4, accumulator_bits=24)
>>> nine, int8 = number_format("levels_9"), number_format("int8")
>>> array.cycles(Tile(m=5, k=17, n=9), nine, int8, "weight")
252
>>> levels = (0, 0, 0, 0, 1, 0, 0, 1, 1)
>>> counts = array.actions(Product(1, Tile(5, 3, 1), nine, int8, "weight", levels))
>>> counts["adder.add"], counts["adder.skip"], counts["register.write_bit"] == 30 * (8 + 24)
(15, 15, True)

**Assumes** one digit of every weight per beat, the least significant first; a skipped digit
still takes its beat; partial sums never overflow. Where the weights' values are not known
(activations in their place) every digit counts as non-zero, an upper bound.

**Ignores** the shifted add that scales a digit's sum by 3 (once per output and digit, not once
per slot), register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: balanced ternary: D. E. Knuth, The Art of Computer Programming, vol. 2, section
4.1; ternary weights without multipliers: F. Li et al., arXiv:1605.04711, and S. Ma et al.,
arXiv:2402.17764.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product
from lowbit_sim.pe.counting import refuses_floats

#: a digit is one of three values
TRIT_BITS = 2


@dataclass(frozen=True, slots=True)
class TernaryAdder:
    """An adder that takes one ternary digit of the weight per beat."""

    kind: ClassVar[str] = "ternary_adder"

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the balanced ternary digits of `weight`."""
        return weight.ternary_digits

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: the digit meets its activation at the adder."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the adds, skips and register writes of a whole product."""
        digits = product.weight.ternary_digits
        slots = product.macs * digits
        adds = product.nonzeros(digits, product.weight.ternary_digit_counts())
        written = frame.register_bits(product, slots, TRIT_BITS, product.activation.field_bits)
        return ActionCounts(
            {"adder.add": adds, "adder.skip": slots - adds, "register.write_bit": written}
        )
