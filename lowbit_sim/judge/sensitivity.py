"""Which numbers the winner of a machine hangs on, one at a time, and where it changes.

**Formula.** With every row but one at its nominal price, the energy × delay of a candidate is a
straight line in the factor f of that row, (a + b f) · t, with b the energy that the row prices, a
all other energy, t the latency. The *lead* of the winner w is the least ratio of another eligible
candidate's energy × delay to its own; two candidates are level at ::

    f = (a_r t_r - a_w t_w) / (b_w t_w - b_r t_r)

The winner changes at the level point nearest to 1 on either side, if it is above 0; no search is
needed, and no range limits it.

The margin of accuracy is a number of the same kind: below the winner's own loss it is out, and from
the loss of a cheaper candidate on, that one wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.energy.technology import Confidence
from lowbit_sim.judge.choices import cheapest, in_tie_order
from lowbit_sim.judge.comparison_spec import DoubtSpec
from lowbit_sim.judge.contest import Contest

Floats = NDArray[np.float64]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Flip:
    """Where the winner changes: the factor of the row, and who wins from there on."""

    factor: float
    place: int


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How much the winner's lead depends on one row.

    Parameters
    ----------
    row : str
        Technology and row, as ``cmos_45nm dram.read``.
    confidence : str
    band : float
        The factor by which the row may be wrong, either way.
    lead, lead_low, lead_high : float
        Of the winner: nominal, with the row at its lowest and at its highest. Below 1 it lost.
    below, above : Flip or None
        Where the winner changes, going down and going up from the nominal price.
    """

    row: str
    confidence: Confidence
    band: float
    lead: float
    lead_low: float
    lead_high: float
    below: Flip | None
    above: Flip | None

    @property
    def swing(self) -> float:
        """How far the lead moves over the band, as a ratio of at least 1."""
        leads = (self.lead, self.lead_low, self.lead_high)
        return max(leads) / min(leads)

    @property
    def overturns(self) -> bool:
        """Whether the winner changes within the band."""
        down = self.below is not None and self.below.factor >= 1 / self.band
        return down or (self.above is not None and self.above.factor <= self.band)


def sensitivities(
    contest: Contest, among: Sequence[int], margin_fraction: float, doubt: DoubtSpec
) -> tuple[Sensitivity, ...]:
    """Return how the winner among some candidates depends on every row, the most first.

    Parameters
    ----------
    contest : Contest
    among : sequence of int
        Places, as those of one machine; fewer than two eligible ones have nothing to lose.
    margin_fraction : float
    doubt : DoubtSpec
    """
    allowed = contest.eligible(margin_fraction)
    winner = cheapest(contest, among, allowed)
    rivals = [place for place in among if allowed[place] and place != winner]
    if winner is None or not rivals:
        return ()
    confidences, matrix = contest.row_confidences, contest.energies_pj_by_row
    found = []
    for column, row in enumerate(confidences):
        slope = matrix[:, column] * contest.seconds
        if not slope[winner] and not slope[rivals].any():
            continue
        rest = contest.energy_delays_pj_s - slope
        band = doubt.band(confidences[row])
        low, nominal, high = (
            float(((rest + slope * factor)[rivals] / (rest + slope * factor)[winner]).min())
            for factor in (1 / band, 1.0, band)
        )
        below, above = _flips(rest, slope, winner, rivals)
        one = Sensitivity(row, confidences[row], band, nominal, low, high, below, above)
        found.append(one)
    return tuple(sorted(found, key=lambda one: (-one.swing, one.row)))


def _flips(
    rest: Floats, slope: Floats, winner: int, rivals: list[int]
) -> tuple[Flip | None, Flip | None]:
    """Return the level points nearest to 1, below and above it."""
    below: Flip | None = None
    above: Flip | None = None
    for rival in rivals:
        steeper = slope[winner] - slope[rival]
        if steeper == 0:
            continue
        factor = float((rest[rival] - rest[winner]) / steeper)
        if abs(factor - 1) < _ROUNDING:
            factor = 1.0  # level as they stand
        if factor >= 1 and steeper > 0 and (above is None or factor < above.factor):
            above = Flip(factor, rival)
        if 0 < factor <= 1 and steeper < 0 and (below is None or factor > below.factor):
            below = Flip(factor, rival)
    return below, above


@dataclass(frozen=True, slots=True)
class Reign:
    """A range of factors in which one candidate is the best."""

    low: float
    high: float
    place: int


def reigns(
    contest: Contest,
    among: Sequence[int],
    margin_fraction: float,
    rows: Sequence[str],
    span: tuple[float, float],
) -> tuple[Reign, ...]:
    """Return who wins while some rows are scaled together, over a range of factors.

    Parameters
    ----------
    contest : Contest
    among : sequence of int
    margin_fraction : float
    rows : sequence of str
        As ``cmos_45nm dram.read``; those that no candidate rests on count nothing.
    span : tuple of float
        From and to which factor.
    """
    allowed = contest.eligible(margin_fraction)
    open_to = [place for place in in_tie_order(contest, among) if allowed[place]]
    if not open_to:
        return ()
    columns = [place for place, row in enumerate(contest.row_confidences) if row in rows]
    slope = contest.energies_pj_by_row[:, columns].sum(axis=1) * contest.seconds
    rest = contest.energy_delays_pj_s - slope
    now, end = span
    least = min(rest[one] + slope[one] * now for one in open_to)
    level = [one for one in open_to if rest[one] + slope[one] * now <= least * (1 + _ROUNDING)]
    best = next(one for one in level if slope[one] <= slope[level].min() * (1 + _ROUNDING))
    found: list[Reign] = []
    while True:
        crossings = [
            (float((rest[one] - rest[best]) / (slope[best] - slope[one])), slope[one], order, one)
            for order, one in enumerate(open_to)
            if slope[one] < slope[best] * (1 - _ROUNDING)
        ]
        later = min((cross for cross in crossings if cross[0] < end), default=None)
        if later is None:
            return (*found, Reign(now, end, best))
        found.append(Reign(now, later[0], best))
        now, best = later[0], later[3]


@dataclass(frozen=True, slots=True)
class MarginFlip:
    """What another margin would choose.

    Parameters
    ----------
    below_fraction : float
        The winner's own loss: under a smaller margin it is out.
    below : int or None
        Who wins then; None if nobody does.
    above_fraction : float or None
        The least loss of a cheaper candidate that the margin keeps out; None without one.
    above : int or None
        That candidate.
    """

    below_fraction: float
    below: int | None
    above_fraction: float | None
    above: int | None


def margin_flip(
    contest: Contest, among: Sequence[int], margin_fraction: float
) -> MarginFlip | None:
    """Return where the margin changes the winner among some candidates; None without a winner."""
    allowed = contest.eligible(margin_fraction)
    winner = cheapest(contest, among, allowed)
    if winner is None:
        return None
    own = float(contest.mean_losses[winner])
    stricter = contest.mean_losses < own - 1e-12
    costs = contest.energy_delays_pj_s
    cheaper = [one for one in among if not allowed[one] and costs[one] < costs[winner]]
    first = min(cheaper, key=lambda one: (contest.mean_losses[one], costs[one]), default=None)
    return MarginFlip(
        own,
        cheapest(contest, among, stricter),
        None if first is None else float(contest.mean_losses[first]),
        first,
    )
