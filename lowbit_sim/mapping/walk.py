"""The tiles of one boundary in order: which operands change from one to the next.

**Rules**, for loops over b (outermost) and over m, k, n in an order:

- the weight tile is loaded when its (b, k, n) index changes, the input tile when (b, m, k) does;
- partial sums stay while the index (b, m, n) does. If it changes before the last k, the step
  stores its sums, and loads them back when it comes to them again (a *spill*);
- biases and scales come with the weights of the last k.

A walk is written down once for the first, the middle and the last round of each loop, since all
middle rounds are alike. Where the values of weights decide how long a tile takes, the rounds of
b, k and n are written down one by one, each with its origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lowbit_sim.mapping.mapping import Extent, LoopOrder
from lowbit_sim.units import ceil_div


@dataclass(frozen=True, slots=True)
class TileStep:
    """One step of a walk: its tile and what changes with it.

    Parameters
    ----------
    extent : Extent
        Of the tile.
    loads_weight, loads_input, loads_partial, loads_channels : bool
        What comes in: weights, inputs, partial sums of an earlier k, biases and scales.
    accumulates : bool
        The tile adds to sums of an earlier k.
    stores : bool
        Its sums leave.
    final : bool
        No later k adds to them: what is stored is the result.
    first : bool
        It is the first of the walk.
    origin : tuple of int
        (b, k, n) of its first weight within the walk; zeros where rounds are not told apart.
    """

    extent: Extent
    loads_weight: bool
    loads_input: bool
    loads_partial: bool
    loads_channels: bool
    accumulates: bool
    stores: bool
    final: bool
    first: bool
    origin: tuple[int, int, int] = (0, 0, 0)


class Round(NamedTuple):
    """Equal rounds of one loop."""

    dim: str
    rounds: int
    times: int
    extent: int
    first: bool
    last: bool
    start: int = 0


class Repeated(NamedTuple):
    """Steps, so many times over."""

    times: int
    body: tuple[TileStep | Repeated, ...]


def rounds(dim: str, whole: int, tile: int, *, each: bool = False) -> list[Round]:
    """Return the first, the middle and the last rounds of a loop, or every single one.

    Examples
    --------
    >>> [(r.times, r.extent) for r in rounds("m", 10, 3)]
    [(1, 3), (2, 3), (1, 1)]
    >>> [(r.start, r.extent) for r in rounds("m", 10, 3, each=True)]
    [(0, 3), (3, 3), (6, 3), (9, 1)]
    """
    count = ceil_div(whole, tile)
    last = whole - (count - 1) * tile
    if each:
        return [
            Round(dim, count, 1, tile if i < count - 1 else last, i == 0, i == count - 1, i * tile)
            for i in range(count)
        ]
    parts = [(1, tile), (count - 2, tile), (1, last)] if count > 1 else [(1, last)]
    return [
        Round(dim, count, times, extent, place == 0, place == len(parts) - 1)
        for place, (times, extent) in enumerate(parts)
        if times > 0
    ]


def walk(
    whole: Extent,
    tile: Extent,
    order: LoopOrder,
    *,
    accumulates: bool,
    final: bool,
    each: bool = False,
) -> tuple[TileStep | Repeated, ...]:
    """Return the steps of a walk in order.

    Parameters
    ----------
    whole, tile : Extent
        What is walked, and in which tiles.
    order : str
        Loop order, outermost first.
    accumulates, final : bool
        Whether the walk adds to sums of an earlier k, and whether no later k adds to its sums.
    each : bool
        Whether tiles of different weights are told apart.
    """
    names = {"b": "batch", "m": "m", "k": "k", "n": "n"}
    loops = [
        rounds(d, getattr(whole, names[d]), getattr(tile, names[d]), each=each and d != "m")
        for d in ("b", *order)
    ]
    return tuple(_nest(loops, (), accumulates=accumulates, final=final))


def _nest(
    loops: list[list[Round]], at: tuple[Round, ...], *, accumulates: bool, final: bool
) -> Iterator[TileStep | Repeated]:
    if len(at) == len(loops):
        yield _step(at, accumulates=accumulates, final=final)
        return
    for one in loops[len(at)]:
        body = tuple(_nest(loops, (*at, one), accumulates=accumulates, final=final))
        if one.times == 1:
            yield from body
        else:
            yield Repeated(one.times, body)


def _changed(at: tuple[Round, ...], *, forward: bool) -> set[str] | None:
    """Return the indices that differ in the step before (or after), None if there is none."""
    moving = [place for place, one in enumerate(at) if not (one.last if forward else one.first)]
    if not moving:
        return None
    inner = at[moving[-1] + 1 :]
    return {at[moving[-1]].dim, *(one.dim for one in inner if one.rounds > 1)}


def _step(at: tuple[Round, ...], *, accumulates: bool, final: bool) -> TileStep:
    by_dim = {one.dim: one for one in at}
    came = _changed(at, forward=False)
    goes = _changed(at, forward=True)
    new = set("bmkn") if came is None else came
    adds = accumulates or not by_dim["k"].first
    done = final and by_dim["k"].last
    loads_weight = bool(new & set("bkn"))
    return TileStep(
        Extent(*(by_dim[dim].extent for dim in "bmkn")),
        loads_weight=loads_weight,
        loads_input=bool(new & set("bmk")),
        loads_partial=adds and bool(new & set("bmn")),
        loads_channels=loads_weight and done,
        accumulates=adds,
        stores=goes is None or bool(goes & set("bmn")),
        final=done,
        first=came is None,
        origin=(by_dim["b"].start, by_dim["k"].start, by_dim["n"].start),
    )
