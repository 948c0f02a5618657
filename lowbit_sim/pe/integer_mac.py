"""Integer multiply-accumulate: a whole two's complement product every beat.

**Formula**:

    passes = 1,  terms = 1      (cycles: `lowbit_sim.pe.systolic`, `lowbit_sim.pe.broadcast`)
    weight-stationary systolic   ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    multiply-accumulates = batch · m · k · n

**Worked example**: the query-key-value layer of a small vision transformer, 197 tokens by 192
features by 576 outputs, on 32 by 32: ⌈192/32⌉ · ⌈576/32⌉ · (2·32 + 32 + 197 − 2) = 6 · 18 · 291 =
31,428 cycles for 197 · 192 · 576 = 21,786,624 multiply-accumulates.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(IntegerMac(), rows=32, cols=32, accumulator_bits=32)
>>> tile, int8 = Tile(m=197, k=192, n=576), number_format("int8")
>>> array.cycles(tile, int8, int8, "weight")
31428
>>> array.actions(Product(1, tile, int8, int8, "weight"))["integer_mac.mac_int8"]
21786624
>>> array.refuses(number_format("bf16"), int8)
'bf16 is floating-point, this array adds integers'

**Assumes** a multiplier for two's complement operands of `operand_bits`; narrower ones ride
along, and every multiplication costs the same; partial sums never overflow.

**Ignores** operands that are zero (they toggle less), register writes while weights load and
outputs drain, idle PEs of ragged folds.

**Sources**: N. P. Jouppi et al., "In-Datacenter Performance Analysis of a Tensor Processing
Unit", ISCA 2017, arXiv:1704.04760.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import refuses_floats


@dataclass(frozen=True, slots=True)
class IntegerMac:
    """An integer multiplier with an adder.

    Parameters
    ----------
    operand_bits : int
        Width of both operands, two's complement [bit].

    Raises
    ------
    ValueError
        If it is no whole number above zero.
    """

    kind: ClassVar[str] = "integer_mac"
    operand_bits: int = 8

    def __post_init__(self) -> None:
        check_positive(self, "operand_bits")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: floats, or levels out of range."""
        half = 1 << (self.operand_bits - 1)
        for fmt in (weight, activation):
            if fmt.is_integer and fmt.twos_complement_bits > self.operand_bits:
                return f"{fmt.name} does not fit operands of {-half}…{half - 1}"
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1: a multiplication takes one beat."""
        return 1

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: the product is added in the beat in which its operands meet."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the multiply-accumulates and register writes of a whole product."""
        macs, operand_bits = product.macs, self.operand_bits
        written = frame.register_bits(product, macs, operand_bits, operand_bits)
        return ActionCounts(
            {f"integer_mac.mac_int{operand_bits}": macs, "register.write_bit": written}
        )
