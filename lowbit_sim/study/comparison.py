"""Whether a format is as accurate as the baseline: paired tests over seeds, held to one error rate.

**Formula.** The loss of a seed is baseline - candidate; n shared seeds have mean d, sample standard
deviation s and t = (d - bound) / (s / √n), Student's t with n - 1 degrees of freedom. The
difference test is two-sided against 0. The equivalence test is the larger p of two one-sided
tests, loss > -margin and loss < +margin; the second alone tests that the format is not worse.

**Sources.** Student, The probable error of a mean, Biometrika 6, 1908. Schuirmann, A comparison of
the two one-sided tests procedure, J. Pharmacokinet. Biopharm. 15, 1987. Holm, A simple
sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lowbit_sim.study.accuracy import half_width

#: accuracies are counts over images; differences below this are rounding
_ROUNDING = 1e-12
#: so many seeds lose the very same by chance in fewer than one of a thousand comparisons
_FEWEST_ALIKE = 3

Verdict = Literal["comparable", "worse", "better", "undecided"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One format against the baseline, over the seeds they share.

    Parameters
    ----------
    name, baseline : str
        The format and what it is compared with.
    seeds : int
        Shared seeds behind every number.
    loss_fraction, half_width_fraction : float
        Mean of baseline - candidate, and half its 95 % interval (infinite for one seed).
    p_different, p_equivalent, p_not_worse : float
        Small if the loss is shown not to be 0, to lie within ± margin, to be below the margin.
    margin_fraction : float
    """

    name: str
    baseline: str
    seeds: int
    loss_fraction: float
    half_width_fraction: float
    p_different: float
    p_equivalent: float
    p_not_worse: float
    margin_fraction: float


def compare(
    name: str,
    fractions: Mapping[int, float],
    baseline_name: str,
    baseline: Mapping[int, float],
    margin_fraction: float = 0.005,
) -> Comparison:
    """Compare the accuracies of `name`, by seed, with those of the baseline.

    A single seed proves nothing: each p is 1; so do two that lose the same, which counts of images
    do by chance. Where three or more lose the same, p is 0, or 1 on the bound and beyond.
    ValueError if no seed is shared or the margin is not positive.

    Examples
    --------
    Losses 0.01, 0.02, 0.03: d = 0.02, s = 0.01, t = 0.02 / (0.01/√3) = √12. With 2 degrees of
    freedom the two-sided p is 1 - t/√(2 + t²) = 1 - √(12/14). Against a margin of 0.05,
    t = 0.03 / (0.01/√3) = √27 and the one-sided p is (1 - √(27/29)) / 2.

    >>> found = compare("a", {0: 0.89, 1: 0.88, 2: 0.87}, "b", dict.fromkeys(range(3), 0.9), 0.05)
    >>> round(found.p_different, 6), round(found.p_equivalent, 6)
    (0.07418, 0.017549)
    """
    if not margin_fraction > 0:
        raise ValueError(f"the margin must be positive (got {margin_fraction})")
    losses = [baseline[seed] - fractions[seed] for seed in fractions.keys() & baseline.keys()]
    if not losses:
        raise ValueError(f"{name} and {baseline_name} share no seed")
    gains = [-loss for loss in losses]
    p_not_worse = _p_above(gains, -margin_fraction)
    return Comparison(
        name,
        baseline_name,
        seeds=len(losses),
        loss_fraction=math.fsum(losses) / len(losses),
        half_width_fraction=half_width(losses),
        p_different=min(1.0, 2 * min(_p_above(losses, 0), _p_above(gains, 0))),
        p_equivalent=max(p_not_worse, _p_above(losses, -margin_fraction)),
        p_not_worse=p_not_worse,
        margin_fraction=margin_fraction,
    )


def _p_above(sample: list[float], bound: float) -> float:
    """Return p of Student's one-sided test that the mean of `sample` is above `bound`."""
    from scipy.special import stdtr  # noqa: PLC0415 (scipy is slow to import)

    n = len(sample)
    if n == 1:
        return 1.0
    mean = math.fsum(sample) / n
    if max(sample) - min(sample) <= _ROUNDING:
        if n < _FEWEST_ALIKE:
            return 1.0
        return 0.0 if mean - bound > _ROUNDING else 1.0
    variance = math.fsum((value - mean) ** 2 for value in sample) / (n - 1)
    return float(stdtr(n - 1, (bound - mean) / math.sqrt(variance / n)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p values, in the order given; ValueError outside 0 to 1.

    Examples
    --------
    In rising order 4 · 0.005, 3 · 0.01, 2 · 0.03, and 1 · 0.04 raised to the one before.

    >>> holm([0.01, 0.04, 0.03, 0.005])
    [0.03, 0.06, 0.06, 0.02]
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p values must be 0 to 1 (got {list(p_values)})")
    n = len(p_values)
    adjusted = [0.0] * n
    largest = 0.0
    for step, index in enumerate(sorted(range(n), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (n - step) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def verdicts(comparisons: Sequence[Comparison], significance: float = 0.05) -> dict[str, Verdict]:
    """Return what the tests say of each format, in the order of `comparisons`.

    The equivalence tests are one family and the difference tests another, each adjusted by `holm`;
    leave the baseline itself out, as it would enlarge both. A format shown to lie within the
    margin is ``comparable``, even if its loss differs from 0; else it is ``worse`` or ``better``
    if its loss differs from 0, and ``undecided`` if nothing is shown. ValueError if one is doubled.
    """
    if len({one.name for one in comparisons}) < len(comparisons):
        raise ValueError("a format stands twice among the comparisons")
    equivalent = holm([one.p_equivalent for one in comparisons])
    different = holm([one.p_different for one in comparisons])
    found: dict[str, Verdict] = {}
    for one, p_equivalent, p_different in zip(comparisons, equivalent, different, strict=True):
        shown: Verdict = "worse" if one.loss_fraction > 0 else "better"
        otherwise = shown if p_different < significance else "undecided"
        found[one.name] = "comparable" if p_equivalent < significance else otherwise
    return found
