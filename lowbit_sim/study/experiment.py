"""The experiment: one workload in every weight format on one machine.

    A Workload of Ops meets an Accelerator in a Mapping, which unrolls into a TileSchedule; an
    engine turns the schedule into Timing; ActionCounts times an EnergyTable give energy; together
    they are a Cost; Cost joined with measured Accuracy on the format becomes the Ranking.

`simulate` is that sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from importlib import import_module
from operator import add
from typing import Literal

from lowbit_sim.cost import Cost
from lowbit_sim.mapping.mapper import Mapper, Objective, Timer, UnmappableError
from lowbit_sim.mapping.network import MappedOp, MappedWorkload, NetworkMapper
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.overlap import overlapped
from lowbit_sim.study.price import LEAKAGE, Pricing, cost_of
from lowbit_sim.study.shipped import Shipped
from lowbit_sim.workload.parameters import parameter_bits

EngineName = Literal["closed_form", "event_driven"]
ENGINES: tuple[EngineName, ...] = ("closed_form", "event_driven")


@dataclass(frozen=True, slots=True)
class LayerResult:
    """One operator on the machine.

    Parameters
    ----------
    mapped : MappedOp
    cost : Cost
        Of it alone.
    begin_cycles, end_cycles : int
        When it ran, since the inference began [cycle].
    """

    mapped: MappedOp
    cost: Cost
    begin_cycles: int
    end_cycles: int


@dataclass(frozen=True)
class FormatResult:
    """One weight format of the workload on the machine.

    Parameters
    ----------
    weight_format : str
    accuracy : Accuracy or None
        None for a network without weights.
    model_bits : int
        Weights as packed, and every other parameter in fp32 [bit].
    layers : tuple of LayerResult
        In execution order; empty where the machine refuses the format.
    refusal : str or None
        Why the machine cannot run this format.
    activations_on_chip : bool
        Whether activations stayed on the chip between operators.
    peak_live_bits : int
        The most activations alive at once [bit].
    steady : FormatResult or None
        The same with weights that stay on the chip from one inference to the next; None where
        they do not fit.
    """

    weight_format: str
    accuracy: Accuracy | None
    model_bits: int
    layers: tuple[LayerResult, ...]
    refusal: str | None = None
    activations_on_chip: bool = False
    peak_live_bits: int = 0
    steady: FormatResult | None = None

    @cached_property
    def cost(self) -> Cost:
        """The whole network, one input, operators one after another."""
        return reduce(add, (layer.cost for layer in self.layers))

    @property
    def total_cycles(self) -> int:
        """From the first load to the last store of one inference [cycle]."""
        return max(layer.end_cycles for layer in self.layers)

    @property
    def overlaps(self) -> bool:
        """Whether operators ran otherwise than one after another."""
        began = [layer.begin_cycles for layer in self.layers]
        return began != [0, *(layer.end_cycles for layer in self.layers[:-1])]

    @property
    def energy_pj_by_component(self) -> dict[str, float]:
        """Energy of one inference; the chip leaks as long as it lasts [pJ]."""
        cost = self.cost
        parts = dict(cost.energy_pj_by_component)
        if LEAKAGE in parts and self.overlaps:
            parts[LEAKAGE] *= self.total_cycles / cost.timing.total_cycles
        return parts

    @property
    def energy_pj(self) -> float:
        """Energy of one inference [pJ]."""
        return sum(self.energy_pj_by_component.values(), 0.0)

    def energy_delay_pj_cycles(self) -> float:
        """Energy times delay of one inference [pJ · cycle]."""
        return self.energy_pj * self.total_cycles


@dataclass(frozen=True, slots=True)
class Study:
    """A workload on a machine, in every format that was asked for.

    Parameters
    ----------
    workload : str
    dataset : str or None
        The images on which accuracy was measured; None for a network without weights.
    pricing : Pricing
    results : tuple of FormatResult
    engine : str
        What made the cycles.
    objective : str
        What the mapper minimised.
    """

    workload: str
    dataset: str | None
    pricing: Pricing
    results: tuple[FormatResult, ...]
    engine: EngineName
    objective: Objective = "edp"


def engine(name: EngineName) -> Timer:
    """Return the timer of the engine called `name`, imported now."""
    timer: Timer = import_module(f"lowbit_sim.engines.{name}").timing
    return timer


def simulate(
    shipped: Shipped,
    pricing: Pricing,
    engine_name: EngineName,
    objective: Objective = "edp",
    tell: Callable[[str], None] = lambda _: None,
    *,
    steady_too: bool = True,
) -> Study:
    """Return the study of a workload in every format that was read, on a machine.

    The mapper searches by the closed form, whichever engine then makes the cycles. Each format
    is told when its turn comes. Without `steady_too` nothing is said of the steady state.
    """
    search = engine("closed_form")
    mapper = Mapper(search, pricing.pj_per_action, pricing.leakage_pj_per_cycle, objective)
    network = NetworkMapper(pricing.machine, mapper)
    results = []
    for workload in shipped.workloads:
        name = workload.weight_format
        tell(name)
        bits = parameter_bits(workload, pricing.machine.packing)
        values = shipped.levels(workload)
        base = FormatResult(name, shipped.accuracies.get(name), bits, ())
        try:
            cold = network.map(workload, values)
        except UnmappableError as error:
            results.append(replace(base, refusal=str(error)))
            continue
        assert cold is not None
        stays = network.map(workload, values, weights_stay=True) if steady_too else None
        steady = None if stays is None else _result(base, stays, shipped, pricing, engine_name)
        found = _result(base, cold, shipped, pricing, engine_name)
        results.append(replace(found, steady=steady))
    name = shipped.workloads[0].name
    return Study(name, shipped.dataset, pricing, tuple(results), engine_name, objective)


def _result(
    base: FormatResult,
    mapped: MappedWorkload,
    shipped: Shipped,
    pricing: Pricing,
    engine_name: EngineName,
) -> FormatResult:
    timer = engine(engine_name)
    costs = [cost_of(op, pricing, timer, engine_name) for op in mapped.ops]
    ran: dict[str, tuple[int, int]] = {}
    if pricing.machine.concurrent and engine_name == "event_driven":
        workload = next(w for w in shipped.workloads if w.weight_format == base.weight_format)
        runs = overlapped(workload, mapped.ops)
        in_turn = sum(cost.timing.total_cycles for cost in costs)
        if max(one.end_cycles for one in runs.values()) < in_turn:
            # ports served first come, first served can make running at once the slower way
            ran = {name: (one.begin_cycles, one.end_cycles) for name, one in runs.items()}
    layers, now = [], 0
    for op, cost in zip(mapped.ops, costs, strict=True):
        begin, end = ran.get(op.op.name, (now, now + cost.timing.total_cycles))
        layers.append(LayerResult(op, cost, begin, end))
        now = end
    return replace(
        base,
        layers=tuple(layers),
        activations_on_chip=mapped.activations_on_chip,
        peak_live_bits=mapped.peak_live_bits,
    )


def confirm(result: FormatResult) -> int:
    """Return the largest difference between the engines over the layers of `result` [cycle]."""
    closed, events = (engine(name) for name in ENGINES)
    schedules = {layer.mapped.schedule for layer in result.layers}
    return max(abs(closed(s).total_cycles - events(s).total_cycles) for s in schedules)
