"""The question put to a processing element: a `Tile`, two formats, and what stays in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat

#: the operand that stays in the array while the others move
Stationary = Literal["weight", "output"]


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


class PEArray(Protocol):
    """What every kind of processing element answers; a kind is one frozen dataclass.

    Attributes
    ----------
    kind : str
        The name in YAML, of the module, and of the entry point.
    rows, cols : int
        Processing elements along each side of the array.
    accumulator_bits : int
        Width of a partial sum [bit].
    """

    kind: ClassVar[str]

    @property
    def rows(self) -> int:
        """Rows of processing elements."""

    @property
    def cols(self) -> int:
        """Columns of processing elements."""

    @property
    def accumulator_bits(self) -> int:
        """Width of a partial sum [bit]."""

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return in plain words why these formats cannot be computed, or None if they can."""

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the beats that one multiplication takes.

        Raises
        ------
        ValueError
            If the array refuses the formats; so do `cycles` and `actions`.
        """

    def cycles(
        self, tile: Tile, weight: NumberFormat, activation: NumberFormat, stationary: Stationary
    ) -> int:
        """Return the cycles from the first load to the last result, without stalls [cycle]."""

    def actions(
        self,
        batch: int,
        tile: Tile,
        weight: NumberFormat,
        activation: NumberFormat,
        stationary: Stationary,
        level_counts: tuple[int, ...] | None,
    ) -> ActionCounts:
        """Return what happens in the array during a whole matrix product.

        Parameters
        ----------
        batch : int
            Products of this shape, each with weights of its own.
        tile : Tile
            The shape of one whole product, however it is cut into folds.
        weight, activation : NumberFormat
            Formats of the second and of the first operand.
        stationary : {"weight", "output"}
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
