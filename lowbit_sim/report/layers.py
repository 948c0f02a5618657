"""The table of one format's layers."""

from __future__ import annotations

import math
import re

from rich import box
from rich.table import Table

from lowbit_sim.engines.roofline import Roofline, roofline
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.pe.base import ValueDependent
from lowbit_sim.report.timeline import boundary_tracks
from lowbit_sim.report.wording import ENERGIES, NANOJOULES, fitting_unit, format_words
from lowbit_sim.study.experiment import FormatResult, LayerResult
from lowbit_sim.study.ranking import Ranking
from lowbit_sim.units import significant


def utilisation_fraction(ranking: Ranking, layer: LayerResult) -> float | None:
    """Return MACs done over MACs possible in the layer's cycles; None for vector operators.

    Possible are ``rows · cols · terms / passes`` MACs a cycle, with the passes that values allow
    at best where they decide.
    """
    op = layer.mapped.op
    if not op.is_gemm or op.weight is None:
        return None
    machine = ranking.study.pricing.machine
    pe = next(array.pe for array in machine.arrays if array.name == layer.mapped.unit)
    formats = FORMATS[op.weight], FORMATS[op.activation]
    passes = 1 if isinstance(pe.element, ValueDependent) else pe.passes(*formats)
    peak_macs = pe.rows * pe.cols * pe.terms(*formats) * layer.cost.timing.total_cycles
    return layer.cost.macs * passes / peak_macs


def dimensions(layer: LayerResult) -> str:
    """Return a layer's extents: ``batch×m·k·n`` for a matrix product, else its outputs."""
    op = layer.mapped.op
    if not op.is_gemm:
        return f"{op.output_elements:,}"
    batch = f"{op.batch}×" if op.batch > 1 else ""
    return f"{batch}{op.m}·{op.k}·{op.n}"


def layer_table(ranking: Ranking, result: FormatResult, *, wide: bool) -> Table:
    """Return the table of the layers of `result`, those alike once."""
    groups = alike(ranking, result)
    unit = fitting_unit(_ENERGIES, max(layer.cost.energy_pj for layer in result.layers))
    gap = int(wide)
    table = Table(
        title=f"layers in {format_words(result.weight_format)}",
        box=box.SIMPLE_HEAD,
        padding=(0, gap, 0, 0),
        title_justify="left",
        pad_edge=False,
    )
    table.add_column("layer", overflow="fold")  # a long name is folded before a number is cut
    repeated = any(len(layers) > 1 for layers in groups)
    if repeated:
        table.add_column("×", no_wrap=True, justify="right")
    for header in _HEADERS if wide else _NARROW:
        left = header in _LEFT
        shown = unit.name if header == "energy" else header
        table.add_column(shown, no_wrap=True, justify="left" if left else "right")
    for layers in groups:
        count = [str(len(layers)) if len(layers) > 1 else ""] if repeated else []
        told = _told(ranking, layers[0])
        energy_pj = math.fsum(layer.cost.energy_pj for layer in layers) / len(layers)
        told["energy"] = unit.words(energy_pj)
        cells = [told[header] for header in (_HEADERS if wide else _NARROW)]
        table.add_row(layers[0].mapped.op.name, *count, *cells)
    return table


_ENERGIES = (NANOJOULES, *ENERGIES)
_NARROW = ("m·k·n", "weights", "cycles", "util %", "energy")
_HEADERS = (
    *("kind", "m·k·n", "weights", "stays", "cycles", "stall", "util %", "energy", "bound by"),
)
_LEFT = frozenset({"kind", "weights", "stays", "bound by"})


def alike(ranking: Ranking, result: FormatResult) -> list[list[LayerResult]]:
    """Return the layers, those together that differ in a number of their name and in energy."""
    groups: dict[tuple[str, ...], list[LayerResult]] = {}
    for layer in result.layers:
        pattern = re.sub(r"\d+", "#", layer.mapped.op.name)
        key = (pattern, layer.mapped.unit, *_told(ranking, layer).values())
        groups.setdefault(key, []).append(layer)
    return list(groups.values())


def _told(ranking: Ranking, layer: LayerResult) -> dict[str, str]:
    """Return what is said of a layer besides its name and energy, by header."""
    op, mapping, timing = layer.mapped.op, layer.mapped.mapping, layer.cost.timing
    used = utilisation_fraction(ranking, layer)
    return {
        "kind": op.kind,
        "m·k·n": dimensions(layer),
        "weights": f"{op.weight or ''}{'*' * op.weights_are_activations}",
        "stays": mapping.stationary if mapping else "",
        "cycles": f"{timing.total_cycles:,}",
        "stall": f"{timing.stall_load_cycles + timing.stall_store_cycles:,}",
        "util %": "" if used is None else _share(used),
        "bound by": bound_words(roofline(layer.mapped.schedule), layer, ranking),
    }


def _share(fraction: float) -> str:
    """Return a share in per cent, whole from one per cent on."""
    share = 100 * fraction
    return f"{share:.0f}" if share >= 1 else significant(share, 1)


def bound_words(bound: Roofline, layer: LayerResult, ranking: Ranking) -> str:
    """Return what bounds a layer: its unit, or what one memory gives, takes, or both."""
    if bound.bound_by == "compute":
        return layer.mapped.unit.replace("_", " ")
    machine = ranking.study.pricing.machine
    tracks = boundary_tracks(machine, bound.depth, layer.mapped.unit)
    return f"{tracks['load'].split(' → ')[0]} {_SIDES[bound.bound_by]}"


_SIDES = {"load": "reads", "store": "writes", "port": "port"}
