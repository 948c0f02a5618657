"""Sign-only adders: weights of ±1 add or subtract their activations, several of them in a beat.

**Formula**:

    passes = 1,  terms = lanes
    weight-stationary systolic   ⌈⌈k/lanes⌉/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    adds = batch · m · k · n

**Worked example**: m = 5, k = 64, n = 8 in words of 4 on 8 rows by 4 columns takes
⌈⌈64/4⌉/8⌉ · ⌈8/4⌉ · (2·8 + 4 + 5 − 2) = 92 cycles for 2,560 adds.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(SignOnly(), rows=8, cols=4, accumulator_bits=24)
>>> two, int8, tile = number_format("levels_2"), number_format("int8"), Tile(m=5, k=64, n=8)
>>> array.cycles(tile, two, int8, "weight")
92
>>> array.actions(Product(1, tile, two, int8, "weight"))["sign_adder.add"]
2560

**Assumes** the lanes of a word added in a tree and into the sum within the beat.

**Ignores** lanes that the last word leaves without work.

**Sources**: M. Courbariaux et al., "BinaryConnect", arXiv:1511.00363 (weights of ±1 need no
multiplier); R. Andri et al., "YodaNN", IEEE TCAD 37(1), 2018, arXiv:1606.05487 (such adders).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import count_slots


@dataclass(frozen=True, slots=True)
class SignOnly:
    """Adders that take one sign bit of a weight each; `lanes` of them a beat."""

    kind: ClassVar[str] = "sign_only"
    lanes: int = 4

    def __post_init__(self) -> None:
        check_positive(self, "lanes")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        if weight.levels != (-1, 1):
            return f"weights are ±1 here, {weight.name} is not"
        return None if activation.is_integer else f"{activation.name} is floating-point"

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:  # noqa: ARG002
        return 1

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:  # noqa: ARG002
        return self.lanes

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:  # noqa: ARG002
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        slots = count_slots(product, self.lanes, passes=1)
        activation_bits = self.lanes * product.activation.field_bits
        written = frame.register_bits(product, slots, self.lanes, activation_bits)
        return ActionCounts({"sign_adder.add": product.macs, "register.write_bit": written})
