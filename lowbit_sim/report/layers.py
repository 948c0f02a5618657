"""The table of one format's layers."""

from __future__ import annotations

from rich import box
from rich.table import Table

from lowbit_sim.engines.roofline import roofline
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.wording import format_words
from lowbit_sim.study.experiment import FormatResult, LayerResult
from lowbit_sim.study.ranking import Ranking
from lowbit_sim.units import significant


def utilisation_fraction(ranking: Ranking, layer: LayerResult) -> float | None:
    """Return MACs done over MACs possible in the layer's cycles; None for vector operators.

    Possible are ``rows · cols / passes`` MACs a cycle.
    """
    op = layer.mapped.op
    if op.weight is None:
        return None
    machine = ranking.study.pricing.machine
    pe = next(array.pe for array in machine.arrays if array.name == layer.mapped.unit)
    passes = pe.passes(FORMATS[op.weight], FORMATS[op.activation])
    peak_macs = pe.rows * pe.cols * layer.cost.timing.total_cycles
    return layer.cost.macs * passes / peak_macs


def dimensions(layer: LayerResult) -> str:
    """Return a layer's extents: ``batch × m·k·n`` for a matrix product, else its outputs."""
    op = layer.mapped.op
    if not op.is_gemm:
        return f"{op.output_elements:,}"
    batch = f"{op.batch} × " if op.batch > 1 else ""
    return f"{batch}{op.m}·{op.k}·{op.n}"


def layer_table(ranking: Ranking, result: FormatResult, *, wide: bool) -> Table:
    """Return the table of the layers of `result`."""
    table = Table(
        title=f"layers in {format_words(result.weight_format)}",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title_justify="left",
        pad_edge=False,
    )
    table.add_column("layer", no_wrap=True)
    if wide:
        table.add_column("kind", no_wrap=True)
    table.add_column("m·k·n", no_wrap=True, justify="right")
    table.add_column("weights", no_wrap=True)
    if wide:
        table.add_column("stationary", no_wrap=True)
    for header in ("cycles", *(["stall"] if wide else []), "util %", "nJ"):
        table.add_column(header, justify="right", no_wrap=True)
    if wide:
        table.add_column("bound by", no_wrap=True)
    for layer in result.layers:
        table.add_row(*_row(ranking, layer, wide=wide))
    return table


def _row(ranking: Ranking, layer: LayerResult, *, wide: bool) -> list[str]:
    op, mapping, timing = layer.mapped.op, layer.mapped.mapping, layer.cost.timing
    used = utilisation_fraction(ranking, layer)
    weights = op.weight or ""
    if op.weights_are_activations:
        weights += "*"
    row = [op.name, op.kind] if wide else [op.name]
    row += [dimensions(layer), weights]
    if wide:
        row.append(mapping.scratchpad[0].stationary if mapping else "")
    row.append(f"{timing.total_cycles:,}")
    if wide:
        row.append(f"{timing.stall_load_cycles + timing.stall_store_cycles:,}")
    row.append("" if used is None else f"{100 * used:.0f}")
    row.append(significant(layer.cost.energy_pj / 1000))
    return [*row, roofline(layer.mapped.schedule).bound_by] if wide else row
