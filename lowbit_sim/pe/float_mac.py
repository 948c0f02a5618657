"""Floating-point multiply-accumulate: one beat, at the wider of the two operands' formats.

**Formula**:

    passes = 1,  terms = 1      (cycles: `lowbit_sim.pe.systolic`, `lowbit_sim.pe.broadcast`)
    output-stationary systolic   ⌈m/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + k − 2)
    multiply-accumulates = batch · m · k · n, of fp32 if either operand is, else of bf16

**Worked example**: on 8 rows by 4 columns, m = 5, k = 17, n = 9 with the outputs in place
takes ⌈5/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 17 − 2) = 1 · 3 · 35 = 105 cycles for 5 · 17 · 9 = 765
multiply-accumulates.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(FloatMac(), rows=8, cols=4, accumulator_bits=32)
>>> tile, bf16 = Tile(m=5, k=17, n=9), number_format("bf16")
>>> for weight in (number_format("fp32"), bf16, number_format("levels_3")):
...     counts = array.actions(Product(1, tile, weight, bf16, "output"))
...     array.cycles(tile, weight, bf16, "output"), counts.keys()[0], counts["float_mac.mac_bf16"]
(105, 'float_mac.mac_fp32', 0)
(105, 'float_mac.mac_bf16', 765)
(105, 'float_mac.mac_bf16', 765)

**Assumes** a multiplier and an adder that take a new operand every cycle; integers up to ±256
ride along exactly, since bf16 has 8 significant bits.

**Ignores** the depth of the adder's pipeline, rounding, the order of summation, operands that
are zero, register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: D. Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training",
arXiv:1905.12322.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product

#: 8 significant bits, the leading one among them
BF16_EXACT_MAGNITUDE = 256
FP32_FIELD_BITS = 32


@dataclass(frozen=True, slots=True)
class FloatMac:
    """A floating-point multiplier with an adder."""

    kind: ClassVar[str] = "float_mac"

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: integers that bf16 would round."""
        for fmt in (weight, activation):
            if fmt.is_integer and fmt.max_magnitude > BF16_EXACT_MAGNITUDE:
                return f"{fmt.name} has levels beyond ±{BF16_EXACT_MAGNITUDE}, which bf16 rounds"
        return None

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1: a multiplication takes one beat."""
        return 1

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: the depth of the pipeline is left out."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the multiply-accumulates and register writes of a whole product."""
        widest = max(product.weight.float_field_bits, product.activation.float_field_bits)
        name, width = ("fp32", 32) if widest == FP32_FIELD_BITS else ("bf16", 16)
        written = frame.register_bits(product, product.macs, width, width)
        return ActionCounts({f"float_mac.mac_{name}": product.macs, "register.write_bit": written})
