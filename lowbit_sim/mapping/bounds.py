"""What no engine can beat: cycles and energy of many mappings at once, from below.

**Cycles**: the larger of

- the array's own cycles, exactly, with the first load and the last store of every whole tile's
  walk, which nothing hides;
- at every boundary, the time in which all loads pass their slowest port, with a latency for each
  of them, and what cannot overlap with them: the first load and last store of the boundaries
  outside, the last stores of this one, and at the outermost one the last tile's computation;
  likewise for stores; and for loads and stores together where they share a port.

**Energy**: bits that cross each boundary and that the array reads and writes, times their price
(`lowbit_sim.mapping.traffic`). Roundings are left out, hence from below.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.arch.accelerator import OPERANDS, Accelerator
from lowbit_sim.mapping.nest import profile_of
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.space import Candidates
from lowbit_sim.mapping.traffic import (
    Counts,
    array_sides,
    sides_of,
    tile_counts,
    tile_input_bits,
    traffic,
    weight_bits,
)
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.folding import interval_cycles

Array = NDArray[np.int64]
Side = tuple[MemoryLevel, str, Array]


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast memories are, on one machine or on many at once.

    Parameters
    ----------
    width_bits : mapping of (str, str) to int or ndarray of int64, shape (machines, 1)
        What a port passes in a cycle, by the memory's name and ``read`` or ``write`` [bit].
    latency_cycles : mapping of str to int or ndarray of int64, shape (machines, 1)
        By the memory's name [cycle].
    """

    width_bits: Table[tuple[str, str], Any]
    latency_cycles: Table[str, Any]


def rates_of(machine: Accelerator) -> Rates:
    """Return the rates of one machine."""
    return Rates(
        {
            (level.name, side): getattr(level, f"{side}_bits_per_cycle")
            for level in machine.memories
            for side in ("read", "write")
        },
        {level.name: level.latency_cycles for level in machine.memories},
    )


def lower_bounds(
    place: Place, found: Candidates, pj_per_action: Table[str, float]
) -> tuple[Array, NDArray[np.float64]]:
    """Return cycles and energy [pJ] that no candidate beats, arrays of one shape.

    The array's own energy, the same for every candidate, is left out.
    """
    cycles, sides = least_demands(place, found, rates_of(place.machine))
    return cycles, priced_pj(sides, pj_per_action)


def least_demands(place: Place, found: Candidates, rates: Rates) -> tuple[Array, list[Side]]:
    """Return the cycles that no candidate beats, and the bits that each memory moves at least.

    Cycles have the shape (machines, candidates) where `rates` are those of many machines, which
    differ in nothing else.
    """
    depths = len(found.m)
    counts = [tile_counts(place, found, depth) for depth in range(depths)]
    firsts = [_first_load(place, found, depth, rates) for depth in range(depths)]
    lasts = [_last_store(place, found, depth, rates) for depth in range(depths)]
    walks = [_whole_walks(place, found, depth) for depth in range(depths)]
    path = sum(w * (a + b) for w, a, b in zip(walks, firsts, lasts, strict=True))
    cycles = path + _compute(place, found)
    outside = np.zeros_like(cycles)
    sides = list(array_sides(place, found, counts[-1]))
    for depth in range(depths):
        loads, stores = sides_of(place, depth, traffic(place, found, depth, counts[depth]))
        sides += [*loads, *stores]
        load = port_cycles(loads, _load_latency(place, depth, counts[depth], rates), rates)
        store = port_cycles(stores, _store_latency(place, depth, counts[depth], rates), rates)
        after = _last_tile(place, found, counts[0]) if depth == 0 else 0
        busy = np.maximum(
            load + walks[depth] * lasts[depth] + after, store + walks[depth] * firsts[depth]
        )
        if _shares_port(place, depth):
            busy = np.maximum(busy, load + store)
        cycles = np.maximum(cycles, outside + busy)
        outside = outside + firsts[depth] + lasts[depth]
    return np.asarray(cycles), sides


