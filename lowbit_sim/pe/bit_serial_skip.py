"""Bit-serial adders that skip planes which are zero: in a weight, a column, or by significance.

**Formula**, on a broadcast array, with P = planes of the weight format in the kind's `encoding`;
the beats, at least 1, of a fold of R × C weights or of a group of g = `weights_per_group`:

    skip         stays    walked together  beats
    each         weight   R × C weights    most non-zero planes of one of the weights
    column       weight   R × C weights    most planes of one column that not all its weights lack
    interleave   output   g weights of     most ones that one column has at one significance
                          each column

    each, column   passes = P: all of them, as if no plane were zero
    interleave     passes = 1: the planes are walked side by side, g weights take at most g beats
    adds  = m · Σ weights of a level · non-zero planes of that level;  no skips
    bits through a 2:1 multiplexer = adds · (each: stages of a shifter of max(8, P) positions;
        interleave: ⌈log2 g⌉ · activation's bits; column: none)
    beats of a fold = m · those above, or Σ its groups (`lowbit_sim.pe.folding`: beats that differ)

**Worked example**: 2 rows by 2 columns; weights 5 (101), −1 (−001) above 2 (010), 4 (100); in
sign-magnitude, P = 3. *Each*: 5 has most planes, 2 beats for an input. *Column*: the first one
lacks no plane, 3 beats. *Interleave*, both rows as a group: no column has two ones at one
significance, 1 beat. Three inputs take 2 + 3·2 + 1 = 9 and 2 + 3·3 + 1 = 12 cycles (loaded, walked,
added in a tree of one level); or, two and then one of them in the rows, 2 · (1 + 2) = 6 (walked,
drained).

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.formats.number_format import NumberFormat
>>> from lowbit_sim.pe.array import PEArray
>>> weights, int8 = np.array([[5, -1], [2, 4]]), number_format("int8")
>>> formats = NumberFormat("three_planes", tuple(range(-7, 8))), int8
>>> for skip, stays in (("each", "weight"), ("column", "weight"), ("interleave", "output")):
...     lanes = BitSerialSkip(skip, weights_per_group=2)
...     array = PEArray(lanes, 2, 2, 24, organisation="broadcast", stationary=(stays,))
...     profile = lanes.profile(weights, 2, 2, stays)
...     profile.tolist(), array.profiled_cycles(3, profile, formats, stays)
([[2]], 9)
([[3]], 12)
([[1]], 6)

**Assumes** the activation in parallel; the sign of a sign-magnitude weight goes with its planes and
takes no beat of its own. *Each* has a shifter in every PE, *column* one below each column's
tree, *interleave* a selector among the group's activations for every plane of every PE, whose
terms are added in the same beat. The slowest decides: for each input (*each*, *column*) or
each group. Bipolar levels (±1, ±3, …) are magnitudes like all others in sign-magnitude; in two's
complement they have the offset code, no plane of which is ever zero. Partial sums never overflow.
Where the weights' values are not known every plane counts as non-zero.

**Ignores** the search for the next non-zero plane, a column's one shifter, PEs that wait, the
registers of a tree whose terms are all zero, register writes while weights load and outputs
drain, idle PEs of ragged folds. The sum of an *interleave* PE is written in each beat with an add:
at most once per add, at most once per weight, and that bound is what counts.

**Sources**: J. Albericio et al., "Bit-Pragmatic Deep Neural Network Computing", MICRO 2017 (each
walks its own ones, there of the activations); M. Shi et al., "BitWave", HPCA 2024,
arXiv:2507.12444 (zero bit columns of sign-magnitude); H. Lu et al., "Distilling Bit-level
Sparsity Parallelism", MICRO 2021 (Bitlet, interleaving). The rules are those of the simulator
BitSim (github yc2367/BitSim), which however counts Pragmatic's sign as a plane and walks
Bitlet's weights in two's complement of 8 bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.errors import nearest
from lowbit_sim.formats.number_format import Encoding, NumberFormat, check_encoding
from lowbit_sim.pe import lockstep
from lowbit_sim.pe.base import Frame, Organisation, Product, Stationary, check_positive
from lowbit_sim.pe.counting import refuses_floats
from lowbit_sim.units import ceil_div

Skip = Literal["each", "column", "interleave"]
SIGN_BITS = 1
#: positions of a shifter that is ready for 8-bit weights
SHIFTS = 8


@dataclass(frozen=True, slots=True)
class BitSerialSkip:
    """Adders that walk the non-zero planes of the weights only.

    Parameters
    ----------
    skip : {"each", "column", "interleave"}
        Whose planes must be zero to be skipped.
    encoding : {"sign_magnitude", "twos_complement"}
        How a weight is cut into planes.
    weights_per_group : int
        For ``interleave``: how many weights of a column are walked together.

    Raises
    ------
    ValueError
        If a choice is unknown, or the group is no whole number above zero.
    """

    kind: ClassVar[str] = "bit_serial_skip"
    skip: Skip
    encoding: Encoding = "sign_magnitude"
    weights_per_group: int = 64

    def __post_init__(self) -> None:
        if self.skip not in get_args(Skip):
            known = nearest(str(self.skip), get_args(Skip))
            raise ValueError(f"skip '{self.skip}' is unknown; {known}")
        check_encoding(self.encoding)
        check_positive(self, "weights_per_group")

    def fits(self, organisation: Organisation, stationary: Stationary) -> str | None:
        """Return why it cannot stand in such an array."""
        stays = "output" if self.skip == "interleave" else "weight"
        if (organisation, stationary) == ("broadcast", stays):
            return None
        return f"skip '{self.skip}' needs operands on wires (broadcast), and {stays}s that stay"

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the planes of `weight`, the most that are walked; 1 if that is side by side."""
        return 1 if self.skip == "interleave" else weight.planes(self.encoding)

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: a plane meets its activation at the adder."""
        return 0

    def group(self, rows: int, stationary: Stationary) -> int:
        """Return how many k are walked together: a fold's, or what `interleave` is told."""
        return self.weights_per_group if self.skip == "interleave" else rows

    def profile(
        self,
        levels: NDArray[Any],
        rows: int,
        cols: int,
        stationary: Stationary,
        weight: NumberFormat | None = None,
    ) -> NDArray[np.int64]:
        """Return the beats of each fold or group; two's complement needs the format `weight`.

        Raises
        ------
        ValueError
            If the format is needed, and not given.
        """
        ones = self._ones(levels, weight)
        group = self.group(rows, stationary)
        if self.skip == "each":
            walked = lockstep.in_groups(np.bitwise_count(ones), group, np.maximum)
        elif self.skip == "column":
            walked = np.bitwise_count(lockstep.in_groups(ones, group, np.bitwise_or))
        else:
            walked = np.zeros((ceil_div(len(ones), group), ones.shape[1]), np.int32)
            for plane in range(int(ones.max()).bit_length()):
                count = lockstep.in_groups(ones >> plane & 1, group, np.add, np.int32)
                walked = np.maximum(walked, count)
        return lockstep.slowest(walked, cols)

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the adds and register writes of a whole product."""
        weight, word_bits = product.weight, product.activation.field_bits
        planes, choices = weight.planes(self.encoding), self.weights_per_group
        adds = product.nonzeros(planes, self._plane_counts(weight))
        written, through = lockstep.activation_bits_written(product, frame), 0
        if self.skip == "interleave":
            digit_bits = SIGN_BITS + (choices - 1).bit_length()
            written += lockstep.digit_bits_written(product, frame, adds, digit_bits)
            written += min(adds, product.macs) * frame.accumulator_bits
            through = lockstep.selected_bits(adds, choices, word_bits)
        else:
            written += frame.register_bits(product, adds, 0, 0)  # the trees' sums
        if self.skip == "each":
            through = lockstep.shifted_bits(adds, max(SHIFTS, planes), word_bits)
        return ActionCounts(
            {"adder.add": adds, "multiplexer.bit": through, "register.write_bit": written}
        )

    def _plane_counts(self, weight: NumberFormat) -> tuple[int, ...]:
        if self.encoding == "sign_magnitude":
            return tuple(abs(level).bit_count() for level in weight.levels)
        return weight.plane_counts(self.encoding)

    def _ones(self, levels: NDArray[Any], weight: NumberFormat | None) -> NDArray[Any]:
        """Return the non-zero planes of each level as ones of an unsigned number."""
        unsigned = f"u{levels.dtype.itemsize}"
        if self.encoding == "sign_magnitude":
            ones: NDArray[Any] = np.abs(levels).view(unsigned)
        elif weight is None:
            raise ValueError(f"{self.kind}: planes in two's complement depend on the format")
        else:
            every = (1 << weight.planes(self.encoding)) - 1
            code = np.full_like(levels, -1) if weight.is_bipolar else levels
            ones = code.view(unsigned) & np.array(every, unsigned)
        return ones.astype(np.min_scalar_type(int(ones.max())), copy=False)
