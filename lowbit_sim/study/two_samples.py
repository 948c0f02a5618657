"""Two independent samples: whether one mean is above the other, whether both spread alike.

**Formula.** Welch: t = (m₁ - m₂) / √(v₁ + v₂) with v = s²/n has, nearly, Student's t distribution
with (v₁ + v₂)² / (v₁²/(n₁-1) + v₂²/(n₂-1)) degrees of freedom. Brown and Forsythe: with z = |x -
median of its sample|, F = (variance of z between the samples) / (variance within), F distribution
with 1 and n₁ + n₂ - 2 degrees of freedom.

**Sources.** Welch, The generalization of 'Student's' problem, Biometrika 34, 1947. Brown and
Forsythe, Robust tests for the equality of variances, J. Am. Stat. Assoc. 69, 1974.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

#: accuracies are counts over images; differences below this are rounding
_ROUNDING = 1e-12
#: values below which a sample has no spread
_FEWEST = 2
#: values below which distances from the median tell nothing of a spread: of two they are always
#: equal, so that any two pairs would differ beyond doubt, and of three one is always zero
FEWEST_TO_COMPARE_SPREADS = 4


def welch_above(first: Sequence[float], second: Sequence[float]) -> float:
    """Return p of the one-sided test that the mean of `first` is above that of `second`.

    It is 1 if a sample is a single value; where neither spreads, 0 if the mean of three values or
    more is above, and else 1.

    Examples
    --------
    Means 3 and 1, both variances 1: t = 2 / √(2/3) = √6, 4 degrees of freedom.

    >>> round(welch_above([2, 3, 4], [0, 1, 2]), 4)
    0.0352
    """
    from scipy.special import stdtr  # noqa: PLC0415 (scipy is slow to import)

    if min(len(first), len(second)) < _FEWEST:
        return 1.0
    gap = statistics.fmean(first) - statistics.fmean(second)
    parts = [statistics.variance(sample) / len(sample) for sample in (first, second)]
    total = sum(parts)
    if total <= _ROUNDING**2:
        few = min(len(first), len(second)) <= _FEWEST
        return 0.0 if gap > _ROUNDING and not few else 1.0
    weights = zip(parts, (first, second), strict=True)
    freedom = total**2 / sum(part**2 / (len(sample) - 1) for part, sample in weights)
    return float(stdtr(freedom, -gap / math.sqrt(total)))


def brown_forsythe(first: Sequence[float], second: Sequence[float]) -> float:
    """Return p of the two-sided test that both samples spread alike; 1 below four values.

    Examples
    --------
    Distances from the medians 1.5, 0.5, 0.5, 1.5 and 7.5, 2.5, 2.5, 7.5: means 1 and 5, so between
    them 8 · 2² = 32; within, (1 + 25) / 6. F = 96/13 with 1 and 6 degrees of freedom.

    >>> round(brown_forsythe([1, 2, 3, 4], [0, 5, 10, 15]), 4)
    0.0348
    """
    from scipy.special import fdtrc  # noqa: PLC0415 (scipy is slow to import)

    if min(len(first), len(second)) < FEWEST_TO_COMPARE_SPREADS:
        return 1.0
    distances = [_distances(sample) for sample in (first, second)]
    centre = statistics.fmean([*distances[0], *distances[1]])
    means = [statistics.fmean(sample) for sample in distances]
    pairs = list(zip(distances, means, strict=True))
    between = math.fsum(len(sample) * (mean - centre) ** 2 for sample, mean in pairs)
    within = math.fsum((value - mean) ** 2 for sample, mean in pairs for value in sample)
    if within <= _ROUNDING**2:
        return 0.0 if between > _ROUNDING**2 else 1.0
    freedom = len(first) + len(second) - 2
    return float(fdtrc(1, freedom, between * freedom / within))


def _distances(sample: Sequence[float]) -> list[float]:
    middle = statistics.median(sample)
    return [abs(value - middle) for value in sample]
