"""What a study of mixed precision seeks, what it chooses, and what has to be trained for it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.errors import spec_error
from lowbit_sim.judge.assignment import InfeasibleError
from lowbit_sim.judge.mixing_choice import Choice, Losses, Offer, choose
from lowbit_sim.judge.mixing_files import graph_of_run, layers_graph_path, layers_key, read_losses
from lowbit_sim.judge.mixing_spec import Estimate, Mixing, Objective
from lowbit_sim.judge.mixture import Mixture
from lowbit_sim.judge.network_cost import network_cost, priced
from lowbit_sim.judge.sensitivity_table import SensitivityRow
from lowbit_sim.workload.spec import WorkloadSpec

#: the format that every network is trained in as well
BASELINE = "fp32"


@dataclass(frozen=True, slots=True)
class Question:
    """One mixture that is sought: where, what for, and by which estimate of the losses."""

    network: WorkloadSpec
    accelerator: Path
    objective: Objective
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question and the mixture that answers it, by estimates."""

    question: Question
    choice: Choice

    def uniform(self, weight_format: str) -> Mixture:
        """Return the uniform network of one format."""
        return Mixture(self.question.network, weight_format)


def choices(mixing: Mixing) -> tuple[Chosen, ...]:
    """Return the mixture of every question, by sensitivities and simulated costs of single layers.

    Raises
    ------
    SpecError
        If a file is missing, damaged or of another network, a machine refuses the reference, or
        no mixture keeps within the budget.
    """
    rows = read_losses(mixing)
    found = []
    for network in mixing.networks:
        weights = {row.layer: row.weights for row in rows if row.network == network.name}
        for accelerator in mixing.accelerators:
            offer = _offer(mixing, network, accelerator, weights)
            for question in _questions(mixing, network, accelerator):
                losses = mean_losses(rows, network.name, question.estimate)
                try:
                    found.append(Chosen(question, choose(offer, losses, question.objective)))
                except InfeasibleError as error:
                    reason = f"{network.name} on {accelerator.stem}: {error}"
                    raise spec_error(reason, mixing.path) from error
    return tuple(found)


def mean_losses(rows: Iterable[SensitivityRow], network: str, estimate: Estimate) -> Losses:
    """Return the loss of each layer of a network in each format, the mean over seeds [nat]."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.network == network:
            value = row.loss_increase if estimate == "measured" else row.second_order_increase
            found.setdefault((row.layer, row.weight_format), []).append(value)
    return {place: statistics.fmean(values) for place, values in found.items()}


def compared(mixing: Mixing, chosen: Sequence[Chosen]) -> dict[str, Mixture]:
    """Return every mixture and the uniform networks beside it, by the key of its first seed."""
    found: dict[str, Mixture] = {}
    for one in chosen:
        names = (mixing.spec.reference, one.choice.rival)
        for network in (one.choice.mixture, *map(one.uniform, names)):
            found.setdefault(network.key(mixing.spec.seeds[0]), network)
    return found


def trained(mixing: Mixing, chosen: Sequence[Chosen]) -> dict[str, Mixture]:
    """Return every network whose accuracy is told, by the key of its first seed.

    Those that are compared, and of each network all uniform formats and fp32.
    """
    found = compared(mixing, chosen)
    for network in mixing.networks:
        for name in (*mixing.spec.uniform_formats, BASELINE):
            one = Mixture(network, name)
            found.setdefault(one.key(mixing.spec.seeds[0]), one)
    return found


def _questions(mixing: Mixing, network: WorkloadSpec, accelerator: Path) -> Iterator[Question]:
    for objective in mixing.spec.objectives:
        for estimate in mixing.spec.estimates:
            yield Question(network, accelerator, objective, estimate)


def _offer(
    mixing: Mixing, network: WorkloadSpec, accelerator: Path, weights: dict[str, int]
) -> Offer:
    pricing, key = priced(accelerator), layers_key(mixing, network)
    costs = {}
    for name in mixing.spec.layer_formats:
        workload = graph_of_run(mixing, layers_graph_path(mixing, network, name), key)
        costs[name] = network_cost(workload, pricing)
    spec = mixing.spec
    return Offer(network, weights, costs, spec.uniform_formats, spec.reference, spec.budget_nat)


def rank_correlation(rows: Iterable[SensitivityRow], network: str) -> float:
    """Return Spearman's ρ between measured and second-order losses of all layers and formats.

    **Source.** Spearman, The proof and measurement of association between two things, Am. J.
    Psychol. 15, 1904.
    """
    from scipy.stats import spearmanr  # noqa: PLC0415 (slow to import)

    kept = list(rows)
    measured = mean_losses(kept, network, "measured")
    second = mean_losses(kept, network, "second_order")
    places = list(measured)
    found = spearmanr([measured[at] for at in places], [second[at] for at in places])
    return float(found.statistic)
