"""One arm in figures: the accuracy of every weight format over seeds, beside fp32.

Runs that diverged stay in the mean with the accuracy that they ended with, and are counted. The
tests of an arm are one family for each question; see `lowbit_sim.study.comparison`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from lowbit_sim.study.accuracy import half_width
from lowbit_sim.study.comparison import Comparison, Verdict, compare, holm, verdicts
from lowbit_sim.study.ranking import BASELINE
from lowbit_sim.study.rates import wilson
from lowbit_sim.study.run_table import ArmRuns


@dataclass(frozen=True, slots=True)
class AgainstBaseline:
    """What the tests say of one format beside fp32.

    Parameters
    ----------
    comparison : Comparison
        With the p values of this format by itself.
    p_different_adjusted, p_equivalent_adjusted : float
        The same after Holm's adjustment within the arm.
    verdict : str
    """

    comparison: Comparison
    p_different_adjusted: float
    p_equivalent_adjusted: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FormatSummary:
    """One weight format of an arm.

    Parameters
    ----------
    weight_format : str
    seeds : int
        Finished runs.
    mean_fraction, half_width_fraction : float
        Mean accuracy, and half its 95 % interval: infinite for one seed.
    deviation_fraction : float or None
        Sample standard deviation; None for one seed.
    lowest_fraction, highest_fraction : float
        Accuracies of the worst and the best seed.
    stored_bits : int
        Bits of all weights, packed.
    diverged : int
        Runs whose training was stopped.
    diverged_interval : tuple of float
        The 95 % interval of their rate.
    against : AgainstBaseline or None
        None for fp32 itself, and where no seed is shared with it.
    """

    weight_format: str
    seeds: int
    mean_fraction: float
    half_width_fraction: float
    deviation_fraction: float | None
    lowest_fraction: float
    highest_fraction: float
    stored_bits: int
    diverged: int
    diverged_interval: tuple[float, float]
    against: AgainstBaseline | None

    @property
    def verdict(self) -> Verdict | None:
        """What the tests say of the format beside fp32; None if there is nothing to test."""
        return None if self.against is None else self.against.verdict


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """The formats of an arm that have a finished run, in the arm's order."""

    name: str
    formats: tuple[FormatSummary, ...]

    def of(self, weight_format: str) -> FormatSummary | None:
        """Return what is known of one format, or None if nothing is."""
        found = (one for one in self.formats if one.weight_format == weight_format)
        return next(found, None)


def summarise(runs: ArmRuns, margin_fraction: float) -> ArmSummary:
    """Return the arm in figures; `margin_fraction` is the loss within which formats compare."""
    against = against_baseline(_comparisons(runs, margin_fraction))
    formats = (_summary(runs, name, against.get(name)) for name in runs.runs)
    return ArmSummary(runs.arm.name, tuple(formats))


def against_baseline(comparisons: Sequence[Comparison]) -> dict[str, AgainstBaseline]:
    """Return what the tests say once they are adjusted for being several, by name."""
    different = holm([one.p_different for one in comparisons])
    equivalent = holm([one.p_equivalent for one in comparisons])
    said = verdicts(comparisons)
    rows = zip(comparisons, different, equivalent, strict=True)
    return {one.name: AgainstBaseline(one, p, q, said[one.name]) for one, p, q in rows}


def _comparisons(runs: ArmRuns, margin_fraction: float) -> list[Comparison]:
    baseline = runs.fractions(BASELINE)
    return [
        compare(name, runs.fractions(name), BASELINE, baseline, margin_fraction)
        for name in runs.runs
        if name != BASELINE and runs.fractions(name).keys() & baseline.keys()
    ]


def _summary(runs: ArmRuns, name: str, against: AgainstBaseline | None) -> FormatSummary:
    records = list(runs.runs[name].values())
    values = [record.value_fraction for record in records]
    diverged = sum(record.diverged is not None for record in records)
    return FormatSummary(
        weight_format=name,
        seeds=len(values),
        mean_fraction=math.fsum(values) / len(values),
        half_width_fraction=half_width(values),
        deviation_fraction=statistics.stdev(values) if len(values) > 1 else None,
        lowest_fraction=min(values),
        highest_fraction=max(values),
        stored_bits=records[0].stored_bits,
        diverged=diverged,
        diverged_interval=wilson(diverged, len(values)),
        against=against,
    )
