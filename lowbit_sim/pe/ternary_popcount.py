"""Ternary popcount: products of −1, 0, 1 by −1, 0, 1, counted many at a time.

**Formula**:

    passes = 1,  terms = lanes
    weight-stationary systolic   ⌈⌈k/lanes⌉/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    sum of a word = popcount(products that are 1) − popcount(products that are −1)
    terms counted = m · weights that are not zero,  skips = batch · m · k · n − terms counted
    adds = slots = batch · m · n · ⌈k/lanes⌉

**Worked example**: m = 5, k = 100, n = 9 in words of 32 on 2 rows by 4 columns takes
⌈⌈100/32⌉/2⌉ · ⌈9/4⌉ · (2·2 + 4 + 5 − 2) = 2 · 3 · 11 = 66 cycles. Of 900 weights, 300 zeros are
5 · 300 = 1,500 skips, the others 3,000 terms.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(TernaryPopcount(), rows=2, cols=4, accumulator_bits=16)
>>> three, tile = number_format("levels_3"), Tile(m=5, k=100, n=9)
>>> array.cycles(tile, three, three, "weight")
66
>>> counts = array.actions(Product(1, tile, three, three, "weight", (280, 300, 320)))
>>> counts["ternary_popcount.term"], counts["ternary_popcount.skip"]
(3000, 1500)
>>> array.refuses(three, number_format("int8"))
'int8 has values beyond −1, 0 and 1'

**Assumes** both operands within −1, 0, 1, two bit each; gates, both counters and one addition to
the sum in a beat; a zero weight silences its lane for good, a zero activation counts like any
other; partial sums never overflow. Where the weights' values are not known none of them counts as
zero, an upper bound.

**Ignores** lanes that the last word leaves without work, register writes while weights load and
outputs drain, idle PEs of ragged folds.

**Sources**: M. Scherer et al., "CUTIE: Beyond PetaOp/s/W Ternary DNN Inference Acceleration With
Better-Than-Binary Energy Efficiency", IEEE TCAD 41(4), 2022, arXiv:2011.01713 (zero weights
silence their part of the datapath).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import count_slots

#: a value is one of three
TRIT_BITS = 2


@dataclass(frozen=True, slots=True)
class TernaryPopcount:
    """Gates for products of trits, and counters of those that are 1 and −1.

    Parameters
    ----------
    lanes : int
        Products of one sum side by side.

    Raises
    ------
    ValueError
        If they are no whole number above zero.
    """

    kind: ClassVar[str] = "ternary_popcount"
    lanes: int = 32

    def __post_init__(self) -> None:
        check_positive(self, "lanes")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: one has other values than −1, 0 and 1."""
        for fmt in (weight, activation):
            if not (fmt.is_integer and fmt.max_magnitude <= 1):
                return f"{fmt.name} has values beyond −1, 0 and 1"
        return None

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the lanes."""
        return self.lanes

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: gates, counters and sum are one beat."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the products counted, the silent ones, the additions and register writes."""
        terms = product.nonzeros(1, tuple(int(level != 0) for level in product.weight.levels))
        slots, lanes_bits = count_slots(product, self.lanes, 1), self.lanes * TRIT_BITS
        return ActionCounts(
            {
                "ternary_popcount.term": terms,
                "ternary_popcount.skip": product.macs - terms,
                "adder.add": slots,
                "register.write_bit": frame.register_bits(product, slots, lanes_bits, lanes_bits),
            }
        )
