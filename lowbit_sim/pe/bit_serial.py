"""Bit-serial adders: each bit plane of the weight adds, subtracts or skips.

**Formula**, with P = planes of the weight format in the kind's `encoding`, B = planes a beat:

    passes = ⌈P/B⌉,  terms = 1      (cycles: `lowbit_sim.pe.systolic`, `lowbit_sim.pe.broadcast`)
    weight-stationary systolic   ⌈k/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + ⌈P/B⌉·m − 2)
    slots = batch · m · k · n · ⌈P/B⌉
    adds  = m · Σ weights of a level · non-zero planes of that level
    skips = batch · m · k · n · P − adds

**Worked example**: five levels, 0, ±1, ±2, have P = 3 planes in two's complement, P = 2 in
sign-magnitude. On 8 rows by 4 columns, m = 5, k = 17, n = 9 takes
⌈17/8⌉ · ⌈9/4⌉ · (2·8 + 4 + 3·5 − 2) = 3 · 3 · 33 = 297 cycles, or 3 · 3 · 28 = 252; three planes
in two beats of B = 2 take 252 as well.
Two weights −1 (111, or −01) and 2 (010, or +10) at m = 5 take 5 · (3 + 1) = 20 adds, or 10.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> five, int8 = number_format("levels_5"), number_format("int8")
>>> for encoding, planes in (("twos_complement", 1), ("twos_complement", 2), ("sign_magnitude", 1)):
...     array = PEArray(BitSerial(encoding, planes), rows=8, cols=4, accumulator_bits=24)
...     counts = array.actions(Product(1, Tile(5, 2, 1), five, int8, "weight", (0, 1, 0, 0, 1)))
...     array.cycles(Tile(m=5, k=17, n=9), five, int8, "weight"), counts["adder.add"]
(297, 20)
(252, 20)
(252, 10)

**Assumes** `planes_per_cycle` planes of every weight per beat, each with an adder of its own, the
activation in parallel; bipolar levels (±1, ±3, …) in the offset code, whose every plane adds or
subtracts; a skipped plane still takes its beat; partial sums never overflow. Where the weights'
values are not known (activations in their place) every plane counts as non-zero, an upper bound.

**Ignores** the shift that scales a plane's sum by a power of two (wiring), the sign that goes with
the planes of a sign-magnitude weight, the adders that the last beat leaves without a plane (they
are neither adds nor skips), register writes while weights load and outputs drain, idle PEs of
ragged folds.

**Sources**: P. Judd et al., "Stripes: Bit-serial deep neural network computing", MICRO 2016,
doi:10.1109/MICRO.2016.7783722 (serial activations); S. Sharify et al., "Loom",
arXiv:1706.07853 (serial weights); two planes a cycle: Y. Chen et al., "BitMoD",
HPCA 2025, arXiv:2411.11745.
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
class BitSerial:
    """Adders that take one or more bit planes of the weight per beat.

    Parameters
    ----------
    encoding : {"twos_complement", "sign_magnitude"}
        How a weight is cut into planes.
    planes_per_cycle : int
        Planes of a weight that are walked side by side.

    Raises
    ------
    ValueError
        If the encoding is unknown, or the planes are no whole number above zero.
    """

    kind: ClassVar[str] = "bit_serial"
    encoding: Encoding
    planes_per_cycle: int = 1

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        check_positive(self, "planes_per_cycle")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the beats that walk the planes of `weight`."""
        return ceil_div(weight.planes(self.encoding), self.planes_per_cycle)

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: the planes meet their activation at the adders."""
        return 0

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the adds, skips and register writes of a whole product."""
        weight, activation = product.weight, product.activation
        planes = weight.planes(self.encoding)
        slots = count_slots(product, 1, self.passes(weight, activation))
        adds = product.nonzeros(planes, weight.plane_counts(self.encoding))
        written = frame.register_bits(product, slots, self.planes_per_cycle, activation.field_bits)
        return ActionCounts(
            {
                "adder.add": adds,
                "adder.skip": product.macs * planes - adds,
                "register.write_bit": written,
            }
        )
