"""``cost.csv``, ``layers.csv`` and ``ranking.csv``: every number, with its unit in the header."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from lowbit_sim.atomic import write_atomically
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.layers import utilisation_fraction
from lowbit_sim.report.published import PUBLISHED
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
    paths = []
    for name, rows in tables(ranking).items():
        paths.append(directory / f"{name}.csv")
        write_atomically(paths[-1], _csv_text(rows))
    return paths


def tables(ranking: Ranking) -> dict[str, list[Row]]:
    """Return the rows of the tables ``cost``, ``layers`` and ``ranking``, by column.

    All rows of a table have the same columns, in the order of the file. None stands where there
    is nothing to say; a number is finite.
    """
    runnable = [ranked.result for ranked in ranking.formats if ranked.result.refusal is None]
    return {
        "cost": _filled(_cost_row(ranking, result) for result in runnable),
        "layers": _filled(
            _layer_row(ranking, result, layer) for result in runnable for layer in result.layers
        ),
        "ranking": _filled(_ranking_row(ranking, ranked) for ranked in ranking.formats),
    }


def _filled(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with the columns of all of them, None in an empty cell."""
    listed = list(rows)
    columns = dict.fromkeys(name for row in listed for name in row)
    return [{name: _cell(row.get(name)) for name in columns} for row in listed]


def _cell(value: object) -> object:
    """Return None for nothing, as for the infinite interval of a single seed."""
    nothing = value == "" or (isinstance(value, float) and not math.isfinite(value))
    return None if nothing else value


def _csv_text(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
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
        "inference_cycles": result.total_cycles,
        "seconds_per_inference": result.total_cycles / pricing.machine.clock_hz,
        "inferences_per_second": pricing.machine.clock_hz / result.total_cycles,
        "model_bits": result.model_bits,
        "peak_live_bits": result.peak_live_bits,
        "activations_on_chip": int(result.activations_on_chip),
        "energy_pj": round(result.energy_pj, 6),
        "energy_delay_pj_cycles": round(result.energy_delay_pj_cycles(), 6),
        **_steady(result),
        "area_um2": round(area_um2, 3),
        **_energy(result.energy_pj_by_component),
        "engine": cost.engine,
    }


def _steady(result: FormatResult) -> Row:
    """Return the same with weights that stay on the chip; empty where they do not fit."""
    steady = result.steady
    return {
        "steady_inference_cycles": "" if steady is None else steady.total_cycles,
        "steady_energy_pj": "" if steady is None else round(steady.energy_pj, 6),
    }


def _layer_row(ranking: Ranking, result: FormatResult, layer: LayerResult) -> Row:
    op, mapping = layer.mapped.op, layer.mapped.mapping
    used = utilisation_fraction(ranking, layer)
    tile = mapping.extents[-1].tile if mapping else None
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
        "weights_assumed": int(op.statistics is not None and op.statistics.assumed),
        "macs": op.macs,
        "begin_cycles": layer.begin_cycles,
        **_timing(layer),
        "utilisation_fraction": "" if used is None else round(used, 6),
        "stationary": mapping.stationary if mapping else "",
        "loop_orders": "/".join(mapping.orders) if mapping else "",
        **{f"tile_{dim}": getattr(tile, dim) if tile else "" for dim in ("m", "k", "n")},
        "energy_pj": round(layer.cost.energy_pj, 6),
        **_energy(layer.cost.energy_pj_by_component),
        "engine": layer.cost.engine,
    }


def _zero_fraction(op: Op) -> float | str:
    return "" if op.statistics is None else round(float(op.statistics.zero_fraction), 6)


def _ranking_row(ranking: Ranking, ranked: RankedFormat) -> Row:
    result = ranked.result
    row = {
        "place": ranked.place,
        **_names(ranking, result),
        "standing": ranked.standing,
        "pareto": int(ranked.pareto),
        **_accuracy(ranked),
        **(_publication(ranked) if ranking.published else {}),
        "model_bits": result.model_bits,
        "refusal": result.refusal or "",
    }
    if result.refusal is None:
        row["inference_cycles"] = result.total_cycles
        row["energy_pj"] = round(result.energy_pj, 6)
        row["energy_delay_pj_cycles"] = round(result.energy_delay_pj_cycles(), 6)
    return row


def _accuracy(ranked: RankedFormat) -> Row:
    """Return the accuracy and what is lost; empty where none is known."""
    accuracy = ranked.result.accuracy
    names = ("accuracy_mean_fraction", "accuracy_half_width_fraction")
    lost = ("loss_against_fp32_fraction", "loss_half_width_fraction")
    if accuracy is None:
        return dict.fromkeys((*names, *lost, "seeds"), "")
    means = (accuracy.mean_fraction, accuracy.half_width_fraction)
    losses = (ranked.loss_fraction, ranked.loss_half_width_fraction)
    found = zip((*names, *lost), (*means, *losses), strict=True)
    seeds = "" if accuracy.published else len(accuracy.fractions)
    return {**{name: round(value, 6) for name, value in found}, "seeds": seeds}


def _publication(ranked: RankedFormat) -> Row:
    """Return whose accuracy it is, where accuracies are published."""
    accuracy = ranked.result.accuracy
    names = ("accuracy_origin", "accuracy_metric", "published_as", "accuracy_source")
    if accuracy is None:
        return dict.fromkeys(names, "")
    said = (PUBLISHED, accuracy.metric, accuracy.published_as, accuracy.source)
    return dict(zip(names, said, strict=True))
