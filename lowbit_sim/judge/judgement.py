"""The judgement: every contest of a comparison decided, with how sure each decision is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.judge.candidate import Machine
from lowbit_sim.judge.choices import allowed_with_confidence, cheapest, in_tie_order, weighted
from lowbit_sim.judge.comparison_spec import Comparison, ComparisonSpec
from lowbit_sim.judge.contest import OBJECTIVES, Contest, contests
from lowbit_sim.judge.doubt import Drawn, best_fractions, draw
from lowbit_sim.judge.fronts import hypervolume_fraction, knee, normalised, pareto
from lowbit_sim.judge.running import Entrants
from lowbit_sim.judge.sensitivity import (
    MarginFlip,
    Reign,
    Sensitivity,
    margin_flip,
    reigns,
    sensitivities,
)

Floats = NDArray[np.float64]

#: factors of the DRAM's price between which winners are looked for
DRAM_SPAN = (1 / 64, 64.0)
_DRAM_ROWS = ("dram.read", "dram.write", "dram.activate")
#: loss is scaled as it is, costs by their logarithms
_LOGARITHMIC = (False, True, True, True, True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which weight format one machine should have, and how sure that is.

    Places are those of the contest's candidates.

    Parameters
    ----------
    machine : Machine
    among : tuple of int
        The machine's candidates.
    winner, runner_up : int or None
        The cheapest of the eligible ones, and the next; by means.
    confident : int or None
        The cheapest of those that are eligible with confidence.
    best_fractions : dict of int or None to float
        How often each candidate is the best, and under None how often none is eligible.
    knee : int or None
        Of accuracy against the logarithm of energy × delay.
    hypervolume_fraction : float
        What the machine's candidates dominate, of all five criteria.
    sensitivities : tuple of Sensitivity
    margin : MarginFlip or None
    dram : tuple of Reign
        Who wins over factors of the DRAM's price within `DRAM_SPAN`.
    assumed_fraction : float
        Share of the winner's energy that rests on rows of confidence ``assumed``.
    """

    machine: Machine
    among: tuple[int, ...]
    winner: int | None
    runner_up: int | None
    confident: int | None
    best_fractions: dict[int | None, float]
    knee: int | None
    hypervolume_fraction: float
    sensitivities: tuple[Sensitivity, ...]
    margin: MarginFlip | None
    dram: tuple[Reign, ...]
    assumed_fraction: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A contest with its verdicts.

    Parameters
    ----------
    contest : Contest
    verdicts : tuple of Verdict
        One for each machine.
    overall : Verdict
        Over all machines together; its `machine` is that of the winner, or the first.
    pareto : ndarray of bool
        Candidates that no other beats in all five criteria.
    weighted : ndarray
        Logarithm of the weighted product; the least is the best.
    """

    contest: Contest
    verdicts: tuple[Verdict, ...]
    overall: Verdict
    pareto: NDArray[np.bool_]
    weighted: Floats


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that a comparison found out."""

    comparison: Comparison
    entrants: Entrants
    decided: tuple[Decided, ...]


def judge(comparison: Comparison, entrants: Entrants) -> Judgement:
    """Decide every contest of a comparison.

    Raises
    ------
    LowbitSimError
        If accuracies cannot be compared; see `contests`.
    """
    spec = comparison.spec
    found = tuple(decide(contest, spec) for contest in contests(entrants.candidates))
    return Judgement(comparison, entrants, found)


def decide(contest: Contest, spec: ComparisonSpec) -> Decided:
    """Decide one contest, machine by machine and over all of them."""
    drawn = draw(contest, spec.doubt)
    scaled = normalised(contest.objectives, _LOGARITHMIC)
    verdicts = tuple(
        _verdict(contest, spec, drawn, scaled, contest.of_machine(machine), machine)
        for machine in contest.machines
    )
    everyone = range(len(contest.candidates))
    first = cheapest(contest, everyone, contest.eligible(spec.margin_fraction)) or 0
    of_first = contest.candidates[first].machine
    overall = _verdict(contest, spec, drawn, scaled, everyone, of_first)
    weights = dict.fromkeys(OBJECTIVES, 1.0) | dict(spec.weights)
    front = pareto(contest.objectives)
    return Decided(contest, verdicts, overall, front, weighted(contest, weights))


def _verdict(
    contest: Contest,
    spec: ComparisonSpec,
    drawn: Drawn,
    scaled: Floats,
    among: Sequence[int],
    machine: Machine,
) -> Verdict:
    margin = spec.margin_fraction
    allowed = contest.eligible(margin)
    winner = cheapest(contest, among, allowed)
    others = [place for place in among if place != winner]
    sure = allowed_with_confidence(contest, margin, spec.confidence_fraction)
    delays = np.log(contest.energy_delays_pj_s)
    pairs = np.column_stack([contest.mean_losses, delays])[list(among)]
    bend = knee(pairs) if contest.losses else None
    rows = [f"{machine.technology} {row}" for row in _DRAM_ROWS]
    return Verdict(
        machine=machine,
        among=tuple(among),
        winner=winner,
        runner_up=cheapest(contest, others, allowed),
        confident=cheapest(contest, among, sure),
        best_fractions=best_fractions(drawn, in_tie_order(contest, among), margin),
        knee=None if bend is None else among[bend],
        hypervolume_fraction=hypervolume_fraction(scaled[list(among)]),
        sensitivities=sensitivities(contest, among, margin, spec.doubt),
        margin=margin_flip(contest, among, margin),
        dram=reigns(contest, among, margin, rows, DRAM_SPAN),
        assumed_fraction=0.0 if winner is None else assumed_fraction(contest, winner),
    )


def assumed_fraction(contest: Contest, place: int) -> float:
    """Return the share of a candidate's energy that rests on rows of confidence ``assumed``."""
    one = contest.candidates[place]
    confidences = one.machine.confidences
    parts = one.energy_pj_by_row.items()
    assumed_pj = sum(pj for row, pj in parts if confidences[row] == "assumed")
    return assumed_pj / one.energy_pj
