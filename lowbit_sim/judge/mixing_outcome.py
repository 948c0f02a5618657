"""What comes of the chosen mixtures: test accuracies and costs of networks that were trained.

**Rule.** A mixture beats a uniform network if it costs less and is shown to lose less than the
margin against it; it does not if it costs as much or is shown to be worse; else it is undecided.
Accuracies are compared in pairs over seeds (`lowbit_sim.study.comparison`), and the tests of a
network are adjusted together after Holm, each pair of networks once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lowbit_sim.judge.mixing import Chosen, trained
from lowbit_sim.judge.mixing_choice import cost_ratio
from lowbit_sim.judge.mixing_files import graph_of_run, recorded, run_graph_path
from lowbit_sim.judge.mixing_spec import Mixing
from lowbit_sim.judge.mixture import Mixture
from lowbit_sim.judge.network_cost import NetworkCost, network_cost, priced
from lowbit_sim.study.comparison import Comparison, compare, holm
from lowbit_sim.workload.run_record import RunRecord

_SIGNIFICANCE = 0.05

Beats = Literal["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True)
class Duel:
    """A mixture beside a uniform network.

    Parameters
    ----------
    uniform : str
        The format of the other network.
    ratio : float
        What the mixture costs, by what the other costs, both simulated as they were trained.
    accuracy : Comparison
        What the mixture loses against the other, by seed.
    p_not_worse, p_different : float
        Of these accuracies, adjusted.
    """

    uniform: str
    ratio: float
    accuracy: Comparison
    p_not_worse: float
    p_different: float

    @property
    def beats(self) -> Beats:
        """Whether the mixture beats the other network, by the rule above."""
        if self.ratio >= 1:
            return "no"
        if self.p_not_worse < _SIGNIFICANCE:
            return "yes"
        is_worse = self.p_different < _SIGNIFICANCE and self.accuracy.loss_fraction > 0
        return "no" if is_worse else "undecided"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mixture beside the reference, and beside the best uniform network of the same budget."""

    chosen: Chosen
    reference: Duel
    rival: Duel


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All that a study found.

    Parameters
    ----------
    mixing : Mixing
    networks : mapping of str to Mixture
        Every network that was trained, by the key of its first seed.
    records : mapping of str to RunRecord
        Their runs, by key.
    outcomes : tuple of Outcome
        In the order of the study file.
    """

    mixing: Mixing
    networks: Mapping[str, Mixture]
    records: Mapping[str, RunRecord]
    outcomes: tuple[Outcome, ...]

    def fractions(self, network: Mixture) -> dict[int, float]:
        """Return the test accuracy of one network, by seed."""
        seeds = self.mixing.spec.seeds
        return {seed: self.records[network.key(seed)].value_fraction for seed in seeds}


def outcomes(mixing: Mixing, chosen: Sequence[Chosen], runs: Path) -> Outcomes:
    """Return what came of every choice, from graphs and records of trained networks.

    Raises
    ------
    SpecError
        If a record or a graph is missing, damaged or of another run.
    """
    networks = trained(mixing, chosen)
    keys = [one.key(seed) for one in networks.values() for seed in mixing.spec.seeds]
    found = Outcomes(mixing, networks, recorded(mixing, runs, keys), ())
    compared = _compared(found, chosen)
    costs = _costs(mixing, chosen)

    def duel(one: Chosen, name: str) -> Duel:
        pair = _pair(mixing, one, name)
        whole = [costs[one.question.accelerator, key].whole for key in pair]
        return Duel(name, cost_ratio(one.question.objective, *whole), *compared[pair])

    duels = (
        Outcome(one, duel(one, mixing.spec.reference), duel(one, one.choice.rival))
        for one in chosen
    )
    return Outcomes(mixing, networks, found.records, tuple(duels))


def _pair(mixing: Mixing, one: Chosen, name: str) -> tuple[str, str]:
    seed = mixing.spec.seeds[0]
    return one.choice.mixture.key(seed), one.uniform(name).key(seed)


def _opponents(mixing: Mixing, one: Chosen) -> tuple[str, ...]:
    return tuple(dict.fromkeys((mixing.spec.reference, one.choice.rival)))


def _compared(
    found: Outcomes, chosen: Sequence[Chosen]
) -> dict[tuple[str, str], tuple[Comparison, float, float]]:
    """Return each pair's comparison with its adjusted p of being not worse and of differing."""
    families: dict[str, dict[tuple[str, str], Comparison]] = {}
    for one in chosen:
        for name in _opponents(found.mixing, one):
            pair = _pair(found.mixing, one, name)
            mine, theirs = (found.fractions(found.networks[key]) for key in pair)
            families.setdefault(one.question.network.name, {})[pair] = compare(
                "mixture", mine, name, theirs, found.mixing.spec.margin_fraction
            )
    adjusted = {}
    for family in families.values():
        not_worse = holm([one.p_not_worse for one in family.values()])
        different = holm([one.p_different for one in family.values()])
        for pair, p, q in zip(family, not_worse, different, strict=True):
            adjusted[pair] = (family[pair], p, q)
    return adjusted


def _costs(mixing: Mixing, chosen: Sequence[Chosen]) -> dict[tuple[Path, str], NetworkCost]:
    """Return what every trained network costs on every machine where it is compared."""
    found: dict[tuple[Path, str], NetworkCost] = {}
    for accelerator in mixing.accelerators:
        pricing = priced(accelerator)
        for one in chosen:
            if one.question.accelerator != accelerator:
                continue
            for key in {
                key for name in _opponents(mixing, one) for key in _pair(mixing, one, name)
            }:
                if (accelerator, key) not in found:
                    graph = graph_of_run(mixing, run_graph_path(mixing, key), key)
                    cost = network_cost(graph, pricing)
                    assert cost is not None, "each layer's format is one that the machine takes"
                    found[accelerator, key] = cost
    return found
