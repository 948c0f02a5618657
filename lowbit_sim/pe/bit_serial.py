"""Bit-serial adders: each bit plane of the weight adds, subtracts or skips.

**Formula**, with P = planes of the weight format in the array's `encoding`:

    weight-stationary   cycles = ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·m − 2)
    output-stationary   cycles = ⌈m/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·k − 2)
    slots = batch · m · k · n · P
    adds  = m · Σ weights of a level · non-zero planes of that level,  skips = slots − adds

**Worked example**: five levels, 0, ±1, ±2, have P = 3 planes in two's complement, P = 2 in
sign-magnitude. On 8 rows by 4 columns, m = 5, k = 17, n = 9 takes
⌈17/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 3·5 − 2) = 3 · 3 · 33 = 297 cycles, or 3 · 3 · 28 = 252.
Two weights −1 (111, or −01) and 2 (010, or +10) at m = 5 take 5 · (3 + 1) = 20 adds, or 10.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.base import Tile
>>> five, int8 = number_format("levels_5"), number_format("int8")
>>> for encoding in ("twos_complement", "sign_magnitude"):
...     array = BitSerial(rows=8, cols=4, accumulator_bits=24, encoding=encoding)
...     counts = array.actions(1, Tile(5, 2, 1), five, int8, "weight", (0, 1, 0, 0, 1))
...     array.cycles(Tile(m=5, k=17, n=9), five, int8, "weight"), counts["adder.add"]
(297, 20)
(252, 10)

**Assumes** one plane of every weight per beat, the activation in parallel; bipolar levels
(±1, ±3, …) in the offset code, whose every plane adds or subtracts; folds strictly one after
another, ragged ones as long as full ones (see `lowbit_sim.pe.systolic`); a skipped plane still
takes its beat; partial sums never overflow. Where the weights' values are not known
(activations in their place) every plane counts as non-zero, an upper bound.

**Ignores** the shift that scales a plane's sum by 2 (wiring), the sign that goes with the
planes of a sign-magnitude weight, register writes while weights load and outputs drain, idle
PEs of ragged folds.

**Sources**: P. Judd et al., "Stripes: Bit-serial deep neural network computing", MICRO 2016,
doi:10.1109/MICRO.2016.7783722 (serial activations); S. Sharify et al., "Loom",
arXiv:1706.07853 (serial weights); the array: H. T. Kung, IEEE Computer 15(1), 1982.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

from lowbit_sim.actions import ActionCounts
from lowbit_sim.errors import nearest
from lowbit_sim.formats.number_format import Encoding, NumberFormat
from lowbit_sim.pe import counting
from lowbit_sim.pe.base import Stationary, Tile, check_positive
from lowbit_sim.pe.systolic import systolic_cycles

PLANE_BITS = 1


@dataclass(frozen=True, slots=True)
class BitSerial:
    """A systolic array of adders that take one bit plane per beat.

    Parameters
    ----------
    rows, cols : int
        Processing elements along each side.
    accumulator_bits : int
        Width of a partial sum [bit].
    encoding : {"twos_complement", "sign_magnitude"}
        How a weight is cut into planes.

    Raises
    ------
    ValueError
        If a number is no whole number above zero, or the encoding is unknown.
    """

    kind: ClassVar[str] = "bit_serial"
    rows: int
    cols: int
    accumulator_bits: int
    encoding: Encoding

    def __post_init__(self) -> None:
        check_positive(self, "rows", "cols", "accumulator_bits")
        if self.encoding not in get_args(Encoding):
            known = nearest(str(self.encoding), get_args(Encoding))
            raise ValueError(f"unknown encoding '{self.encoding}'; {known}")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return counting.refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the planes of `weight`."""
        counting.check_accepts(self, weight, activation)
        return weight.planes(self.encoding)

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
        adds = counting.count_adds(slots, tile.m, weight.plane_counts(self.encoding), level_counts)
        moving_bits = activation.field_bits
        written = counting.written_bits_per_slot(self, moving_bits, stationary, PLANE_BITS)
        return ActionCounts(
            {"adder.add": adds, "adder.skip": slots - adds, "register.write_bit": slots * written}
        )
