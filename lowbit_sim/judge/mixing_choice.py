"""Which format each layer takes: the cheapest mixture that loses no more than a uniform network.

**Formula.** The loss of an assignment is the sum of its layers' losses, measured or estimated one
by one; its cost the sum of its layers' costs: energy, cycles or stored bits. Energy × delay is no
such sum. Its stand-in is

    Σ (E(l, f) / E₀ + D(l, f) / D₀),

with E₀ and D₀ those of the whole reference network: the first-order change of ln(E · D) about it.
As √(ab) <= (a + b) / 2, an assignment whose stand-in is below the reference's has a smaller
product as well, as far as costs of layers add up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.judge.assignment import ROUNDING, InfeasibleError, cheapest
from lowbit_sim.judge.mixing_spec import Objective
from lowbit_sim.judge.mixture import Mixture, mixture, uniform_formats
from lowbit_sim.judge.network_cost import Expense, NetworkCost
from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.spec import WorkloadSpec

Floats = NDArray[np.float64]

#: layer and format -> what it loses, in any one unit
Losses = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Offer:
    """A network on a machine, with what each layer may take.

    Parameters
    ----------
    spec : WorkloadSpec
        Without formats of single layers.
    weights : mapping of str to int
        Weights of every layer, by name.
    costs : mapping of str to NetworkCost or None
        Of the network with all layers in one format, the ends included, by format; None where the
        machine refuses it.
    uniform : tuple of str
        Formats of the uniform networks to compare with.
    reference : str
        The uniform network whose estimated loss is the budget.
    budget : float or None
        Another budget, in the unit of the losses.
    """

    spec: WorkloadSpec
    weights: Mapping[str, int]
    costs: Mapping[str, NetworkCost | None]
    uniform: tuple[str, ...]
    reference: str
    budget: float | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in their order."""
        return layer_names(self.spec.model)

    def formats_of(self, uniform: str) -> tuple[str, ...]:
        """Return the format of every layer in the uniform network of one format."""
        formats = uniform_formats(self.spec, uniform)
        return tuple(formats[name] for name in self.layers)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    Parameters
    ----------
    formats : tuple of str
        The format of every layer, in their order.
    mixture : Mixture
        The same as a workload.
    rival : str
        The cheapest uniform format within the same budget; the reference if none is.
    budget, estimated_loss : float
        The largest estimated loss that is allowed, and the mixture's.
    estimated_ratio : float
        The cost of the mixture's layers by that of the reference's.
    """

    formats: tuple[str, ...]
    mixture: Mixture
    rival: str
    budget: float
    estimated_loss: float
    estimated_ratio: float


def choose(offer: Offer, losses: Losses, objective: Objective) -> Choice:
    """Return the cheapest mixture that loses no more than the reference, or than is stated.

    Raises
    ------
    InfeasibleError
        If the machine refuses the reference, or no mixture keeps within the budget.
    """
    names = tuple(offer.costs)
    values = _values(offer, objective)
    lost = np.array([[losses[layer, name] for name in names] for layer in offer.layers])

    def summed(table: Floats, formats: Sequence[str]) -> float:
        return math.fsum(table[row, names.index(name)] for row, name in enumerate(formats))

    reference = offer.formats_of(offer.reference)
    refused = [name for name in reference if offer.costs[name] is None]
    if refused:
        raise InfeasibleError(f"the machine refuses {refused[0]}, which {offer.reference} needs")
    budget = summed(lost, reference) if offer.budget is None else offer.budget
    chosen = tuple(names[index] for index in cheapest(values, lost, budget))
    within = [
        (summed(values, offer.formats_of(name)), summed(lost, offer.formats_of(name)), name)
        for name in offer.uniform
        if summed(lost, offer.formats_of(name)) <= budget + ROUNDING * abs(budget)
    ]
    rival = min(within)[2] if within else offer.reference
    made = mixture(offer.spec, dict(zip(offer.layers, chosen, strict=True)), offer.weights)
    ratio = summed(values, chosen) / summed(values, reference)
    return Choice(chosen, made, rival, budget, summed(lost, chosen), ratio)


def cost_ratio(objective: Objective, one: Expense, other: Expense) -> float:
    """Return what `one` costs by what `other` costs; of energy × delay the product itself."""
    if objective == "energy":
        return one.energy_pj / other.energy_pj
    if objective == "cycles":
        return one.cycles / other.cycles
    if objective == "memory":
        return one.stored_bits / other.stored_bits
    return (one.energy_pj * one.cycles) / (other.energy_pj * other.cycles)


def _values(offer: Offer, objective: Objective) -> Floats:
    """Return the cost of every layer in every format, shape (layers, formats)."""
    energy_pj, cycles, held = (
        np.array(
            [[_part(cost, layer, part) for cost in offer.costs.values()] for layer in offer.layers]
        )
        for part in ("energy_pj", "cycles", "stored_bits")
    )
    if objective == "energy":
        return energy_pj
    if objective == "cycles":
        return cycles
    if objective == "memory":
        return held
    whole = _reference_whole(offer)
    return energy_pj / whole.energy_pj + cycles / whole.cycles


def _part(cost: NetworkCost | None, layer: str, part: str) -> float:
    return math.inf if cost is None else float(getattr(cost.layers[layer], part))


def _reference_whole(offer: Offer) -> Expense:
    """Return what the reference network costs: its layers, and the other operators beside them."""
    beside = offer.costs[offer.reference]
    assert beside is not None
    layers = [
        (beside.layers[layer], found.layers[layer])
        for layer, name in zip(offer.layers, offer.formats_of(offer.reference), strict=True)
        if (found := offer.costs[name]) is not None  # as it is not refused
    ]
    whole = beside.whole
    return Expense(
        whole.energy_pj + math.fsum(own.energy_pj - same.energy_pj for same, own in layers),
        whole.cycles + sum(own.cycles - same.cycles for same, own in layers),
        whole.stored_bits + sum(own.stored_bits - same.stored_bits for same, own in layers),
    )
