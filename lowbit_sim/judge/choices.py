"""Ways of choosing one candidate: cheapest within a margin, weighted.

- **Cheapest within the margin**: first accuracy, then cost, lexicographically: of the eligible
  candidates the one of least energy × delay. By means, or with confidence
  (`lowbit_sim.judge.contest`).
- **Weighted**: the weighted product model (Bridgman, *Dimensional Analysis*, 1922; Triantaphyllou,
  *Multi-criteria Decision Making Methods*, 2000): least ``Π cost ^ weight``, which does not depend
  on units. The accuracy takes part as the error, 1 - accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.judge.contest import OBJECTIVES, Contest

Floats = NDArray[np.float64]


def cheapest(contest: Contest, among: Sequence[int], allowed: NDArray[np.bool_]) -> int | None:
    """Return the place of the candidate of least energy × delay, or None if none is allowed.

    Parameters
    ----------
    contest : Contest
    among : sequence of int
        Places to choose from, as those of one machine.
    allowed : ndarray of bool
        Of every candidate of the contest.
    """
    costs = contest.energy_delays_pj_s
    open_to = [place for place in in_tie_order(contest, among) if allowed[place]]
    return min(open_to, key=lambda place: costs[place], default=None)


def in_tie_order(contest: Contest, among: Sequence[int]) -> list[int]:
    """Return places in the order that decides at equal cost: more accurate first, then smaller."""
    losses, found = contest.mean_losses, contest.candidates
    return sorted(among, key=lambda place: (losses[place], found[place].model_bits, place))


def allowed_with_confidence(
    contest: Contest, margin_fraction: float, confidence_fraction: float
) -> NDArray[np.bool_]:
    """Return which candidates are eligible with confidence."""
    upper = [
        contest.upper_loss_fraction(one.weight_format, confidence_fraction)
        for one in contest.candidates
    ]
    return np.asarray(np.array(upper) <= margin_fraction + 1e-12)


def weighted(contest: Contest, weights: Mapping[str, float]) -> Floats:
    """Return the logarithm of every candidate's weighted product; the least is the best.

    Parameters
    ----------
    contest : Contest
    weights : mapping of str to float
        For each of `OBJECTIVES`. Without accuracies, that weight counts nothing.
    """
    columns = contest.objectives.copy()
    errors = [
        1.0 if one.accuracy is None else 1.0 - one.accuracy.mean_fraction
        for one in contest.candidates
    ]
    columns[:, 0] = np.maximum(errors, 1e-6)  # a network without an error is no infinite gain
    powers = np.array([weights[name] for name in OBJECTIVES])
    return np.asarray(np.log(columns) @ powers)
