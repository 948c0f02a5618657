"""``cost.csv``, ``layers.csv`` and ``ranking.csv``: every number, with its unit in the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from lowbit_sim.atomic import write_atomically
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.layers import utilisation_fraction
from lowbit_sim.study.experiment import FormatResult, LayerResult
from lowbit_sim.study.ranking import RankedFormat, Ranking
from lowbit_sim.workload.op import Op

Row = dict[str, object]


def write_csv_files(ranking: Ranking, directory: Path) -> list[Path]:
    """Write the three files into `directory`, each whole or not at all, and return their paths.

    Raises
    ------
    SpecError
        If the directory cannot be written.
    """
    runnable = [ranked.result for ranked in ranking.formats if ranked.result.refusal is None]
    tables: dict[str, list[Row]] = {
        "cost.csv": [_cost_row(ranking, result) for result in runnable],
        "layers.csv": [
            _layer_row(ranking, result, layer) for result in runnable for layer in result.layers
        ],
        "ranking.csv": [_ranking_row(ranking, ranked) for ranked in ranking.formats],
    }
    for name, rows in tables.items():
        write_atomically(directory / name, _csv_text(rows))
    return [directory / name for name in tables]


def _csv_text(rows: Iterable[Row]) -> str:
    """Return the rows as CSV; a column missing in a row stays empty there."""
    listed = list(rows)
    header = list(dict.fromkeys(name for row in listed for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def _names(ranking: Ranking, result: FormatResult) -> Row:
    return {
        "workload": ranking.study.workload,
        "accelerator": ranking.study.pricing.machine.name,
        "weight_format": result.weight_format,
        "entropy_bits": round(FORMATS[result.weight_format].entropy_bits, 6),
    }


def _timing(part: FormatResult | LayerResult) -> Row:
    timing = part.cost.timing
    fields = ("total", "fill", "compute", "stall_load", "stall_store", "drain")
    return {f"{name}_cycles": getattr(timing, f"{name}_cycles") for name in fields}


def _energy(energy_pj: Mapping[str, float]) -> Row:
    return {f"energy_{name}_pj": round(value, 6) for name, value in sorted(energy_pj.items())}


def _cost_row(ranking: Ranking, result: FormatResult) -> Row:
    pricing = ranking.study.pricing
    cost = result.cost
    area_um2 = sum(area_um2_by_component(pricing.technology, pricing.machine).values())
    return {
        **_names(ranking, result),
        "macs": cost.macs,
        **_timing(result),
        "seconds_per_inference": cost.timing.total_cycles / pricing.machine.clock_hz,
        "inferences_per_second": pricing.machine.clock_hz / cost.timing.total_cycles,
        "model_bits": result.model_bits,
        "peak_live_bits": result.peak_live_bits,
        "activations_on_chip": int(result.activations_on_chip),
        "energy_pj": round(cost.energy_pj, 6),
        "energy_delay_pj_cycles": round(result.energy_delay_pj_cycles(), 6),
        "area_um2": round(area_um2, 3),
        **_energy(cost.energy_pj_by_component),
        "engine": cost.engine,
    }


def _layer_row(ranking: Ranking, result: FormatResult, layer: LayerResult) -> Row:
    op, mapping = layer.mapped.op, layer.mapped.mapping
    used = utilisation_fraction(ranking, layer)
    first = mapping.scratchpad[0] if mapping else None
    tile = first.tile if first else None
    return {
        **_names(ranking, result),
        "layer": op.name,
        "kind": op.kind,
        "unit": layer.mapped.unit,
        **{dim: getattr(op, dim) for dim in ("batch", "m", "k", "n")},
        "layer_weight_format": op.weight or "",
        "activation_format": op.activation,
        "output_format": op.output,
        "zero_fraction": _zero_fraction(op),
        "macs": op.macs,
        **_timing(layer),
        "utilisation_fraction": "" if used is None else round(used, 6),
        "stationary": first.stationary if first else "",
        "loop_order": first.order if first else "",
        **{f"tile_{dim}": getattr(tile, dim) if tile else "" for dim in ("m", "k", "n")},
        "energy_pj": round(layer.cost.energy_pj, 6),
        **_energy(layer.cost.energy_pj_by_component),
        "engine": layer.cost.engine,
    }


def _zero_fraction(op: Op) -> float | str:
    return "" if op.statistics is None else round(float(op.statistics.zero_fraction), 6)


def _ranking_row(ranking: Ranking, ranked: RankedFormat) -> Row:
    result, accuracy = ranked.result, ranked.result.accuracy
    row = {
        "place": ranked.place,
        **_names(ranking, result),
        "standing": ranked.standing,
        "pareto": int(ranked.pareto),
        "accuracy_mean_fraction": round(accuracy.mean_fraction, 6),
        "accuracy_half_width_fraction": _finite(accuracy.half_width_fraction),
        "loss_against_fp32_fraction": round(ranked.loss_fraction, 6),
        "loss_half_width_fraction": _finite(ranked.loss_half_width_fraction),
        "seeds": len(accuracy.fractions),
        "model_bits": result.model_bits,
        "refusal": result.refusal or "",
    }
    if result.refusal is None:
        row["total_cycles"] = result.cost.timing.total_cycles
        row["energy_pj"] = round(result.cost.energy_pj, 6)
        row["energy_delay_pj_cycles"] = round(result.energy_delay_pj_cycles(), 6)
    return row


def _finite(value: float) -> float | str:
    return "" if value == float("inf") else round(value, 6)
