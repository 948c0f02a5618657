"""The experiment: one workload in every weight format on one machine.

    A Workload of Ops meets an Accelerator in a Mapping, which unrolls into a TileSchedule; an
    engine turns the schedule into Timing; ActionCounts times an EnergyTable give energy; together
    they are a Cost; Cost joined with measured Accuracy on the format becomes the Ranking.

`simulate` is that sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from importlib import import_module
from operator import add
from typing import Literal

from lowbit_sim.cost import Cost
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import Packing, stored_bits
from lowbit_sim.mapping.block_schedule import Place
from lowbit_sim.mapping.mapper import Mapped, Timer, UnmappableError
from lowbit_sim.mapping.network import MappedOp, map_workload
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.price import Pricing, cost_of
from lowbit_sim.workload.graph import Workload

EngineName = Literal["closed_form", "event_driven"]
ENGINES: tuple[EngineName, ...] = ("closed_form", "event_driven")


@dataclass(frozen=True, slots=True)
class LayerResult:
    """One operator on the machine."""

    mapped: MappedOp
    cost: Cost


@dataclass(frozen=True)
class FormatResult:
    """One weight format of the workload on the machine.

    Parameters
    ----------
    weight_format : str
    accuracy : Accuracy
    model_bits : int
        Weights as packed, and every other parameter in fp32 [bit].
    layers : tuple of LayerResult
        In execution order; empty where the machine refuses the format.
    refusal : str or None
        Why the machine cannot run this format.
    activations_on_chip : bool
        Whether activations stayed in the shared SRAM.
    peak_live_bits : int
        The most activations alive at once [bit].
    """

    weight_format: str
    accuracy: Accuracy
    model_bits: int
    layers: tuple[LayerResult, ...]
    refusal: str | None = None
    activations_on_chip: bool = False
    peak_live_bits: int = 0

    @cached_property
    def cost(self) -> Cost:
        """The whole network, one input, operators one after another."""
        return reduce(add, (layer.cost for layer in self.layers))

    def energy_delay_pj_cycles(self) -> float:
        """Energy times delay of one inference [pJ · cycle]."""
        return self.cost.energy_pj * self.cost.timing.total_cycles


@dataclass(frozen=True, slots=True)
class Study:
    """A workload on a machine, in every format that was asked for.

    ``dataset`` names the images on which accuracy was measured.
    """

    workload: str
    dataset: str
    pricing: Pricing
    results: tuple[FormatResult, ...]
    engine: EngineName


def engine(name: EngineName) -> Timer:
    """Return the timer of the engine called `name`, imported now."""
    timer: Timer = import_module(f"lowbit_sim.engines.{name}").timing
    return timer


def simulate(
    workloads: Sequence[Workload],
    accuracies: Mapping[str, Accuracy],
    dataset: str,
    pricing: Pricing,
    engine_name: EngineName,
) -> Study:
    """Return the study of `workloads`, one for each weight format, on a machine."""
    timer = engine(engine_name)
    known: dict[tuple[Place, int], Mapped] = {}
    results = []
    for workload in workloads:
        accuracy = accuracies[workload.weight_format]
        bits = model_bits(workload, pricing.machine.packing)
        try:
            mapped = map_workload(workload, pricing.machine, timer, pricing.pj_per_action, known)
        except UnmappableError as error:
            results.append(FormatResult(workload.weight_format, accuracy, bits, (), str(error)))
            continue
        layers = tuple(
            LayerResult(op, cost_of(op, pricing, timer, engine_name)) for op in mapped.ops
        )
        results.append(
            FormatResult(
                workload.weight_format,
                accuracy,
                bits,
                layers,
                None,
                mapped.activations_on_chip,
                mapped.peak_live_bits,
            )
        )
    return Study(workloads[0].name, dataset, pricing, tuple(results), engine_name)


def model_bits(workload: Workload, packing: Packing) -> int:
    """Return what the network's parameters occupy in memory [bit]."""
    weights = {
        op.parameter: stored_bits(FORMATS[op.weight], packing, op.weight_elements)
        for op in workload.ops
        if op.parameter is not None and op.weight is not None
    }
    return sum(weights.values()) + sum(op.side_parameter_bits for op in workload.ops)


def confirm(result: FormatResult) -> int:
    """Return the largest difference between the engines over the layers of `result` [cycle]."""
    closed, events = (engine(name) for name in ENGINES)
    return max(
        abs(closed(s).total_cycles - events(s).total_cycles)
        for s in (layer.mapped.schedule for layer in result.layers)
    )
