"""The question put to a processing element: a matrix product, its formats, and what stays put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat

#: the operand that stays in the array while the others move
Stationary = Literal["weight", "output", "input"]
#: how operands and sums travel: from PE to PE, or on wires and through adder trees
Organisation = Literal["systolic", "broadcast"]
STATIONARY: tuple[Stationary, ...] = get_args(Stationary)


@dataclass(frozen=True, slots=True)
class Tile:
    """A block of ``output[m, n] = Σ_k input[m, k] · weight[k, n]``.

    Parameters
    ----------
    m, k, n : int
        Rows of the output, terms of each sum, columns of the output; each at least 1.

    Raises
    ------
    ValueError
        If one of them is no whole number above zero.
    """

    m: int
    k: int
    n: int

    def __post_init__(self) -> None:
        check_positive(self, *self.__slots__)


@dataclass(frozen=True, slots=True)
class Product:
    """A whole matrix product, however it is cut into folds.

    Parameters
    ----------
    batch : int
        Products of this shape, each with weights of its own.
    tile : Tile
        The shape of one of them.
    weight, activation : NumberFormat
        Formats of the second and of the first operand.
    stationary : {"weight", "output", "input"}
        The operand that stays in the array.
    level_counts : tuple of int, or None
        How many of the ``batch · k · n`` weights have each level of `weight`; empty for a
        floating-point format. None where the values are not known (activations in the
        weight's place): every digit then counts as non-zero, an upper bound.

    Raises
    ------
    ValueError
        If `level_counts` does not fit the format or the number of weights.
    """

    batch: int
    tile: Tile
    weight: NumberFormat
    activation: NumberFormat
    stationary: Stationary
    level_counts: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_positive(self, "batch")
        counts, levels = self.level_counts, self.weight.count
        if counts is None:
            return
        if len(counts) != levels:
            raise ValueError(f"{self.weight.name} needs {levels} counts, got {len(counts)}")
        weights = self.batch * self.tile.k * self.tile.n
        if self.weight.is_integer and (min(counts) < 0 or sum(counts) != weights):
            raise ValueError(
                f"the level counts must be at least 0 and add up to {self.batch}·{self.tile.k}·"
                f"{self.tile.n} = {weights} weights, got {sum(counts)}"
            )

    @property
    def macs(self) -> int:
        """Multiply-accumulates, ``batch · m · k · n``."""
        return self.batch * self.tile.m * self.tile.k * self.tile.n

    def nonzeros(self, digits: int, nonzero_digits: tuple[int, ...]) -> int:
        """Return the digits of all multiplications that are not zero.

        Parameters
        ----------
        digits : int
            Digits of every weight; all count where the values are not known.
        nonzero_digits : tuple of int
            Non-zero digits of each level.
        """
        if self.level_counts is None:
            return self.macs * digits
        pairs = zip(self.level_counts, nonzero_digits, strict=True)
        return self.tile.m * sum(count * digit for count, digit in pairs)


class Frame(Protocol):
    """What a processing element is told about the array that it stands in."""

    @property
    def rows(self) -> int:
        """Rows of processing elements."""

    @property
    def cols(self) -> int:
        """Columns of processing elements."""

    @property
    def accumulator_bits(self) -> int:
        """Width of a partial sum [bit]."""

    def register_bits(
        self, product: Product, slots: int, digit_bits: int, activation_bits: int
    ) -> int:
        """Return the register bits written in so many slots; see `lowbit_sim.pe.array`."""


class ProcessingElement(Protocol):
    """What every kind answers; a kind is one frozen dataclass of its own parameters.

    Attributes
    ----------
    kind : str
        The name in YAML, of the module, and of the entry point.
    """

    kind: ClassVar[str]

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return in plain words why these formats cannot be computed, or None if they can."""

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the beats that one multiplication takes (the most, where values decide).

        Only asked for formats that the kind does not refuse; so are the other three.
        """

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return how many products of one sum a processing element does side by side."""

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the registers between an operand's arrival and its sum; they lengthen the skew."""

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return what happens in the array during a whole matrix product."""


@runtime_checkable
class ValueDependent(Protocol):
    """A kind whose beats depend on the weights' values, in lock step: the slowest lane decides."""

    def group(self, rows: int, stationary: Stationary) -> int:
        """Return how many k are walked together before the lanes wait for each other."""

    def profile(
        self,
        levels: NDArray[Any],
        rows: int,
        cols: int,
        stationary: Stationary,
        weight: NumberFormat | None = None,
    ) -> NDArray[np.int64]:
        """Return the beats of each group for one streamed row (of all rows, if outputs stay).

        Parameters
        ----------
        levels : ndarray of signed integers, shape (k, n)
            The weights' levels.
        rows, cols : int
            The array.
        stationary : str
            The operand that stays.
        weight : NumberFormat, optional
            Their format, where the digits of a level depend on it, as in two's complement.

        Returns
        -------
        ndarray of int64, shape (⌈k/group⌉, ⌈n/cols⌉)
            Beats, each at least 1.
        """


@runtime_checkable
class Particular(Protocol):
    """A kind that does not stand in every array."""

    def fits(self, organisation: Organisation, stationary: Stationary) -> str | None:
        """Return in plain words why it cannot stand in such an array, or None if it can."""


def check_positive(record: object, *fields: str) -> None:
    """Demand that each of the `fields` of `record` is a whole number above zero.

    Raises
    ------
    ValueError
        Naming the first that is not.
    """
    for name in fields:
        value = getattr(record, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number above zero, got {value!r}")
