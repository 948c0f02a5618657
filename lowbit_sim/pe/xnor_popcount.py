"""XNOR and popcount: products of ±1 by ±1, counted many at a time.

**Formula**:

    passes = 1,  terms = lanes
    weight-stationary systolic   ⌈⌈k/lanes⌉/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    sum of a word of L products = 2 · popcount(weights xnor activations) − L
    terms counted = batch · m · k · n,  adds = slots = batch · m · n · ⌈k/lanes⌉

**Worked example**: m = 5, k = 100, n = 9 in words of 32 on 2 rows by 4 columns takes
⌈⌈100/32⌉/2⌉ · ⌈9/4⌉ · (2·2 + 4 + 5 − 2) = 2 · 3 · 11 = 66 cycles, for 4,500 products in
5 · 9 · 4 = 180 slots.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(XnorPopcount(), rows=2, cols=4, accumulator_bits=16)
>>> two, tile = number_format("levels_2"), Tile(m=5, k=100, n=9)
>>> array.cycles(tile, two, two, "weight")
66
>>> counts = array.actions(Product(1, tile, two, two, "weight"))
>>> counts["xnor_popcount.term"], counts["register.write_bit"] == 180 * (32 + 16)
(4500, True)
>>> array.refuses(two, number_format("levels_3"))
'levels_3 is not ±1'

**Assumes** both operands ±1, one bit each; gates, counter and one addition to the sum in a beat;
lanes that the last word leaves without work are masked; partial sums never overflow.

**Ignores** register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: M. Rastegari et al., "XNOR-Net", arXiv:1603.05279; F. Conti et al., "XNOR Neural
Engine", arXiv:1807.03010; B. Moons et al., "BinarEye", arXiv:1804.05554.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import count_slots


@dataclass(frozen=True, slots=True)
class XnorPopcount:
    """XNOR gates and a counter of their ones.

    Parameters
    ----------
    lanes : int
        Products of one sum side by side.

    Raises
    ------
    ValueError
        If they are no whole number above zero.
    """

    kind: ClassVar[str] = "xnor_popcount"
    lanes: int = 32

    def __post_init__(self) -> None:
        check_positive(self, "lanes")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: one of them is not ±1."""
        for fmt in (weight, activation):
            if fmt.levels != (-1, 1):
                return f"{fmt.name} is not ±1"
        return None

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the lanes."""
        return self.lanes

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: gates, counter and sum are one beat."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the products counted, the additions of their counts and register writes."""
        slots = count_slots(product, self.lanes, 1)
        written = frame.register_bits(product, slots, self.lanes, self.lanes)
        return ActionCounts(
            {
                "xnor_popcount.term": product.macs,
                "adder.add": slots,
                "register.write_bit": written,
            }
        )
