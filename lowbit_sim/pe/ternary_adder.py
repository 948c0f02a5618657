"""Ternary adders: each balanced base-3 digit of the weight adds, subtracts or skips.

**Formula**, with P = balanced ternary digits of the weight format:

    weight-stationary   cycles = ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·m − 2)
    output-stationary   cycles = ⌈m/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·k − 2)
    slots = batch · m · k · n · P
    adds  = m · Σ weights of a level · non-zero digits of that level,  skips = slots − adds

**Worked example**: nine levels, 0…±4, need P = 2 digits (4 = 3 + 1). On 8 rows by 4 columns,
m = 5, k = 17, n = 9 takes ⌈17/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 2·5 − 2) = 3 · 3 · 28 = 252 cycles.
Three weights 4, 3 and 0 at m = 5 take 5 · (2 + 1 + 0) = 15 adds in 5 · 3 · 2 = 30 slots.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.base import Tile
>>> array = TernaryAdder(rows=8, cols=4, accumulator_bits=24)
>>> nine, int8 = number_format("levels_9"), number_format("int8")
>>> array.cycles(Tile(m=5, k=17, n=9), nine, int8, "weight")
252
>>> counts = array.actions(1, Tile(5, 3, 1), nine, int8, "weight", (0, 0, 0, 0, 1, 0, 0, 1, 1))
>>> counts["adder.add"], counts["adder.skip"], counts["register.write_bit"] == 30 * (8 + 24)
(15, 15, True)

**Assumes** one digit of every weight per beat, the least significant first; folds strictly one
after another, ragged ones as long as full ones (see `lowbit_sim.pe.systolic`); a skipped digit
still takes its beat; partial sums never overflow. Where the weights' values are not known
(activations in their place) every digit counts as non-zero, an upper bound.

**Ignores** the shifted add that scales a digit's sum by 3 (once per output and digit, not once
per slot), register writes while weights load and outputs drain, idle PEs of ragged folds.

**Sources**: balanced ternary: D. E. Knuth, The Art of Computer Programming, vol. 2, section
4.1; ternary weights without multipliers: F. Li et al., arXiv:1605.04711, and S. Ma et al.,
arXiv:2402.17764; the array: H. T. Kung, IEEE Computer 15(1), 1982.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe import counting
from lowbit_sim.pe.base import Stationary, Tile, check_positive
from lowbit_sim.pe.systolic import systolic_cycles

#: a digit is one of three values
TRIT_BITS = 2


@dataclass(frozen=True, slots=True)
class TernaryAdder:
    """A systolic array of adders that take one ternary digit per beat.

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

    kind: ClassVar[str] = "ternary_adder"
    rows: int
    cols: int
    accumulator_bits: int

    def __post_init__(self) -> None:
        check_positive(self, *self.__slots__)

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return counting.refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the balanced ternary digits of `weight`."""
        counting.check_accepts(self, weight, activation)
        return weight.ternary_digits

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
        """Return the adds, skips and register writes of a whole product."""
        slots = counting.count_slots(batch, tile, self.passes(weight, activation))
        counting.check_level_counts(batch, tile, weight, level_counts)
        adds = counting.count_adds(slots, tile.m, weight.ternary_digit_counts(), level_counts)
        written = counting.written_bits_per_slot(self, activation.field_bits, stationary, TRIT_BITS)
        return ActionCounts(
            {"adder.add": adds, "adder.skip": slots - adds, "register.write_bit": slots * written}
        )
