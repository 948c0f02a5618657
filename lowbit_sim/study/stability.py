"""Whether one way of training is less stable than another: runs that diverge, spread over seeds.

**Rule.** A way is *less stable* than its control if more of its runs diverge, the 95 % intervals
of both rates lying apart; or else if its accuracies spread more over seeds, by the test of Brown
and Forsythe at 5 % after Holm's adjustment over all pairs of one question. *More stable* is the
same with the two exchanged; what neither shows is undecided. As single pairs have few runs, the
rates of several pairs can also be put together.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lowbit_sim.study.comparison import Comparison, compare, holm
from lowbit_sim.study.rates import wilson
from lowbit_sim.study.run_table import ArmRuns
from lowbit_sim.study.two_samples import brown_forsythe

_SIGNIFICANCE = 0.05

Outcome = Literal["less stable", "more stable", "undecided"]


@dataclass(frozen=True, slots=True)
class Stability:
    """How the runs of one arm in one format came out.

    Parameters
    ----------
    arm, weight_format : str
    fractions : tuple of float
        Accuracies over the seeds.
    diverged : int
        Runs whose training was stopped.
    """

    arm: str
    weight_format: str
    fractions: tuple[float, ...]
    diverged: int

    @property
    def deviation_fraction(self) -> float | None:
        """Sample standard deviation over the seeds; None for one seed."""
        return statistics.stdev(self.fractions) if len(self.fractions) > 1 else None

    @property
    def diverged_interval(self) -> tuple[float, float]:
        """The 95 % interval of the rate at which runs diverge."""
        return wilson(self.diverged, len(self.fractions))


@dataclass(frozen=True, slots=True)
class StabilityPair:
    """A way of training and its control.

    Parameters
    ----------
    suspect, control : Stability
    gain : Comparison or None
        The control's accuracy less that of the suspect, over shared seeds; None without any.
    p_spread, p_spread_adjusted : float
        Of the test that both spread alike; by itself, and adjusted for all pairs.
    outcome : str
        What the suspect is, beside its control.
    """

    suspect: Stability
    control: Stability
    gain: Comparison | None
    p_spread: float
    p_spread_adjusted: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Rate:
    """How many runs of several groups diverged, of how many."""

    diverged: int
    runs: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the rate."""
        return wilson(self.diverged, self.runs)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The rates of several pairs together; a group that stands in two pairs counts once."""

    suspect: Rate
    control: Rate

    @property
    def outcome(self) -> Outcome:
        """What the suspects are, beside their controls, by divergence alone."""
        return _by_rates(self.suspect.interval, self.control.interval)


def pooled(pairs: Sequence[StabilityPair]) -> Pooled | None:
    """Return the rates of all pairs together, or None if there is no pair."""
    if not pairs:
        return None
    return Pooled(_rate([one.suspect for one in pairs]), _rate([one.control for one in pairs]))


def _rate(groups: Sequence[Stability]) -> Rate:
    once = {(one.arm, one.weight_format): one for one in groups}.values()
    return Rate(sum(one.diverged for one in once), sum(len(one.fractions) for one in once))


#: an arm and one of its formats
Group = tuple[ArmRuns, str]


def stability_pairs(
    pairs: Sequence[tuple[Group, Group]], margin_fraction: float
) -> tuple[StabilityPair, ...]:
    """Compare every suspect with its control; pairs of which one has no run are left out."""
    there = [pair for pair in pairs if all(name in runs.runs for runs, name in pair)]
    found = [(_stability(*suspect), _stability(*control)) for suspect, control in there]
    tested = [brown_forsythe(one.fractions, other.fractions) for one, other in found]
    gains = [_gain(suspect, control, margin_fraction) for suspect, control in there]
    rows = zip(found, gains, tested, holm(tested), strict=True)
    return tuple(
        StabilityPair(one, other, gain, p, adjusted, _outcome(one, other, adjusted))
        for (one, other), gain, p, adjusted in rows
    )


def _stability(runs: ArmRuns, name: str) -> Stability:
    records = runs.runs[name].values()
    diverged = sum(record.diverged is not None for record in records)
    fractions = tuple(record.value_fraction for record in records)
    return Stability(runs.arm.name, name, fractions, diverged)


def _gain(suspect: Group, control: Group, margin_fraction: float) -> Comparison | None:
    (runs, name), (other_runs, other) = suspect, control
    fractions, baseline = runs.fractions(name), other_runs.fractions(other)
    if not fractions.keys() & baseline.keys():
        return None
    titles = (f"{runs.arm.name} {name}", f"{other_runs.arm.name} {other}")
    return compare(titles[0], fractions, titles[1], baseline, margin_fraction)


def _outcome(suspect: Stability, control: Stability, p_adjusted: float) -> Outcome:
    by_rates = _by_rates(suspect.diverged_interval, control.diverged_interval)
    if by_rates != "undecided":
        return by_rates
    spreads = (suspect.deviation_fraction, control.deviation_fraction)
    if p_adjusted >= _SIGNIFICANCE or spreads[0] is None or spreads[1] is None:
        return "undecided"
    return "less stable" if spreads[0] > spreads[1] else "more stable"


def _by_rates(suspect: tuple[float, float], control: tuple[float, float]) -> Outcome:
    """Compare two intervals, each from its low to its high end."""
    if suspect[0] > control[1]:
        return "less stable"
    return "more stable" if control[0] > suspect[1] else "undecided"
