"""Integer multiply-accumulate: any weight in one beat, at the width of the multiplier.

**Formula**:

    weight-stationary   cycles = ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    output-stationary   cycles = ⌈m/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + k − 2)
    multiply-accumulates = batch · m · k · n

**Worked example**: on 8 rows by 4 columns, m = 5, k = 17, n = 9 takes
⌈17/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 5 − 2) = 3 · 3 · 23 = 207 cycles for 5 · 17 · 9 = 765
multiply-accumulates, whether the weights have 3 levels or 256.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.base import Tile
>>> array = IntegerMac(rows=8, cols=4, accumulator_bits=32)
>>> tile, int8 = Tile(m=5, k=17, n=9), number_format("int8")
>>> for weight in (number_format("levels_3"), int8):
...     counts = array.actions(1, tile, weight, int8, "weight", None)
...     array.cycles(tile, weight, int8, "weight"), counts["integer_mac.mac_int8"]
(207, 765)
(207, 765)
>>> array.refuses(number_format("bf16"), int8)
'bf16 is floating-point, this array adds integers'

**Assumes** a multiplier for two's complement operands of `operand_bits`; narrower ones ride
along, and every multiplication costs the same; folds strictly one after another, ragged ones
as long as full ones (see `lowbit_sim.pe.systolic`); partial sums never overflow.

**Ignores** operands that are zero (they toggle less), register writes while weights load and
outputs drain, idle PEs of ragged folds.

**Sources**: N. P. Jouppi et al., "In-Datacenter Performance Analysis of a Tensor Processing
Unit", ISCA 2017, arXiv:1704.04760; the array: H. T. Kung, IEEE Computer 15(1), 1982; the
count: A. Samajdar et al., "SCALE-Sim", arXiv:1811.02883.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe import counting
from lowbit_sim.pe.base import Stationary, Tile, check_positive
from lowbit_sim.pe.systolic import systolic_cycles


@dataclass(frozen=True, slots=True)
class IntegerMac:
    """A systolic array of integer multipliers, each with an adder.

    Parameters
    ----------
    rows, cols : int
        Processing elements along each side.
    accumulator_bits : int
        Width of a partial sum [bit].
    operand_bits : int
        Width of both operands, two's complement [bit].

    Raises
    ------
    ValueError
        If a parameter is no whole number above zero.
    """

    kind: ClassVar[str] = "integer_mac"
    rows: int
    cols: int
    accumulator_bits: int
    operand_bits: int = 8

    def __post_init__(self) -> None:
        check_positive(self, *self.__slots__)

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: floats, or levels out of range."""
        half = 1 << (self.operand_bits - 1)
        for fmt in (weight, activation):
            if fmt.is_integer and not -half <= fmt.min_level <= fmt.max_level < half:
                return f"{fmt.name} does not fit operands of {-half}…{half - 1}"
        return counting.refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1: a multiplication takes one beat."""
        counting.check_accepts(self, weight, activation)
        return 1

    def cycles(
        self, tile: Tile, weight: NumberFormat, activation: NumberFormat, stationary: Stationary
    ) -> int:
        """Return the cycles of `tile` without stalls [cycle]."""
        passes = self.passes(weight, activation)
        return systolic_cycles(stationary, self.rows, self.cols, passes, tile.m, tile.k, tile.n)

    def actions(
        self,
        batch: int,
        tile: Tile,
        weight: NumberFormat,
        activation: NumberFormat,
        stationary: Stationary,
        level_counts: tuple[int, ...] | None,
    ) -> ActionCounts:
        """Return the multiply-accumulates and register writes of a whole product."""
        slots = counting.count_slots(batch, tile, self.passes(weight, activation))
        counting.check_level_counts(batch, tile, weight, level_counts)
        operand_bits = self.operand_bits
        written = counting.written_bits_per_slot(self, operand_bits, stationary, operand_bits)
        macs = f"integer_mac.mac_int{operand_bits}"
        return ActionCounts({macs: slots, "register.write_bit": slots * written})
