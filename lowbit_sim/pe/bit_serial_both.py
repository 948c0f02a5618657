"""Bit-serial in both operands: every bit plane of the weight meets every one of the activation.

**Formula**, with Pw and Pa the planes of the two formats in the kind's `encoding`, Bw and Ba the
planes of each that a beat takes:

    passes = ⌈Pw/Bw⌉ · ⌈Pa/Ba⌉,  terms = lanes
    weight-stationary systolic   ⌈⌈k/lanes⌉/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + passes·m − 2)
    bit pairs = batch · m · k · n · Pw · Pa
    adds      = slots = batch · m · n · ⌈k/lanes⌉ · passes

**Worked example**: five levels (Pw = 2 in sign-magnitude) by int8 (Pa = 8) are 16 passes of 16
lanes: 197 tokens by 192 features by 576 outputs on 8 by 32 take ⌈12/8⌉ · ⌈576/32⌉ ·
(2·8 + 32 + 16·197 − 2) = 2 · 18 · 3,198 = 115,128 cycles; two planes of the activation in a beat
halve the passes.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> five, int8, tile = number_format("levels_5"), number_format("int8"), Tile(m=197, k=192, n=576)
>>> for element in (
...     BitSerialBoth("sign_magnitude"),
...     BitSerialBoth("sign_magnitude", activation_planes_per_cycle=2),
... ):
...     array = PEArray(element, rows=8, cols=32, accumulator_bits=24)
...     counts = array.actions(Product(1, tile, five, int8, "weight"))
...     array.cycles(tile, five, int8, "weight"), counts["bit_pair.add"] // tile.m
(115128, 1769472)
(58392, 1769472)

**Assumes** `lanes` products of one sum side by side, each one gate a pair of bits, added in a tree
whose result is added to the sum once a beat; signs by adding or subtracting: of whole sums for the
sign planes of two's complement, of single pairs in sign-magnitude; bipolar levels (±1, ±3, …) in
the offset code; activations cut into planes before they enter; every pair counts, zero or not,
since the gate decides; partial sums never overflow.

**Ignores** that planes of single groups of activations may be fewer than the format's (Loom trims
them as it runs), the shift of each sum, gates and lanes that the last beat or the last word leaves
without work, register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: S. Sharify et al., "Loom: Exploiting Weight and Activation Precisions to Accelerate
Convolutional Neural Networks", DAC 2018, arXiv:1706.07853 (time goes with Pw · Pa; variants of
1, 2 and 4 bit a cycle); its 16 lanes: ``examples/Loom`` of DNNsim, github
isakedo/DNNsim; Y. Umuroglu et al., "BISMO", arXiv:1806.08862.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import Encoding, NumberFormat, check_encoding
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import count_slots, refuses_floats
from lowbit_sim.units import ceil_div


@dataclass(frozen=True, slots=True)
class BitSerialBoth:
    """An inner-product unit of single bits.

    Parameters
    ----------
    encoding : {"twos_complement", "sign_magnitude"}
        How weights and activations are cut into planes.
    lanes : int
        Products of one sum side by side.
    weight_planes_per_cycle, activation_planes_per_cycle : int
        Planes of each operand that a beat takes.

    Raises
    ------
    ValueError
        If the encoding is unknown, or a number is no whole number above zero.
    """

    kind: ClassVar[str] = "bit_serial_both"
    encoding: Encoding
    lanes: int = 16
    weight_planes_per_cycle: int = 1
    activation_planes_per_cycle: int = 1

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        check_positive(self, "lanes", "weight_planes_per_cycle", "activation_planes_per_cycle")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the beats in which all planes of `weight` meet all of `activation`."""
        weight_beats = ceil_div(weight.planes(self.encoding), self.weight_planes_per_cycle)
        planes = activation.planes(self.encoding)
        return weight_beats * ceil_div(planes, self.activation_planes_per_cycle)

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the lanes."""
        return self.lanes

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: gates, tree and sum are one beat."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the bit pairs, the additions of their counts and register writes."""
        weight, activation = product.weight, product.activation
        pairs = product.macs * weight.planes(self.encoding) * activation.planes(self.encoding)
        slots = count_slots(product, self.lanes, self.passes(weight, activation))
        written = frame.register_bits(
            product,
            slots,
            digit_bits=self.lanes * self.weight_planes_per_cycle,
            activation_bits=self.lanes * self.activation_planes_per_cycle,
        )
        return ActionCounts(
            {"bit_pair.add": pairs, "adder.add": slots, "register.write_bit": written}
        )
