"""What the weights of one operator look like: how often each level, how many zeros a row."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class WeightStatistics:
    """Counts over the quantised weights of one operator.

    Parameters
    ----------
    level_counts : tuple of int
        How many weights have each level, in the order of the format's levels; empty for a
        floating-point format.
    row_nonzeros : tuple of int
        Weights that are not zero, per output channel.
    weights : int
        All weights. May be left out where there are level counts, whose sum it is.
    assumed : bool
        Whether they follow from an assumed distribution instead of trained weights; then a row's
        non-zeros are the mean row's, rounded.

    Raises
    ------
    ValueError
        If a count is negative, if the counts contradict each other, or if the rows are not of
        one length.

    Examples
    --------
    >>> ternary = WeightStatistics(level_counts=(3, 4, 5), row_nonzeros=(2, 6))
    >>> ternary.weights, ternary.zero_fraction
    (12, Fraction(1, 3))
    """

    level_counts: tuple[int, ...]
    row_nonzeros: tuple[int, ...]
    weights: int = 0
    assumed: bool = False

    def __post_init__(self) -> None:
        if not self.weights:
            object.__setattr__(self, "weights", sum(self.level_counts))
        if min((self.weights, *self.level_counts, *self.row_nonzeros)) < 0:
            raise ValueError("statistics: a count of weights cannot be negative")
        if not self.weights or not self.row_nonzeros:
            raise ValueError("statistics: there must be at least one weight and one row")
        if self.level_counts and sum(self.level_counts) != self.weights:
            raise ValueError(
                f"statistics: the level counts sum to {sum(self.level_counts)},"
                f" not to the {self.weights} weights"
            )
        if self.weights % len(self.row_nonzeros):
            raise ValueError(
                f"statistics: {self.weights} weights are no {len(self.row_nonzeros)} equal rows"
            )
        if max(self.row_nonzeros) > self.row_weights:
            raise ValueError(f"statistics: a row of {self.row_weights} weights has more non-zeros")

    @property
    def row_weights(self) -> int:
        """Weights of one output channel."""
        return self.weights // len(self.row_nonzeros)

    @property
    def zero_fraction(self) -> Fraction:
        """Share of the weights that are zero, exactly."""
        return 1 - Fraction(sum(self.row_nonzeros), self.weights)
