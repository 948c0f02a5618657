"""Candidates from a simulation: a network in every format on a machine, cold and steady.

Steady is what a machine that keeps its weights would do: the better of both, by energy × delay,
as weights that stay leave less room for activations. Where they do not fit, it is as cold.
"""

from __future__ import annotations

from collections.abc import Iterator

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.attribution import area_um2_by_row, energy_pj_by_row, row_confidences
from lowbit_sim.engines.roofline import roofline
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.judge.candidate import Candidate, LayerCost, Machine, Regime
from lowbit_sim.pe.base import ValueDependent
from lowbit_sim.study.experiment import FormatResult, LayerResult, Study
from lowbit_sim.study.price import Pricing

_DRAM_SIDES = ("read", "write")


def candidates(study: Study, scale: str) -> Iterator[Candidate]:
    """Yield a candidate for each format and regime of `study`.

    Parameters
    ----------
    study : Study
        A network on a machine in every format.
    scale : str
        By what the machine was scaled.
    """
    machine = machine_of(study.pricing, scale)
    for result in study.results:
        yield _candidate(study, machine, result, "cold")
        steady = result.steady
        stays = (
            steady is not None and steady.energy_delay_pj_cycles() < result.energy_delay_pj_cycles()
        )
        yield _candidate(study, machine, steady if stays and steady else result, "steady")


def machine_of(pricing: Pricing, scale: str) -> Machine:
    """Return what a judgement says of a machine in a technology."""
    accelerator, table = pricing.machine, pricing.table
    arrays = [f"{one.name} {one.pe.rows} × {one.pe.cols}" for one in accelerator.arrays]
    dram = accelerator.dram
    sides = {f"dram.{side}": table.rows[f"{dram.name}.{side}_bit"] for side in _DRAM_SIDES}
    return Machine(
        accelerator.name,
        pricing.technology.name,
        scale,
        ", ".join(arrays),
        accelerator.clock_hz,
        dram.read_bits_per_cycle,
        area_um2_by_row(pricing.technology, accelerator),
        row_confidences(pricing.technology, table),
        {name: row.energy_pj for name, row in sides.items()},
    )


def _candidate(study: Study, machine: Machine, result: FormatResult, regime: Regime) -> Candidate:
    named = (study.workload, machine, regime, result.weight_format)
    if result.refusal is not None:
        return Candidate(*named, result.accuracy, result.model_bits, result.refusal)
    accelerator, technology = study.pricing.machine, study.pricing.technology
    cost, dram = result.cost, study.pricing.machine.dram.name
    return Candidate(
        *named,
        result.accuracy,
        result.model_bits,
        cycles=result.total_cycles,
        macs=cost.macs,
        dram_bits=sum(cost.actions[f"{dram}.{side}_bit"] for side in _DRAM_SIDES),
        peak_macs_per_cycle=_peak_macs_per_cycle(accelerator, result),
        energy_pj_by_row=energy_pj_by_row(
            cost.actions, study.pricing.table, technology, accelerator, result.total_cycles
        ),
        energy_pj_by_component=dict(sorted(result.energy_pj_by_component.items())),
        layers=tuple(_layer(layer) for layer in result.layers),
    )


def _layer(layer: LayerResult) -> LayerCost:
    op, cost = layer.mapped.op, layer.cost
    bound = roofline(layer.mapped.schedule)
    by = bound.bound_by if bound.bound_by == "compute" else f"{bound.bound_by} {bound.depth}"
    unit, weight = layer.mapped.unit, op.weight or ""
    cycles = cost.timing.total_cycles
    return LayerCost(op.name, op.kind, unit, weight, op.macs, cycles, cost.energy_pj, by)


def _peak_macs_per_cycle(accelerator: Accelerator, result: FormatResult) -> float:
    """Return what the array of the network's own weight format does at best [MAC/cycle]."""
    ops = [layer.mapped.op for layer in result.layers if layer.mapped.op.weight]
    own = [op for op in ops if op.weight == result.weight_format and op.is_gemm] or ops
    formats = FORMATS[str(own[0].weight)], FORMATS[own[0].activation]
    array = accelerator.array_for(*formats)
    if array is None:
        return 0.0
    pe = array.pe
    passes = 1 if isinstance(pe.element, ValueDependent) else pe.passes(*formats)
    return pe.rows * pe.cols * pe.terms(*formats) / passes
