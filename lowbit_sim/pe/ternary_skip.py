"""Zero-skipping ternary lanes: each column walks the non-zero trits of its own weights.

**Formula**, on a broadcast array whose outputs stay, with g = `weights_per_group`:

    beats of a group (g of k) and a fold = max(1, most non-zero digits of one of its columns)
    beats of a fold = Σ its groups   (cycles: `lowbit_sim.pe.folding`, folds that differ)
    passes = P balanced ternary digits, as if there were no zero: the bound without the values
    adds   = m · Σ weights of a level · non-zero digits of that level;  no skips
    bits through a 2:1 multiplexer = adds · ⌈log2 g⌉ · activation's bits: an add selects its input

**Worked example**: on 2 rows by 2 columns, groups of 4, the weights (k down, n across)

    1  0  -1         group 1: 3 | 2 | 1 non-zero, hence max(3, 2) = 3 beats, and 1
    1  1   0
    0  0   0
    -1 1   0
    0  0   0         group 2: none at all: 1 beat, and 1
    0  0   0

take 3 + 1 = 4 beats in the first fold of columns and 2 in the second. Two inputs (m = 2) fill the
rows; each fold drains 2 cycles: 4 + 2 + 2 + 2 = 10 cycles, where ternary_adder takes
2 · (6 + 2) = 16. 2 · 6 = 12 adds.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> weights = np.zeros((6, 3), np.int64)
>>> weights[:4] = [[1, 0, -1], [1, 1, 0], [0, 0, 0], [-1, 1, 0]]
>>> lanes = TernarySkip(weights_per_group=4)
>>> array = PEArray(lanes, 2, 2, accumulator_bits=24, organisation="broadcast",
...                 stationary=("output",))
>>> formats = number_format("levels_3"), number_format("int8")
>>> profile = lanes.profile(weights, 2, 2, "output")
>>> profile.tolist(), array.profiled_cycles(2, profile, formats, "output")
([[3, 1], [1, 1]], 10)
>>> array.cycles(Tile(m=2, k=6, n=3), *formats, "output")
16
>>> array.actions(Product(1, Tile(2, 6, 3), *formats, "output", (2, 12, 4)))["adder.add"]
12

**Assumes** one digit of each column per beat, added in all rows at once; a group's activations in
registers before the rows' wires, scaled to each digit's place, and a selector among them in every
PE, since columns are at different k; they arrive while the group before is walked, however short
that is. Columns wait for the slowest at the end of each group, and a group of nothing but zeros
takes a beat. Partial sums never overflow. Where the weights' values are not known every digit
counts as non-zero.

**Ignores** a column's search for its next non-zero digit, the scaling to a digit's place, PEs that
wait, idle PEs of ragged folds, register writes while outputs drain.

**Sources**: PEs that skip zero weights and select the activations that the others need: S. Zhang et
al., "Cambricon-X", MICRO 2016; PEs that skip and wait for each other: D. Kim et al., "A novel zero
weight/activation-aware hardware architecture of convolutional neural network", DATE 2017; balanced
ternary: D. E. Knuth, The Art of Computer Programming, vol. 2, section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe import lockstep
from lowbit_sim.pe.base import Frame, Organisation, Product, Stationary, check_positive
from lowbit_sim.pe.counting import refuses_floats

SIGN_BITS = 1


@dataclass(frozen=True, slots=True)
class TernarySkip:
    """Lanes that add the non-zero ternary digits of the weights, and do nothing for a zero.

    Parameters
    ----------
    weights_per_group : int
        How many of a column's weights are walked before the columns wait for each other.

    Raises
    ------
    ValueError
        If it is no whole number above zero.
    """

    kind: ClassVar[str] = "ternary_skip"
    weights_per_group: int = 16

    def __post_init__(self) -> None:
        check_positive(self, "weights_per_group")

    def fits(self, organisation: Organisation, stationary: Stationary) -> str | None:
        """Return why it cannot stand in such an array."""
        if (organisation, stationary) == ("broadcast", "output"):
            return None
        return "columns that skip need sums that stay, and activations on wires (broadcast)"

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the balanced ternary digits of `weight`, the most that one can have."""
        return weight.ternary_digits

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1."""
        return 1

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 0: a digit, its activation and the sum meet in one beat."""
        return 0

    def group(self, rows: int, stationary: Stationary) -> int:
        """Return how many k are walked before the columns wait for each other."""
        return self.weights_per_group

    def profile(
        self,
        levels: NDArray[Any],
        rows: int,
        cols: int,
        stationary: Stationary,
        weight: NumberFormat | None = None,
    ) -> NDArray[np.int64]:
        """Return the beats of each group: the most non-zero digits of a column, at least 1."""
        magnitudes = np.abs(levels).view(f"u{levels.dtype.itemsize}")
        digits = _nonzero_digits(int(magnitudes.max()))[magnitudes]
        walked = lockstep.in_groups(digits, self.weights_per_group, np.add, np.int32)
        return lockstep.slowest(walked, cols)

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the adds and register writes of a whole product."""
        places = product.weight.ternary_digits
        adds = product.nonzeros(places, product.weight.ternary_digit_counts())
        # a digit is a sign and its place: which weight of the group, which digit of the weight
        digit_bits = SIGN_BITS + (self.weights_per_group * places - 1).bit_length()
        written = (
            adds * frame.accumulator_bits
            + lockstep.digit_bits_written(product, frame, adds, digit_bits)
            + lockstep.activation_bits_written(product, frame, places)
        )
        selected = lockstep.selected_bits(
            adds, self.weights_per_group, product.activation.field_bits
        )
        return ActionCounts(
            {"adder.add": adds, "multiplexer.bit": selected, "register.write_bit": written}
        )


def _nonzero_digits(largest: int) -> NDArray[np.uint8]:
    """Return the number of non-zero balanced ternary digits of 0, 1, … `largest`."""
    rest = np.arange(largest + 1)
    counts = np.zeros(largest + 1, np.uint8)
    while rest.any():
        counts += rest % 3 != 0
        rest = (rest + 1) // 3  # remainder 2 is digit -1 and a carry
    return counts
