"""Bit bricks: 2 bit × 2 bit multipliers that fuse to wider products.

**Formula**, with w and a the operands' two's complement widths, rounded up to 2, 4 or 8 bit:

    passes = 1,  terms = ⌊bricks / (w/2 · a/2)⌋
    weight-stationary systolic   ⌈⌈k/terms⌉/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    brick products = batch · m · k · n · w/2 · a/2
    adds = slots   = batch · m · n · ⌈k/terms⌉

**Worked example**: by int8, 2 and 3 levels are 2 bit wide and take 4 of 16 bricks, so that a PE
does 4 products a beat; 4, 5 or 7 levels need 3 bit, hence 4 (8 bricks, 2 products), 17 levels
need 5, hence 8 (16 bricks, 1 product). 197 tokens by 192 features by 576 outputs on 16 by 32 in
three levels take ⌈48/16⌉ · ⌈576/32⌉ · (2·16 + 32 + 197 − 2) = 3 · 18 · 259 = 13,986 cycles.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(BitBrick(), rows=16, cols=32, accumulator_bits=32)
>>> int8, tile = number_format("int8"), Tile(m=197, k=192, n=576)
>>> for name in ("levels_2", "levels_3", "levels_5", "levels_17", "int8"):
...     weight = number_format(name)
...     array.terms(weight, int8), array.cycles(tile, weight, int8, "weight")
(4, 13986)
(4, 13986)
(2, 27972)
(1, 55944)
(1, 55944)

**Assumes** fusion in space and within the beat: the tree that shifts and adds bricks adds the
products of a word as well, and its one result is added to the sum; 2, 4 and 8 bit are all the
widths there are, for each operand by itself; signed operands (the top brick of each is signed); a
PE whose bricks no whole number of products fills leaves the rest idle; partial sums never overflow.

**Ignores** fusion in time (16 bit in several beats), operands that are zero, bricks that the last
word leaves without work, register writes while weights load and outputs drain, idle PEs of ragged
folds.

**Sources**: H. Sharma et al., "Bit Fusion", ISCA 2018, arXiv:1712.01507 (16 BitBricks a Fusion
Unit, fused in powers of two). Its released simulator divides 8 by the operand's width, which for 3
bit is a factor of 2 as here, and for 1 bit gives no more than for 2 (github
hsharma35/bitfusion, ``bitfusion/src/simulator/accelerator.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import count_slots, refuses_floats

#: widths that bricks fuse to [bit]
FUSED_BITS = (2, 4, 8)
BRICK_BITS = 2


@dataclass(frozen=True, slots=True)
class BitBrick:
    """A fusion unit of 2 bit × 2 bit multipliers.

    Parameters
    ----------
    bricks : int
        Multipliers of a processing element.

    Raises
    ------
    ValueError
        If they are no whole number above zero.
    """

    kind: ClassVar[str] = "bit_brick"
    bricks: int = 16

    def __post_init__(self) -> None:
        check_positive(self, "bricks")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: floats, or more bricks than there are."""
        reason = refuses_floats(weight, activation)
        if reason is not None:
            return reason
        for fmt in (weight, activation):
            if fmt.twos_complement_bits > FUSED_BITS[-1]:
                return f"{fmt.name} has {fmt.twos_complement_bits} bit, bricks fuse to 2, 4 or 8"
        needed = _bricks(weight, activation)
        return f"a product needs {needed} bricks of {self.bricks}" if needed > self.bricks else None

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1: bricks fuse in space."""
        return 1

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the products that the bricks make up."""
        return self.bricks // _bricks(weight, activation)

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: bricks, shifts and sum are one beat."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the products of bricks, the additions to sums and register writes."""
        weight, activation = product.weight, product.activation
        terms = self.terms(weight, activation)
        slots = count_slots(product, terms, 1)
        written = frame.register_bits(
            product,
            slots,
            digit_bits=terms * _fused_bits(weight),
            activation_bits=terms * _fused_bits(activation),
        )
        return ActionCounts(
            {
                "bit_brick.multiply": product.macs * _bricks(weight, activation),
                "bit_brick.add": slots,
                "register.write_bit": written,
            }
        )


def _fused_bits(fmt: NumberFormat) -> int:
    return next(width for width in FUSED_BITS if width >= fmt.twos_complement_bits)


def _bricks(weight: NumberFormat, activation: NumberFormat) -> int:
    return (_fused_bits(weight) // BRICK_BITS) * (_fused_bits(activation) // BRICK_BITS)
