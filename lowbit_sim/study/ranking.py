"""The ranking: which weight precision is best for this network on this machine.

**Rule.** Without accuracies (a network without weights) every format that the machine runs is
eligible, and cost alone decides. With them, a format is *eligible* if the machine runs it and its
accuracy, averaged over the seeds it shares with fp32, is at most `margin_fraction` below fp32.
Eligible formats come first, by energy-delay product of one inference; at equal product the more
accurate comes first, then the smaller. Formats that are less accurate follow in the same order,
then those of which alone no accuracy is known (published accuracies leave formats out), then
those the machine refuses.

The **Pareto set** holds the formats that no other one beats: at least as good in accuracy,
energy, cycles and model memory, and better in one of them. Accuracies are compared by their means.
A format of which alone no accuracy is known is not in the set, and beats none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.study.experiment import FormatResult, Study
from lowbit_sim.study.shipped import BASELINE

__all__ = ["BASELINE", "SWING", "RankedFormat", "Ranking", "Standing", "pareto_set", "rank"]
#: share by which each component's energy is changed to see whether the winner changes
SWING = 0.3

#: in the order of the ranking
Standing = Literal["eligible", "less accurate", "no accuracy", "refused"]


@dataclass(frozen=True, slots=True)
class RankedFormat:
    """A result with its place.

    Parameters
    ----------
    place : int
        From 1.
    result : FormatResult
    standing : str
        ``eligible``, ``less accurate``, ``no accuracy`` or ``refused``.
    loss_fraction, loss_half_width_fraction : float
        Mean accuracy lost against fp32 over shared seeds, and half its 95 % interval; both 0
        where there are no accuracies, both not a number where others have them and this has not.
    pareto : bool
        Whether no other format beats it.
    """

    place: int
    result: FormatResult
    standing: Standing
    loss_fraction: float
    loss_half_width_fraction: float
    pareto: bool


@dataclass(frozen=True)
class Ranking:
    """All formats, best first, and what the order rests on."""

    study: Study
    margin_fraction: float
    formats: tuple[RankedFormat, ...]

    @property
    def published(self) -> bool:
        """Whether the accuracies were published by others, and not measured here."""
        known = (ranked.result.accuracy for ranked in self.formats)
        return any(accuracy is not None and accuracy.published for accuracy in known)

    @property
    def winner(self) -> RankedFormat | None:
        """The best eligible format, or None if there is none."""
        first = self.formats[0]
        return first if first.standing == "eligible" else None

    @property
    def runner_up(self) -> RankedFormat | None:
        """The second eligible format, or None."""
        eligible = [ranked for ranked in self.formats if ranked.standing == "eligible"]
        return eligible[1] if len(eligible) > 1 else None

    @cached_property
    def unsettled(self) -> tuple[RankedFormat, ...]:
        """Formats that the seeds place on no side of the margin, cheaper than or equal to the best.

        The 95 % interval of such a format's loss against fp32 holds the margin. Published
        accuracies without an interval are on the side on which they stand.
        """
        winner = self.winner
        if winner is None:
            return ()
        most = winner.result.energy_delay_pj_cycles()
        return tuple(
            ranked
            for ranked in self.formats
            if ranked.standing != "refused"
            and ranked.result.energy_delay_pj_cycles() <= most
            and abs(ranked.loss_fraction - self.margin_fraction) < ranked.loss_half_width_fraction
            and not (self.published and math.isinf(ranked.loss_half_width_fraction))
        )

    @cached_property
    def overturned_by(self) -> tuple[str, ...]:
        """Energy components whose change by ± `SWING` alone gives another winner."""
        winner = self.winner
        if winner is None:
            return ()
        found = []
        eligible = [r.result for r in self.formats if r.standing == "eligible"]
        for component in sorted({c for r in eligible for c in r.cost.energy_pj_by_component}):
            for factor in (1 - SWING, 1 + SWING):
                best = min(eligible, key=lambda r: _order(r, component, factor))
                if best is not winner.result:
                    found.append(f"{component} × {factor:.1f} → {best.weight_format}")
        return tuple(found)


def rank(study: Study, margin_fraction: float) -> Ranking:
    """Return the ranking of `study`.

    Raises
    ------
    LowbitSimError
        If the study lacks the baseline's accuracy.
    """
    losses = _losses(study)
    standings: dict[str, Standing] = {
        result.weight_format: _standing(result, losses[result.weight_format][0], margin_fraction)
        for result in study.results
    }
    places = get_args(Standing)
    ordered = sorted(
        study.results,
        key=lambda r: (places.index(standings[r.weight_format]), *_order(r)),
    )
    efficient = pareto_set(study.results)
    ranked = tuple(
        RankedFormat(
            place,
            result,
            standings[result.weight_format],
            *losses[result.weight_format],
            result.weight_format in efficient,
        )
        for place, result in enumerate(ordered, start=1)
    )
    return Ranking(study, margin_fraction, ranked)


def _losses(study: Study) -> dict[str, tuple[float, float]]:
    """Return the accuracy that each format loses against the baseline, and half its interval."""
    if all(result.accuracy is None for result in study.results):
        return {result.weight_format: (0.0, 0.0) for result in study.results}
    baseline = next((r.accuracy for r in study.results if r.weight_format == BASELINE), None)
    if baseline is None:
        raise LowbitSimError(f"the ranking needs the baseline {BASELINE} among the formats")
    losses = {}
    for result in study.results:
        accuracy = result.accuracy
        known = (math.nan, math.nan) if accuracy is None else accuracy.loss_against(baseline)
        losses[result.weight_format] = known
    return losses


def mean_fraction(result: FormatResult) -> float:
    """Return the mean accuracy; 0 where none was measured."""
    return 0.0 if result.accuracy is None else result.accuracy.mean_fraction


def _standing(result: FormatResult, loss_fraction: float, margin_fraction: float) -> Standing:
    if result.refusal is not None:
        return "refused"
    if math.isnan(loss_fraction):
        return "no accuracy"
    # a loss equal to the margin up to rounding is still within it
    return "eligible" if loss_fraction <= margin_fraction + 1e-12 else "less accurate"


def _order(
    result: FormatResult, component: str | None = None, factor: float = 1.0
) -> tuple[float, float, int]:
    """Return the sort key: energy-delay product, with one component's energy scaled; then ties."""
    accuracy = -mean_fraction(result)
    if result.refusal is not None:
        return 0.0, accuracy, result.model_bits
    changed_pj = result.energy_pj_by_component.get(component or "", 0.0)
    scaled_pj = result.energy_pj + (factor - 1) * changed_pj
    return scaled_pj * result.total_cycles, accuracy, result.model_bits


def pareto_set(results: tuple[FormatResult, ...]) -> frozenset[str]:
    """Return the names of the formats that no other format beats."""
    known = any(result.accuracy is not None for result in results)
    points = {
        result.weight_format: (
            -mean_fraction(result),
            result.energy_pj,
            float(result.total_cycles),
            float(result.model_bits),
        )
        for result in results
        if result.refusal is None and (result.accuracy is not None or not known)
    }
    return frozenset(
        name
        for name, point in points.items()
        if not any(dominates(other, point) for other in points.values())
    )


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether `one` is nowhere larger than `other`, and somewhere smaller.

    Examples
    --------
    >>> dominates((1, 2), (1, 3)), dominates((1, 2), (1, 2)), dominates((0, 3), (1, 2))
    (True, False, False)
    """
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
