"""What a network costs on a machine, layer by layer: one cold inference, simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.study.experiment import FormatResult, LayerResult, simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import Shipped
from lowbit_sim.workload.graph import Workload

_WEIGHT = ".weight"


@dataclass(frozen=True, slots=True)
class Expense:
    """What a layer or a network costs.

    Parameters
    ----------
    energy_pj : float
    cycles : int
    stored_bits : int
        Of a layer its weights, of a network all parameters.
    """

    energy_pj: float
    cycles: int
    stored_bits: int


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """What a network costs.

    Parameters
    ----------
    whole : Expense
        All operators, those without weights included.
    layers : mapping of str to Expense
        By the name of the layer with weights.
    """

    whole: Expense
    layers: Mapping[str, Expense]


def priced(accelerator: Path) -> Pricing:
    """Return a machine with the prices of its own technology.

    Raises
    ------
    SpecError
        If a file is wrong.
    """
    machine = load_accelerator(accelerator)
    technology = load_technology(machine.technology_path)
    return Pricing(machine, technology, energy_table(technology, machine))


def network_cost(workload: Workload, pricing: Pricing) -> NetworkCost | None:
    """Return what `workload` costs on a machine, or None if the machine refuses it.

    Machines whose beats depend on values get levels that are drawn by the workload's statistics.
    """
    study = simulate(Shipped((workload,), {}, None, ()), pricing, "closed_form")
    (result,) = study.results
    if result.refusal is not None:
        return None
    layers = {}
    for layer in result.layers:
        parameter = layer.mapped.op.parameter
        if parameter is not None and parameter.endswith(_WEIGHT):
            layers[parameter.removesuffix(_WEIGHT)] = _expense(layer, pricing)
    return NetworkCost(_whole(result), layers)


def _expense(layer: LayerResult, pricing: Pricing) -> Expense:
    op, cost = layer.mapped.op, layer.cost
    assert op.weight is not None
    held = stored_bits(FORMATS[op.weight], pricing.machine.packing, op.weight_elements)
    return Expense(sum(cost.energy_pj_by_component.values()), cost.timing.total_cycles, held)


def _whole(result: FormatResult) -> Expense:
    return Expense(result.energy_pj, result.total_cycles, result.model_bits)
