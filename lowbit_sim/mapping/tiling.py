"""Tiles in order: which operands change from one step to the next, and what that moves.

**Rules**, for tile counts Tm, Tk, Tn and a loop order (outermost first):

- the weight tile is loaded when its (k, n) index changes, the input tile when (m, k) changes;
- partial sums stay in the output scratchpad while k runs innermost. In order ``nkm`` with
  Tm > 1 and Tk > 1 they cannot: every step stores its (m, n) tile, and from the second k on
  loads it back first (a *spill*).

Every batch entry is walked alike and shares no operand with the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from lowbit_sim.mapping.mapping import LoopOrder
from lowbit_sim.pe.base import Tile
from lowbit_sim.units import ceil_div


@dataclass(frozen=True, slots=True)
class TileStep:
    """One step of a walk: its tile and what changes with it.

    ``accumulates``: the tile adds to partial sums of an earlier k. ``final``: no later k adds to
    them, so what is stored is the result rather than a partial sum.
    """

    tile: Tile
    loads_weight: bool
    loads_input: bool
    loads_partial: bool
    accumulates: bool
    stores: bool
    final: bool


def extents(total: int, tile: int) -> list[int]:
    """Return the extent of every tile along one dimension.

    Examples
    --------
    >>> extents(10, 4)
    [4, 4, 2]
    """
    return [min(tile, total - start) for start in range(0, total, tile)]


def walk(whole: Tile, tile: Tile, order: LoopOrder) -> Iterator[tuple[int, TileStep]]:
    """Yield ``(repeat, step)`` for one batch entry, in order.

    Parameters
    ----------
    whole, tile : Tile
        Extents of the block and of its tiles.
    order : str
        Loop order, outermost first.
    """
    sizes = {dim: extents(getattr(whole, dim), getattr(tile, dim)) for dim in "mkn"}
    counts = {dim: len(sizes[dim]) for dim in "mkn"}
    spills = order == "nkm" and counts["m"] > 1 and counts["k"] > 1
    last: dict[str, int] | None = None
    inner = order[2]
    for first, second in product(range(counts[order[0]]), range(counts[order[1]])):
        index = {order[0]: first, order[1]: second}
        position = 0
        while position < counts[inner]:
            now = {**index, inner: position}
            step = _step(now, last, sizes, counts, spills=spills)
            # between the first and the last tile of the innermost loop nothing new happens
            times = max(counts[inner] - 2, 1) if position == 1 < counts[inner] - 1 else 1
            yield times, step
            position += times
            last = {**index, inner: position - 1}


def _step(
    now: dict[str, int],
    last: dict[str, int] | None,
    sizes: dict[str, list[int]],
    counts: dict[str, int],
    *,
    spills: bool,
) -> TileStep:
    final = now["k"] == counts["k"] - 1
    return TileStep(
        tile=Tile(*(sizes[dim][now[dim]] for dim in "mkn")),
        loads_weight=last is None or any(now[dim] != last[dim] for dim in "kn"),
        loads_input=last is None or any(now[dim] != last[dim] for dim in "mk"),
        loads_partial=spills and now["k"] > 0,
        accumulates=now["k"] > 0,
        stores=spills or final,
        final=final,
    )


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """How often the whole of each operand passes from the shared SRAM, for one batch entry."""

    weight: int
    input: int
    partial_loads: int
    stores: int


def load_counts(whole: Tile, tile: Tile, order: LoopOrder) -> LoadCounts:
    """Return what `walk` adds up to, without walking.

    Examples
    --------
    >>> load_counts(Tile(8, 8, 8), Tile(4, 4, 4), "nkm")
    LoadCounts(weight=1, input=2, partial_loads=1, stores=2)
    >>> load_counts(Tile(8, 8, 8), Tile(4, 4, 4), "mnk")
    LoadCounts(weight=2, input=2, partial_loads=0, stores=1)
    """
    tm, tk, tn = (ceil_div(getattr(whole, dim), getattr(tile, dim)) for dim in "mkn")
    if order == "nkm":
        spills = tm > 1 and tk > 1
        return LoadCounts(1, tn if tm * tk > 1 else 1, tk - 1 if spills else 0, tk if spills else 1)
    if order == "nmk":
        return LoadCounts(tm if tk > 1 else 1, tn if tm * tk > 1 else 1, 0, 1)
    return LoadCounts(tm if tk * tn > 1 else 1, tn if tk > 1 else 1, 0, 1)
