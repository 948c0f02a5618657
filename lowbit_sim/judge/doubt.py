"""How likely each candidate is the best, with the accuracies and the energies in doubt.

Two levels are drawn, independently, `samples` times:

1. **Seeds.** Mean losses are drawn from the multivariate Student distribution that belongs to n
   paired seeds, with d_i the deviations of seed i from the means, a number for each format::

       mean + Σ z_i d_i / √(n (n - 1)) / √(χ² / (n - 1))

   z_i standard normal, χ² with n - 1 degrees of freedom, both the same for all formats, as their
   losses are paired. For one format that is mean + t(n - 1) s / √n, what its interval says too
   (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 3.2). Drawing seeds with replacement
   (Efron, *Annals of Statistics* 7, 1979) would never leave the range of so few seeds: with three,
   whatever all of them agree on would be certain. One seed says nothing of chance: its loss is
   taken as it stands, and so is a published one.
2. **Rows of the technology** (Monte Carlo). Each row is multiplied by a factor of its own, whose
   logarithm is normal with mean 0 and 95 % of it within ± log band; the band follows from the row's
   confidence. The same factor holds for every machine and format.

Counts are priced again, nothing is simulated again: mappings stay those of the nominal prices.
The best is the eligible candidate of least energy × delay, as in the ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.judge.comparison_spec import DoubtSpec
from lowbit_sim.judge.contest import Contest

Floats = NDArray[np.float64]

#: standard deviations within which 95 % of a normal distribution lie
_SIGMAS = 1.959963984540054
#: costs closer than this are the same but for rounding
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn, and what each candidate then costs.

    Parameters
    ----------
    rows : tuple of str
        Rows of the technologies that energies rest on, as ``cmos_45nm dram.read``.
    factors : ndarray, shape (samples, rows)
    energy_delays_pj_s : ndarray, shape (samples, candidates)
    losses : ndarray, shape (samples, candidates)
        Mean accuracy lost against fp32.
    """

    rows: tuple[str, ...]
    factors: Floats
    energy_delays_pj_s: Floats
    losses: Floats


def draw(contest: Contest, doubt: DoubtSpec) -> Drawn:
    """Return what every candidate costs and loses in each sample.

    Parameters
    ----------
    contest : Contest
    doubt : DoubtSpec
        Samples, seed and bands.
    """
    generator = np.random.default_rng(doubt.seed)
    confidences = contest.row_confidences
    rows = tuple(confidences)
    spread = np.log([doubt.band(confidences[row]) for row in rows]) / _SIGMAS
    factors = np.exp(generator.standard_normal((doubt.samples, len(rows))) * spread)
    energies_pj = factors @ contest.energies_pj_by_row.T
    losses = _losses(contest, doubt.samples, generator)
    return Drawn(rows, factors, energies_pj * contest.seconds, losses)


def _losses(contest: Contest, samples: int, generator: np.random.Generator) -> Floats:
    if not contest.losses:
        return np.zeros((samples, len(contest.candidates)))
    by_format = {}
    drawn: dict[int, Floats] = {}  # formats with equally many seeds share the draws
    for name in contest.formats:
        sample = contest.losses[name]
        n = len(sample)
        if n == 1:
            by_format[name] = np.full(samples, sample[0])
            continue
        if n not in drawn:
            normal = generator.standard_normal((samples, n))
            drawn[n] = normal / np.sqrt(n * generator.chisquare(n - 1, (samples, 1)))
        by_format[name] = sample.mean() + drawn[n] @ (sample - sample.mean())
    return np.column_stack([by_format[one.weight_format] for one in contest.candidates])


def best_fractions(
    drawn: Drawn, among: Sequence[int], margin_fraction: float
) -> dict[int | None, float]:
    """Return how often each candidate is the best of some; None: how often none is eligible.

    Parameters
    ----------
    drawn : Drawn
    among : sequence of int
        Places of the candidates to choose from; the first of those that cost the same is the best.
    margin_fraction : float
    """
    costs = drawn.energy_delays_pj_s[:, list(among)].copy()
    costs[drawn.losses[:, list(among)] > margin_fraction + 1e-12] = np.inf
    least = costs.min(axis=1)
    best = (costs <= least[:, None] * (1 + _ROUNDING)).argmax(axis=1)
    none = ~np.isfinite(least)
    samples = len(costs)
    found: dict[int | None, float] = {
        place: float(np.count_nonzero((best == index) & ~none)) / samples
        for index, place in enumerate(among)
    }
    return {**found, None: float(np.count_nonzero(none)) / samples}
