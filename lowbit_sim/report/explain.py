"""One layer explained: its mapping as a loop nest, its time by cause, its timeline, its bound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.arch.accelerator import OPERANDS, Accelerator
from lowbit_sim.engines.roofline import Roofline, busy_cycles, roofline
from lowbit_sim.errors import LowbitSimError, nearest
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.mapping.place import Place
from lowbit_sim.report.layers import dimensions
from lowbit_sim.report.timeline import Event, boundary_tracks, timeline
from lowbit_sim.report.wording import format_words
from lowbit_sim.study.experiment import FormatResult, LayerResult
from lowbit_sim.units import ceil_div, significant

#: events up to which inner boundaries are drawn too
_DRAWN = 100_000


def explain(result: FormatResult, name: str, machine: Accelerator, console: Console) -> None:
    """Print everything about the layer called `name`.

    Raises
    ------
    LowbitSimError
        If there is no such layer; the nearest is named.
    """
    alone = only(result, name)
    (layer,) = alone.layers
    op, place, mapping = layer.mapped.op, layer.mapped.place, layer.mapped.mapping
    console.print(
        f"{name}: {op.kind} {dimensions(layer)} on {layer.mapped.unit}, {op.activation}"
        f"{' × ' + op.weight if op.weight else ''} → {op.output}, network in "
        f"{format_words(result.weight_format)}",
        style="bold",
        highlight=False,
    )
    if mapping is not None and place is not None:
        console.print("\n".join(["", *loop_nest(place, mapping)]), highlight=False)
    console.print(_times(layer, machine))
    lines = drawing(alone, machine, console.width)
    console.print("\n".join(lines), highlight=False, soft_wrap=True)
    console.print()
    bound = roofline(layer.mapped.schedule)
    console.print(
        f"Bound by {_bound_words(bound, layer, machine)}: at least {bound.bound_cycles:,} of "
        f"{layer.cost.timing.total_cycles:,} cycles.{_intensity(layer, machine)}",
        highlight=False,
    )


def only(result: FormatResult, name: str) -> FormatResult:
    """Return `result` with the layer called `name` alone, as if it were the first.

    Raises
    ------
    LowbitSimError
        If there is no such layer; the nearest is named.
    """
    names = [layer.mapped.op.name for layer in result.layers]
    check_layer(name, names)
    layer = result.layers[names.index(name)]
    alone = replace(layer, begin_cycles=0, end_cycles=layer.cost.timing.total_cycles)
    return FormatResult(result.weight_format, result.accuracy, result.model_bits, (alone,))


def check_layer(name: str, names: Sequence[str]) -> None:
    """Demand that `name` is one of the layers' `names`.

    Raises
    ------
    LowbitSimError
        If it is not; the nearest is named, or all where none is near.
    """
    if name not in names:
        near = nearest(name, names).partition(" allowed:")[0]
        raise LowbitSimError(f"no layer is called '{name}'; {near}")


def loop_nest(place: Place, mapping: Mapping) -> list[str]:
    """Return the loops of a mapping, outermost first: of each boundary what moves, and how often.

    A loop is told as ``n 12 × 16 + 5``: twelve tiles of 16, and one of 5.
    """
    gemm, lines = place.gemm, []
    outer = Extent(gemm.batch, gemm.m, gemm.k, gemm.n)
    for depth, (extent, order) in enumerate(zip(mapping.extents, mapping.orders, strict=True)):
        moving = [operand for operand in OPERANDS if place.crosses(operand, depth)]
        track = boundary_tracks(place.machine, depth, mapping.array)["load"]
        lines.append(f"{'  ' * depth}{track}: {', '.join(moving) or 'nothing moves'}")
        dims = (*(["batch"] if gemm.batch > 1 else []), *order)
        told = [_loop(dim, getattr(outer, dim), getattr(extent, dim)) for dim in dims]
        lines.append(f"{'  ' * depth}for {', '.join(told)}")
        outer = extent
    indent = "  " * len(mapping.extents)
    return [*lines, *(f"{indent}{line}" for line in _array_lines(place, mapping, outer))]


def _loop(dim: str, whole: int, tile: int) -> str:
    """Return a loop in words.

    Examples
    --------
    >>> _loop("n", 197, 16), _loop("k", 64, 64)
    ('n 12 × 16 + 5', 'k 1 × 64')
    """
    times, rest = divmod(whole, tile)
    return f"{dim} {times} × {tile}" + (f" + {rest}" if rest else "")


def _array_lines(place: Place, mapping: Mapping, tile: Extent) -> list[str]:
    gemm, pe = place.gemm, place.array.pe
    formats, stays = (gemm.weight, gemm.activation), mapping.stationary
    folds = pe.folds(tile.m, tile.k, tile.n, formats, stays)
    beats, total = f"{folds.beats:,}", f" = {pe.cycles(tile.tile, *formats, stays):,} cycles"
    if gemm.levels is not None:
        beats, total = "as the weights demand", ""
    order = pe.conventions
    how = f"preload {order.preload}, folds {order.folds}"
    count = f"{folds.count:,} fold{'s' * (folds.count != 1)}"
    fold = (f"preload {folds.preload_cycles}", f"beats {beats}", f"skew {folds.skew_cycles}")
    return [
        f"{mapping.array}: {pe.rows} × {pe.cols} {pe.kind}, {pe.organisation}, {stays} stationary",
        f"passes {pe.passes(*formats)}, terms {pe.terms(*formats)}, {how}",
        f"a tile of {tile.m}·{tile.k}·{tile.n}: {count}{total}",
        f"a fold: {' + '.join(fold)} + drain {folds.drain_cycles}",
    ]


def _times(layer: LayerResult, machine: Accelerator) -> Table:
    """Return the cycles by cause, and how long each resource is at work."""
    timing = layer.cost.timing
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for header in ("spent on", "cycles", "at work", "cycles", "%"):
        left = header in {"spent on", "at work"}
        wraps = header == "at work"  # a long name does, before a number is cut
        table.add_column(header, no_wrap=not wraps, justify="left" if left else "right")
    causes = {
        "fill": timing.fill_cycles,
        "compute": timing.compute_cycles,
        "stall for loads": timing.stall_load_cycles,
        "stall for stores": timing.stall_store_cycles,
        "drain": timing.drain_cycles,
        "total": timing.total_cycles,
    }
    busy = busy_cycles(layer.mapped.schedule)
    for (cause, cycles), (resource, at_work) in zip_longest(
        causes.items(), busy.items(), fillvalue=("", None)
    ):
        row = [cause, "" if cycles is None else f"{cycles:,}"]
        if at_work is None:
            table.add_row(*row)
        else:
            share = f"{100 * at_work / timing.total_cycles:.1f}"
            table.add_row(*row, _named(resource, layer, machine), f"{at_work:,}", share)
    return table


def _named(resource: str, layer: LayerResult, machine: Accelerator) -> str:
    if resource == "array":
        return layer.mapped.unit
    stage, depth = resource.split()
    return boundary_tracks(machine, int(depth), layer.mapped.unit)[stage]


def drawing(result: FormatResult, machine: Accelerator, width: int) -> list[str]:
    """Return the tracks of a single layer over time, a line each, as wide as `width`."""
    (layer,) = result.layers
    found = timeline(result, machine, {}, _DRAWN)
    tracks = [track for track in found.tracks if track != layer.mapped.unit]
    total = result.total_cycles
    label_width = max(map(len, tracks)) + 1
    columns = max(width - label_width - 1, 10)
    lines = []
    for track in tracks:
        shares = _shares([event for event in found.events if event.track == track], total, columns)
        lines.append(f"{track:<{label_width}}{''.join(map(_shade, shares))}")
    lines.append(
        f"0 … {total:,} cycles, {significant(total / columns)} a character: "
        "░ ▒ ▓ █ up to ¼ ½ ¾ all at work"
    )
    if found.folded:
        lines.append(f"Only the outermost boundary is drawn: more than {_DRAWN:,} transfers.")
    return lines


def _shares(events: Iterable[Event], total: int, columns: int) -> list[Fraction]:
    """Return how much of each of so many equal parts of the time something is at work."""
    busy = [0] * columns  # in parts of a cycle: a column has as many as there are cycles
    for event in events:
        begin, end = event.begin_cycles * columns, event.end_cycles * columns
        for column in range(begin // total, ceil_div(end, total)):
            busy[column] += min(end, (column + 1) * total) - max(begin, column * total)
    return [Fraction(parts, total) for parts in busy]


def _shade(share: Fraction) -> str:
    """Return a character as dark as a share.

    Examples
    --------
    >>> "".join(_shade(Fraction(eighths, 8)) for eighths in (0, 1, 2, 3, 4, 6, 7, 8))
    '·░░▒▒▓██'
    """
    return "·░▒▓█"[math.ceil(4 * share)]


def _bound_words(bound: Roofline, layer: LayerResult, machine: Accelerator) -> str:
    if bound.bound_by == "compute":
        return f"unit {layer.mapped.unit}"
    tracks = boundary_tracks(machine, bound.depth, layer.mapped.unit)
    if bound.bound_by == "port":
        return f"the one port of {tracks['load']} and back"
    return tracks[bound.bound_by]


def _intensity(layer: LayerResult, machine: Accelerator) -> str:
    moved_bits = layer.mapped.schedule.load_bits + layer.mapped.schedule.store_bits
    if not layer.cost.macs or not moved_bits:
        return ""
    return (
        f" {significant(layer.cost.macs / moved_bits)} MACs for each bit that passes the port of "
        f"{machine.dram.name}."
    )
