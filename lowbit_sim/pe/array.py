"""A PE array: one kind of processing element, how many, how they are joined, in which convention.

The kind (`lowbit_sim.pe.base.ProcessingElement`) says what a beat is and how many a
multiplication takes; the organisation (`systolic`, `broadcast`) cuts a product into folds; the
conventions (`folding`) say how folds follow one another. Cycles are the composition of the three.

**Registers** written in a slot (one PE, one beat):

    systolic    weight stays   activation moves on, the sum moves on
                input stays    weight digit moves on, the sum moves on
                outputs stay   both move on, the sum is rewritten
    broadcast   outputs stay   the sum is rewritten
                else           the tree of a column of R rows writes R − 1 sums for R slots
                               (registers that only hand on, where R is no power of two, aside)

and on a broadcast array the register before each wire: an activation once for all columns of a
fold, a weight digit (where outputs stay, or inputs do) once for all its rows or columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.errors import nearest
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import (
    STATIONARY,
    Organisation,
    Particular,
    ProcessingElement,
    Product,
    Stationary,
    Tile,
    ValueDependent,
    check_positive,
)
from lowbit_sim.pe.broadcast import broadcast_folds
from lowbit_sim.pe.folding import (
    DEFAULT_CONVENTIONS,
    Conventions,
    Folds,
    total_cycles,
    varying_cycles,
)
from lowbit_sim.pe.systolic import systolic_folds
from lowbit_sim.units import ceil_div

ORGANISATIONS: dict[str, Callable[..., Folds]] = {
    "systolic": systolic_folds,
    "broadcast": broadcast_folds,
}


@dataclass(frozen=True, slots=True)
class PEArray:
    """An array of processing elements of one kind.

    Parameters
    ----------
    element : ProcessingElement
        What one of them computes in a beat.
    rows, cols : int
        Processing elements along each side.
    accumulator_bits : int
        Width of a partial sum [bit].
    organisation : {"systolic", "broadcast"}
        How operands and sums travel.
    conventions : Conventions
        How folds follow one another.
    stationary : tuple of {"weight", "output", "input"}
        The operands that may stay in the array.

    Raises
    ------
    ValueError
        If a number is no whole number above zero, the organisation is unknown, nothing may
        stay, or the element does not fit.
    """

    element: ProcessingElement
    rows: int
    cols: int
    accumulator_bits: int
    organisation: Organisation = "systolic"
    conventions: Conventions = DEFAULT_CONVENTIONS
    stationary: tuple[Stationary, ...] = ("weight", "output")

    def __post_init__(self) -> None:
        check_positive(self, "rows", "cols", "accumulator_bits")
        if self.organisation not in ORGANISATIONS:
            known = nearest(str(self.organisation), ORGANISATIONS)
            raise ValueError(f"organisation '{self.organisation}' is unknown; {known}")
        if not self.stationary or set(self.stationary) - set(STATIONARY):
            raise ValueError(f"stationary names at least one of: {', '.join(STATIONARY)}")
        if isinstance(self.element, Particular):
            for stays in self.stationary:
                reason = self.element.fits(self.organisation, stays)
                if reason is not None:
                    raise ValueError(
                        f"stationary {stays} on a {self.organisation} array does not suit "
                        f"{self.kind}: {reason}"
                    )

    @property
    def kind(self) -> str:
        """The kind of its processing elements."""
        return self.element.kind

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return in plain words why these formats cannot be computed, or None if they can."""
        return self.element.refuses(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the beats that one multiplication takes (the most, where values decide).

        Raises
        ------
        ValueError
            If the kind refuses the formats; so do `cycles` and `actions`.
        """
        self._check_accepts(weight, activation)
        return self.element.passes(weight, activation)

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return how many products of one sum a processing element does side by side."""
        self._check_accepts(weight, activation)
        return self.element.terms(weight, activation)

    def tile_units(
        self, weight: NumberFormat, activation: NumberFormat, stationary: Stationary
    ) -> tuple[int, int, int]:
        """Return the (m, k, n) of one fold; what streams is taken in the array's rows.

        Where values decide, k is a multiple of the group that is walked together.
        """
        k = self.rows * self.terms(weight, activation)
        if isinstance(self.element, ValueDependent):
            k = int(np.lcm(k, self.element.group(self.rows, stationary)))
        return (self.cols if stationary == "input" else self.rows), k, self.cols

    def folds(
        self, m: Any, k: Any, n: Any, formats: tuple[NumberFormat, NumberFormat], stays: Stationary
    ) -> Folds:
        """Return the folds of a product, or of many (m, k, n: int64 arrays of one shape)."""
        weight, activation = formats
        folds = ORGANISATIONS[self.organisation](
            stays,
            self.rows,
            self.cols,
            self.passes(weight, activation),
            m,
            -(-k // self.terms(weight, activation)),
            n,
            drains=self.conventions.drain == "through_rows",
        )
        stages = self.element.stages(weight, activation)
        return replace(folds, skew_cycles=folds.skew_cycles + stages)

    def cycles(
        self, tile: Tile, weight: NumberFormat, activation: NumberFormat, stationary: Stationary
    ) -> int:
        """Return the cycles from the first load to the last result, without stalls [cycle].

        Where values decide, as if no lane could ever skip.
        """
        folds = self.folds(tile.m, tile.k, tile.n, (weight, activation), stationary)
        return int(total_cycles(folds, self.conventions))

    def profiled_cycles(
        self,
        m: int,
        profile: NDArray[np.int64],
        formats: tuple[NumberFormat, NumberFormat],
        stationary: Stationary,
    ) -> int:
        """Return the cycles of a tile whose weights take the beats of `profile` [cycle].

        Parameters
        ----------
        m : int
            Rows of the input.
        profile : ndarray of int64, shape (groups of k, folds of n)
            The tile's part of what `ValueDependent.profile` returns. Where weights stay, a group
            is a fold; where outputs stay, the groups of a fold follow each other.
        formats : tuple of NumberFormat
            Of the weights and of the activations.
        stationary : str
            The operand that stays.
        """
        groups, columns = profile.shape
        one = self.folds(1, 1, 1, formats, stationary)
        if stationary == "output":
            beats = np.tile(profile.sum(axis=0), ceil_div(m, self.rows))
        else:
            beats = m * profile.T.reshape(groups * columns)  # n outermost, k innermost
        folds = Folds(len(beats), one.preload_cycles, beats, one.skew_cycles, one.drain_cycles)
        return varying_cycles(folds, self.conventions)

    def actions(self, product: Product) -> ActionCounts:
        """Return what happens in the array during a whole matrix product."""
        self._check_accepts(product.weight, product.activation)
        return self.element.actions(product, self)

    def register_bits(
        self, product: Product, slots: int, digit_bits: int, activation_bits: int
    ) -> int:
        """Return the register bits written in so many slots, as the module's text says [bit].

        Parameters
        ----------
        product : Product
            The whole product.
        slots : int
            Beats of all processing elements that have work.
        digit_bits, activation_bits : int
            What a slot sees of the weight, and of the activation [bit].
        """
        stays, tile = product.stationary, product.tile
        if self.organisation == "systolic":
            moving_bits = 0 if stays == "input" else activation_bits
            moving_bits += 0 if stays == "weight" else digit_bits
            return slots * (moving_bits + self.accumulator_bits)
        words = ceil_div(tile.k, self.terms(product.weight, product.activation))
        wired_bits = 0 if stays == "input" else activation_bits * ceil_div(tile.n, self.cols)
        bits = ceil_div(slots * wired_bits, tile.n)
        if stays == "output":
            weights_bits = digit_bits * ceil_div(tile.m, self.rows)
            return bits + ceil_div(slots * weights_bits, tile.m) + slots * self.accumulator_bits
        if stays == "input":
            bits += ceil_div(slots * digit_bits * ceil_div(tile.m, self.cols), tile.m)
        roots = ceil_div(slots * ceil_div(words, self.rows), words)
        return bits + (slots - roots) * self.accumulator_bits

    def _check_accepts(self, weight: NumberFormat, activation: NumberFormat) -> None:
        reason = self.element.refuses(weight, activation)
        if reason is not None:
            raise ValueError(f"{self.kind} refuses {weight.name} × {activation.name}: {reason}")
