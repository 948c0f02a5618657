"""A mapping unrolled: the nested schedule of a product, and everything that is counted on the way.

At each boundary the tiles of one depth are walked within those of the depth before; the
innermost step is the array at work on a tile. Equal tiles are unrolled once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import OPERANDS
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.mapping.place import Place, Transfer
from lowbit_sim.mapping.schedule import Part, Repeat, Step, TileSchedule
from lowbit_sim.mapping.walk import Repeated, TileStep, walk
from lowbit_sim.pe.base import Stationary, ValueDependent
from lowbit_sim.units import ceil_div

#: the cached walk: equal extents in equal order are walked once
_walk = lru_cache(maxsize=65536)(walk)
Counts = tuple[int, ...]
#: what a depth takes: the array's cycles or a schedule, and the actions on the way
Level = tuple[int | TileSchedule, Counts]


@dataclass(frozen=True, slots=True)
class Move:
    """What a step moves across its boundary: cycles and bits of its load and store, and counts."""

    load_cycles: int
    store_cycles: int
    load_bits: int
    store_bits: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Nest:
    """Unrolls mappings of one product, and remembers what it has unrolled.

    Parameters
    ----------
    place : Place
    known : dict
        Depth, tile and all that decides how it is unrolled -> the result.
    moves, reads : dict
        What steps move and what the array reads, wherever in the product their tiles lie.
    """

    place: Place
    known: dict[tuple[object, ...], Level] = field(default_factory=dict)
    moves: dict[tuple[object, ...], Move] = field(default_factory=dict)
    reads: dict[tuple[object, ...], Counts] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return the actions that a nest counts, in the order of its counts."""
        machine, gemm = self.place.machine, self.place.gemm
        sides = [f"{level.name}.{side}_bit" for level in machine.memories for side in _SIDES]
        return (*sides, f"{machine.dram.name}.activate", f"decoder.{gemm.weight.name}")

    def unroll(self, mapping: Mapping) -> tuple[TileSchedule, Counts]:
        """Return the schedule of `mapping`, and its counts in the order of `names`."""
        gemm = self.place.gemm
        whole = Extent(gemm.batch, gemm.m, gemm.k, gemm.n)
        schedule, counts = self._level(0, whole, mapping, (False, True), (0, 0, 0))
        assert isinstance(schedule, TileSchedule)
        return schedule, counts

    def actions(self, counts: Counts) -> ActionCounts:
        """Return counts by name, with the output path's."""
        return ActionCounts(dict(zip(self.names(), counts, strict=True))) + self.output_path()

    def output_path(self) -> ActionCounts:
        """Return what every mapping does with results: a scale and a bias for each."""
        gemm = self.place.gemm
        results = gemm.batch * gemm.m * gemm.n
        return ActionCounts({"vector.multiply": results, "vector.add": results})

    def _level(
        self,
        depth: int,
        extent: Extent,
        mapping: Mapping,
        ends: tuple[bool, bool],
        origin: tuple[int, int, int],
    ) -> Level:
        """Return one tile of a depth.

        Parameters
        ----------
        ends : tuple of bool
            Whether it adds to sums of an earlier k, and whether no later k adds to its sums.
        origin : tuple of int
            (b, k, n) of its first weight in the product; zeros where values do not decide.
        """
        rest = (mapping.extents[depth:], mapping.orders[depth:], mapping.stationary)
        key = (depth, extent, ends, origin, rest)
        if key not in self.known:
            if depth == len(mapping.extents):
                self.known[key] = self._array(extent, mapping.stationary, ends[0], origin)
            else:
                self.known[key] = self._boundary(depth, extent, mapping, ends, origin)
        return self.known[key]

    def _boundary(
        self,
        depth: int,
        extent: Extent,
        mapping: Mapping,
        ends: tuple[bool, bool],
        origin: tuple[int, int, int],
    ) -> Level:
        accumulates, final = ends
        each = self.place.gemm.levels is not None
        body = _walk(
            extent,
            mapping.extents[depth],
            mapping.orders[depth],
            accumulates=accumulates,
            final=final,
            each=each,
        )
        made: dict[TileStep, tuple[Step, Counts]] = {}

        def make(step: TileStep) -> tuple[Step, Counts]:
            if step not in made:
                start = tuple(a + b for a, b in zip(origin, step.origin, strict=True))
                inner = self._level(
                    depth + 1,
                    step.extent,
                    mapping,
                    (step.accumulates, step.final),
                    (start[0], start[1], start[2]),
                )
                made[step] = self._step(depth, step, inner)
            return made[step]

        parts, counts = _unrolled(body, make)
        returns = any(step.loads_partial for step in made)
        return self._schedule(depth, parts, returns=returns), counts

    def _step(self, depth: int, step: TileStep, inner: Level) -> tuple[Step, Counts]:
        computes, counts = inner
        move = self._move(depth, step)
        nested = computes if isinstance(computes, TileSchedule) else None
        cycles = 0 if isinstance(computes, TileSchedule) else computes
        bits = (move.load_bits, move.store_bits)
        made = Step(move.load_cycles, cycles, move.store_cycles, *bits, nested)
        return made, _sum(counts, move.counts)

    def _move(self, depth: int, step: TileStep) -> Move:
        """Return what a step moves, wherever in the product its tile lies."""
        flags = (step.loads_weight, step.loads_input, step.loads_partial, step.loads_channels)
        key = (depth, step.extent, flags, step.stores, step.final, step.first)
        if key not in self.moves:
            loads, stores = self.place.loads(depth, step), self.place.stores(depth, step)
            self.moves[key] = Move(
                self.place.cycles(loads),
                self.place.cycles(stores),
                sum(one.bits_moved for one in loads if one.side == "read"),
                sum(one.bits_moved for one in stores if one.side == "write"),
                self._moved(depth, step, [*loads, *stores]),
            )
        return self.moves[key]

    def _moved(self, depth: int, step: TileStep, transfers: list[Transfer]) -> Counts:
        place = self.place
        memories = place.machine.memories
        found = [0] * (2 * len(memories) + 2)
        for one in transfers:
            found[2 * memories.index(one.level) + _SIDES.index(one.side)] += one.bits_moved
            found[-2] += one.rows
        decodes = depth == place.machine.decoder_depth and place.gemm.needs_decoder
        if decodes and step.loads_weight and place.crosses("weight", depth):
            found[-1] = step.extent.batch * step.extent.k * step.extent.n
        return tuple(found)

    def _schedule(self, depth: int, body: tuple[Part, ...], *, returns: bool) -> TileSchedule:
        place = self.place
        inner = {
            operand: place.machine.path(operand)[depth + 1].overlapping_buffers
            for operand in OPERANDS
            if place.crosses(operand, depth)
        }
        loads = [count for operand, count in inner.items() if operand != "output"]
        touched = place.machine.path("output")[depth : depth + 2]
        return TileSchedule(
            body,
            min(loads, default=2),
            inner.get("output", 2),
            any(level.shared_port for level in touched),
            returns and "output" in inner,
        )

    def _array(
        self,
        extent: Extent,
        stationary: Stationary,
        accumulates: bool,
        origin: tuple[int, int, int],
    ) -> Level:
        gemm, pe = self.place.gemm, self.place.array.pe
        counts = self._read(extent, stationary, accumulates)
        if gemm.levels is not None:
            return self._profiled_cycles(extent, stationary, origin), counts
        cycles = pe.cycles(extent.tile, gemm.weight, gemm.activation, stationary)
        return extent.batch * cycles, counts

    def _read(self, extent: Extent, stationary: Stationary, accumulates: bool) -> Counts:
        """Return what the array reads and writes in its innermost memories."""
        key = (extent, stationary, accumulates)
        if key not in self.reads:
            memories = self.place.machine.memories
            found = [0] * (2 * len(memories) + 2)
            moved_bits = self.place.array_bits(extent, stationary, accumulates=accumulates)
            for level, side, moved in moved_bits:
                found[2 * memories.index(level) + _SIDES.index(side)] += moved
            self.reads[key] = tuple(found)
        return self.reads[key]

    def _profiled_cycles(
        self, extent: Extent, stationary: Stationary, origin: tuple[int, int, int]
    ) -> int:
        place = self.place
        gemm, pe, (b, k, n) = place.gemm, place.array.pe, origin
        group = cast("ValueDependent", pe.element).group(pe.rows, stationary)
        groups = slice(k // group, k // group + ceil_div(extent.k, group))
        columns = slice(n // pe.cols, n // pe.cols + ceil_div(extent.n, pe.cols))
        return sum(
            pe.profiled_cycles(
                extent.m,
                profile_of(place, stationary)[entry, groups, columns],
                (gemm.weight, gemm.activation),
                stationary,
            )
            for entry in range(b, b + extent.batch)
        )


_SIDES = ("read", "write")


@lru_cache(maxsize=256)
def profile_of(place: Place, stationary: Stationary) -> NDArray[np.int64]:
    """Return the beats of every group of weights, shape (batch, groups of k, folds of n).

    Raises
    ------
    ValueError
        If the array's beats do not depend on values, or the weights are not known.
    """
    gemm, pe = place.gemm, place.array.pe
    if gemm.levels is None or not isinstance(pe.element, ValueDependent):
        raise ValueError(f"{pe.kind}: no weights whose values decide")
    frame = (pe.rows, pe.cols, stationary, gemm.weight)
    return np.stack([pe.element.profile(one, *frame) for one in gemm.levels.values])


def _unrolled(
    body: Iterable[TileStep | Repeated], make: Callable[[TileStep], tuple[Step, Counts]]
) -> tuple[tuple[Part, ...], Counts]:
    parts: list[Part] = []
    total: Counts = ()
    for one in body:
        if isinstance(one, TileStep):
            step, counts = make(one)
            parts.append(step)
        else:
            inner, counts = _unrolled(one.body, make)
            parts.append(Repeat(one.times, inner))
            counts = tuple(one.times * count for count in counts)
        total = _sum(total, counts) if total else counts
    return tuple(parts), total


def _sum(one: Counts, other: Counts) -> Counts:
    return tuple(a + b for a, b in zip(one, other, strict=True))
