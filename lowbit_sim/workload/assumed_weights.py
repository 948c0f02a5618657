"""How weights would be spread over their levels if they were Gaussian: for networks without any.

**Formula**: for normal weights of deviation 1 and levels l_i times a step s, each weight at its
nearest level, with the midpoints b_i = s (l_i + l_{i+1}) / 2 as borders,

    p_i = Φ(b_i) - Φ(b_{i-1})          share of level i
    m_i = φ(b_{i-1}) - φ(b_i)          its part of the first moment
    error(s) = 1 - 2 s Σ l_i m_i + s² Σ l_i² p_i

The step is that of the smallest squared error, where ``s Σ l_i² p_i = Σ l_i m_i`` (the borders
are midpoints, so that moving them changes nothing to first order). Shares become whole counts by
the largest remainder, a tie to the lower level; the zeros are spread evenly over the rows.

**Worked example**: three levels have their least error at s = 1.224, and then 45.95 % zeros.

>>> [round(share, 4) for share in level_shares((-1, 0, 1))]
[0.2703, 0.4595, 0.2703]
>>> assumed_statistics("levels_3", 1000, 10).level_counts
(270, 460, 270)

**Assumes** that weights are Gaussian within a layer and that the step is chosen for the least
error. Trained weights differ, and with them what data-dependent machines cost: of the ternary
weights that were trained here, whose steps are learned, 37 to 43 % are zero on digits instead of
46 %, and 40 to 56 % on Fashion-MNIST (`reports/bit_width`); published ternary language models have
42 to 51 %. Every count that follows from this assumption is marked ``assumed``.

**Sources**: the error integral is elementary; J. Max, "Quantizing for Minimum Distortion", IRE
Transactions on Information Theory 6, 1960, tabulates the same optimum for evenly spaced levels.
"""

from __future__ import annotations

import itertools
import math
from functools import cache

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.statistics import WeightStatistics

#: the best step of any level set lies between these [deviations]
_STEP_RANGE = (1e-9, 4.0)


@cache
def best_step(levels: tuple[int, ...]) -> float:
    """Return the step of least squared error for normal weights [deviations].

    Parameters
    ----------
    levels : tuple of int
        Ascending, evenly spaced or not, with a negative and a positive one.
    """
    low, high = _STEP_RANGE
    for _ in range(64):  # enough to halve the range to neighbouring floats
        middle = (low + high) / 2
        if _slope(levels, middle) < 0:
            low = middle
        else:
            high = middle
    return high


def level_shares(levels: tuple[int, ...]) -> tuple[float, ...]:
    """Return the share of each level, in the order of `levels`, at the best step."""
    return _shares(_borders(levels, best_step(levels)))


@cache
def assumed_statistics(weight_format: str, weights: int, rows: int) -> WeightStatistics:
    """Return statistics as if so many weights in so many equal rows were Gaussian.

    Parameters
    ----------
    weight_format : str
        Name of their format. Of a floating-point one all weights are non-zero.
    weights, rows : int
        All weights, and output channels.
    """
    fmt = FORMATS[weight_format]
    counts = _whole_counts(level_shares(fmt.levels), weights) if fmt.is_integer else ()
    zeros = counts[fmt.levels.index(0)] if 0 in fmt.levels else 0
    each, more = divmod(weights - zeros, rows)
    row_nonzeros = (each + 1,) * more + (each,) * (rows - more)
    return WeightStatistics(counts, row_nonzeros, weights, assumed=True)


def _borders(levels: tuple[int, ...], step: float) -> list[float]:
    inner = [step * (low + high) / 2 for low, high in itertools.pairwise(levels)]
    return [-math.inf, *inner, math.inf]


def _shares(borders: list[float]) -> tuple[float, ...]:
    below = [math.erf(border / math.sqrt(2)) / 2 for border in borders]
    return tuple(high - low for low, high in itertools.pairwise(below))


def _slope(levels: tuple[int, ...], step: float) -> float:
    """Return half the derivative of the squared error by the step."""
    borders = _borders(levels, step)
    density = [math.exp(-border * border / 2) / math.sqrt(2 * math.pi) for border in borders]
    moments = [low - high for low, high in itertools.pairwise(density)]
    square = sum(
        level * level * share for level, share in zip(levels, _shares(borders), strict=True)
    )
    return step * square - sum(level * part for level, part in zip(levels, moments, strict=True))


def _whole_counts(shares: tuple[float, ...], weights: int) -> tuple[int, ...]:
    quotas = [share * weights for share in shares]
    counts = [math.floor(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda index: counts[index] - quotas[index])
    for index in by_remainder[: weights - sum(counts)]:
        counts[index] += 1
    return tuple(counts)
