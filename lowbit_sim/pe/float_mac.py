"""Floating-point multiply-accumulate: one beat, at the wider of the two operands' formats.

**Formula**:

    weight-stationary   cycles = ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + m − 2)
    output-stationary   cycles = ⌈m/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + k − 2)
    multiply-accumulates = batch · m · k · n, of fp32 if either operand is, else of bf16

**Worked example**: on 8 rows by 4 columns, m = 5, k = 17, n = 9 with the outputs in place
takes ⌈5/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 17 − 2) = 1 · 3 · 35 = 105 cycles for 5 · 17 · 9 = 765
multiply-accumulates.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.base import Tile
>>> array = FloatMac(rows=8, cols=4, accumulator_bits=32)
>>> tile, bf16 = Tile(m=5, k=17, n=9), number_format("bf16")
>>> for weight in (number_format("fp32"), bf16, number_format("levels_3")):
...     counts = array.actions(1, tile, weight, bf16, "output", None)
...     array.cycles(tile, weight, bf16, "output"), counts.keys()[0], counts["float_mac.mac_bf16"]
(105, 'float_mac.mac_fp32', 0)
(105, 'float_mac.mac_bf16', 765)
(105, 'float_mac.mac_bf16', 765)

**Assumes** a multiplier and an adder that take a new operand every cycle; integers up to ±256
ride along exactly, since bf16 has 8 significant bits; folds strictly one after another, ragged
ones as long as full ones (see `lowbit_sim.pe.systolic`).

**Ignores** the depth of the adder's pipeline, rounding, the order of summation, operands that
are zero, register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: D. Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training",
arXiv:1905.12322; the array: H. T. Kung, IEEE Computer 15(1), 1982; the count: A. Samajdar et
al., "SCALE-Sim", arXiv:1811.02883.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe import counting
from lowbit_sim.pe.base import Stationary, Tile, check_positive
from lowbit_sim.pe.systolic import systolic_cycles

#: 8 significant bits, the leading one among them
BF16_EXACT_MAGNITUDE = 256
FP32_FIELD_BITS = 32


@dataclass(frozen=True, slots=True)
class FloatMac:
    """A systolic array of floating-point multipliers, each with an adder.

    Parameters
    ----------
    rows, cols : int
        Processing elements along each side.
    accumulator_bits : int
        Width of a partial sum [bit].

    Raises
    ------
    ValueError
        If a parameter is no whole number above zero.
    """

    kind: ClassVar[str] = "float_mac"
    rows: int
    cols: int
    accumulator_bits: int

    def __post_init__(self) -> None:
        check_positive(self, *self.__slots__)

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats: integers that bf16 would round."""
        for fmt in (weight, activation):
            if fmt.is_integer and fmt.max_magnitude > BF16_EXACT_MAGNITUDE:
                return f"{fmt.name} has levels beyond ±{BF16_EXACT_MAGNITUDE}, which bf16 rounds"
        return None

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
        widest = max(weight.float_field_bits, activation.float_field_bits)
        name, width = ("fp32", 32) if widest == FP32_FIELD_BITS else ("bf16", 16)
        written = counting.written_bits_per_slot(self, width, stationary, width)
        return ActionCounts({f"float_mac.mac_{name}": slots, "register.write_bit": slots * written})