def _whole_walks(place: Place, found: Candidates, depth: int) -> Any:
    """Return how many whole tiles are walked at a boundary."""
    if depth == 0:
        return 1
    walks = np.ones_like(found.m[0])
    for dim in ("batch", "m", "k", "n"):
        walks = walks * (getattr(place.gemm, dim) // getattr(found, dim)[depth - 1])
    return walks


def _first_load(place: Place, found: Candidates, depth: int, rates: Rates) -> Array:
    """Return the least cycles of the first load in the walk of a whole tile."""
    gemm, machine = place.gemm, place.machine
    sides: list[Side] = []
    latency_cycles: Any = 0
    batch, m, k, n = (getattr(found, d)[depth] for d in ("batch", "m", "k", "n"))
    if place.crosses("weight", depth):
        path = machine.path("weight")
        weights = batch * k * n
        sides.append((path[depth], "read", weight_bits(place, weights, depth)))
        sides.append((path[depth + 1], "write", weight_bits(place, weights, depth + 1)))
        latency_cycles = rates.latency_cycles[path[depth].name]
    if place.crosses("input", depth):
        path = machine.path("input")
        inputs = tile_input_bits(place, depth, batch, m, k)
        sides += [(path[depth], "read", inputs), (path[depth + 1], "write", inputs)]
        latency_cycles = np.maximum(latency_cycles, rates.latency_cycles[path[depth].name])
    if depth == 0 and gemm.on_chip and gemm.input_from_dram_bits:
        arriving = np.full_like(m, gemm.input_from_dram_bits)
        sides.append((machine.dram, "read", arriving))
        latency_cycles = rates.latency_cycles[machine.dram.name]
    return port_cycles(sides, np.zeros_like(m) + latency_cycles, rates)


def _last_store(place: Place, found: Candidates, depth: int, rates: Rates) -> Array:
    """Return the least cycles of the last store in the walk of a whole tile."""
    gemm, path = place.gemm, place.machine.path("output")
    none = np.zeros_like(found.m[depth])
    leaves = place.crosses("output", depth) or (depth == 0 and gemm.output_to_dram)
    if not leaves or len(path) - 1 <= depth:
        return np.asarray(none)
    sums_bits, results_bits = place.array.pe.accumulator_bits, gemm.output.field_bits
    partial = found.k[depth - 1] < gemm.k if depth else none > 0
    elements = np.ones_like(none)
    for dim in ("batch", "m", "n"):
        whole = getattr(found, dim)[depth - 1] if depth else getattr(gemm, dim)
        tile = getattr(found, dim)[depth]
        elements = elements * (whole - (whole - 1) // tile * tile)
    moved = elements * np.where(partial, min(sums_bits, results_bits), results_bits)
    read = elements * sums_bits if path[depth + 1] is path[-1] else moved
    sides = [(path[depth], "write", moved), (path[depth + 1], "read", read)]
    return port_cycles(sides, none + rates.latency_cycles[path[depth].name], rates)


def _load_latency(place: Place, depth: int, counts: Counts, rates: Rates) -> Array:
    """Return the latency that all loads of a boundary wait for [cycle]."""
    events = {
        "weight": counts.batches * counts.k * counts.n * counts.weight,
        "input": counts.batches * counts.m * counts.k * counts.input,
    }
    total = np.zeros_like(counts.m)
    for operand in OPERANDS:
        if operand in events and place.crosses(operand, depth):
            level = place.machine.path(operand)[depth]
            waits = events[operand] * rates.latency_cycles[level.name]
            total = np.maximum(total, waits)
    return total


def _store_latency(place: Place, depth: int, counts: Counts, rates: Rates) -> Array:
    if not place.crosses("output", depth):
        return np.zeros_like(counts.m)
    level = place.machine.path("output")[depth]
    events = counts.batches * counts.m * counts.n * counts.stores
    return np.asarray(events * rates.latency_cycles[level.name])


def _shares_port(place: Place, depth: int) -> bool:
    path = place.machine.path("output")
    return any(level.shared_port for level in path[depth : depth + 2])


def _compute(place: Place, found: Candidates) -> Array:
    gemm = place.gemm
    if gemm.levels is not None:
        return _profiled(place, found)
    return array_cycles(place, found, (gemm.batch, gemm.m, gemm.k, gemm.n))


def _profiled(place: Place, found: Candidates) -> Array:
    """Return the array's cycles where values decide: all beats, and what no fold is spared.

    Exact where folds are separate and their preload is exposed.
    """
    gemm, pe, stays = place.gemm, place.array.pe, found.stationary
    profile = profile_of(place, stays)
    one = pe.folds(1, 1, 1, (gemm.weight, gemm.activation), stays)
    m_tiles, k_tiles = -(-gemm.m // found.m[-1]), -(-gemm.k // found.k[-1])
    tiles = gemm.batch * m_tiles * k_tiles * -(-gemm.n // found.n[-1])
    if stays == "output":
        rows = -(-gemm.m // pe.rows)
        folds = gemm.batch * rows * profile.shape[2] * k_tiles
    else:
        rows = gemm.m
        folds = profile.size * m_tiles
    preloads = folds if pe.conventions.preload == "exposed" else tiles
    crossings = folds if pe.conventions.folds == "separate" else tiles
    waits = preloads * one.preload_cycles + crossings * (one.skew_cycles + one.drain_cycles)
    return np.asarray(rows * int(profile.sum()) + waits)


def _last_tile(place: Place, found: Candidates, first: Counts) -> Any:
    """Return the array's cycles over the last tile of depth 1."""
    gemm = place.gemm
    if gemm.levels is not None:
        return 0
    batch = gemm.batch - (first.batches - 1) * found.batch[0]
    m, k, n = (getattr(gemm, d) - (getattr(first, d) - 1) * getattr(found, d)[0] for d in "mkn")
    return array_cycles(place, found, (batch, m, k, n))


def array_cycles(place: Place, found: Candidates, whole: tuple[Any, Any, Any, Any]) -> Array:
    """Return the array's cycles over `whole` (batch, m, k, n) in tiles of the last depth."""
    gemm, pe, stays = place.gemm, place.array.pe, found.stationary
    batch, m, k, n = whole
    tile = {"m": found.m[-1], "k": found.k[-1], "n": found.n[-1]}
    total = {"m": m, "k": k, "n": n}
    streamed = {"weight": "m", "output": "k", "input": "n"}[stays]
    held = [dim for dim in "mkn" if dim != streamed]
    tiles = {dim: -(-total[dim] // tile[dim]) for dim in "mkn"}
    formats = (gemm.weight, gemm.activation)
    folds = pe.folds(**total, formats=formats, stays=stays).count
    several = tiles[held[0]] * tiles[held[1]]
    cycles = np.zeros_like(tile["m"])
    ragged = total[streamed] - (tiles[streamed] - 1) * tile[streamed]
    for extent, times in ((tile[streamed], tiles[streamed] - 1), (ragged, 1)):
        single = {**dict.fromkeys("mkn", 1), streamed: extent}
        one = pe.folds(**single, formats=formats, stays=stays)
        once = one.preload_cycles + one.beats + one.skew_cycles + one.drain_cycles
        every = (folds - several) * interval_cycles(one, pe.conventions) + several * once
        cycles = cycles + times * every
    return np.asarray(batch * cycles)


def port_cycles(sides: list[Side], latency_cycles: Array, rates: Rates) -> Array:
    """Return the least cycles in which transfers pass their ports, latencies included [cycle]."""
    port_bits: dict[tuple[str, str], Any] = {}
    for level, side, moved in sides:
        key = (level.name, side)
        port_bits[key] = port_bits.get(key, 0) + moved
    slowest = np.zeros_like(latency_cycles)
    for key, moved in port_bits.items():
        slowest = np.maximum(slowest, -(-moved // rates.width_bits[key]))
    return np.asarray(slowest + latency_cycles)


def priced_pj(sides: Iterable[Side], pj_per_action: Table[str, float]) -> NDArray[np.float64]:
    """Return the energy of (memory, side, bits) [pJ]."""
    total: NDArray[np.float64] = np.zeros(1)
    for level, side, moved in sides:
        total = total + moved * pj_per_action[f"{level.name}.{side}_bit"]
    return total
