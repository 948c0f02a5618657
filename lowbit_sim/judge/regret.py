"""What it costs to choose one weight format for every machine.

**Formula.** The regret of a format in one contest on one machine is its energy × delay over that of
the machine's winner (Savage, *Journal of the American Statistical Association* 46, 1951, as a
ratio). Over several, the geometric mean and the largest are told. A format that is not accurate
enough for a network has a regret too, below 1 perhaps; how often it is eligible is counted apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lowbit_sim.judge.judgement import Decided


@dataclass(frozen=True, slots=True)
class Regret:
    """One format over several machines and networks.

    Parameters
    ----------
    weight_format : str
    runs, eligible, wins : int
        Pairs of a machine and a network that has a winner: those in which the format runs, is
        accurate enough, and costs no more than the winner while it is.
    mean_ratio, worst_ratio : float
        Of the pairs in which it runs: geometric mean and largest regret.
    """

    weight_format: str
    runs: int
    eligible: int
    wins: int
    mean_ratio: float
    worst_ratio: float


def regrets(decided: Sequence[Decided], margin_fraction: float) -> tuple[Regret, ...]:
    """Return the regret of every format, first those that are eligible most often, then cheapest.

    Parameters
    ----------
    decided : sequence of Decided
        Contests to be served by one format.
    margin_fraction : float
    """
    ratios: dict[str, list[tuple[float, bool]]] = {}
    for one in decided:
        contest, allowed = one.contest, one.contest.eligible(margin_fraction)
        costs = contest.energy_delays_pj_s
        for verdict in one.verdicts:
            if verdict.winner is None:
                continue
            for place in verdict.among:
                ratio = float(costs[place] / costs[verdict.winner])
                name = contest.candidates[place].weight_format
                ratios.setdefault(name, []).append((ratio, bool(allowed[place])))
    found = [_regret(name, pairs) for name, pairs in ratios.items()]
    return tuple(sorted(found, key=lambda one: (-one.eligible, one.mean_ratio)))


def _regret(name: str, pairs: Sequence[tuple[float, bool]]) -> Regret:
    logs = [math.log(ratio) for ratio, _ in pairs]
    return Regret(
        weight_format=name,
        runs=len(pairs),
        eligible=sum(allowed for _, allowed in pairs),
        wins=sum(allowed and ratio <= 1 + 1e-12 for ratio, allowed in pairs),
        mean_ratio=math.exp(math.fsum(logs) / len(logs)),
        worst_ratio=max(ratio for ratio, _ in pairs),
    )
