"""Every scratchpad mapping of a block that fits, with a lower bound on its cycles.

**Stated space**: both stationary operands, the three loop orders of `LOOP_ORDERS`, and for each
of m, k, n the tile extents ``unit · 2^i`` and the whole dimension, where the unit is the array's
columns for n and its rows for m and k. A tile fits if every operand's tile, times its
scratchpad's buffers, does not exceed the capacity.

**Bound**: the array's own cycles plus the first load and the last store, or the link's bits over
its bandwidth, whichever is more. It never exceeds the true cycles, so a search in the order of
the bound may stop as soon as the bound exceeds the best found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from lowbit_sim.mapping.block_schedule import Place
from lowbit_sim.mapping.mapping import LoopOrder
from lowbit_sim.mapping.tiling import load_counts
from lowbit_sim.pe.base import Stationary, Tile
from lowbit_sim.units import ceil_div


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tiling, the operand that stays, and the cycles of the array alone."""

    compute_cycles: int
    stationary: Stationary
    tile: Tile


def tile_extents(total: int, unit: int) -> list[int]:
    """Return ``unit · 2^i`` below `total`, and `total`.

    Examples
    --------
    >>> tile_extents(197, 32)
    [32, 64, 128, 197]
    """
    found = []
    extent = unit
    while extent < total:
        found.append(extent)
        extent *= 2
    return [*found, total]


def candidates(place: Place, block: Tile, stationary: Stationary) -> list[Candidate]:
    """Return every tiling of the stated space that fits, the least array cycles first."""
    tiles = _fitting_tiles(place, block)
    cycles = _compute_cycles(place, block, tiles, stationary)
    found = [Candidate(c, stationary, tile) for c, tile in zip(cycles, tiles, strict=True)]
    return sorted(found, key=lambda candidate: candidate.compute_cycles)


def bound_cycles(place: Place, block: Tile, candidate: Candidate, order: LoopOrder) -> int:
    """Return cycles that `candidate` in loop order `order` cannot beat."""
    gemm, pe, sram = place.gemm, place.array.pe, place.machine.shared_sram
    tile, act_bits = candidate.tile, place.gemm.activation.field_bits
    times = load_counts(block, tile, order)
    # packing tile by tile is never tighter than packing the whole block
    weights = times.weight * gemm.stored_weight_bits(block.k, block.n)
    inputs = times.input * block.m * block.k * act_bits
    sums = block.m * block.n * pe.accumulator_bits
    results = block.m * block.n * gemm.output.field_bits
    loaded = gemm.batch * (weights + inputs + times.partial_loads * sums)
    stored = gemm.batch * ((times.stores - 1) * sums + results)
    packed = gemm.stored_weight_bits(tile.k, tile.n)
    field = tile.k * tile.n * gemm.held_weight_bits
    first = place.load_cycles(packed, field, tile.m * tile.k * act_bits, 0)
    last_m, last_n = (_pieces(getattr(block, d), getattr(tile, d))[-1][0] for d in "mn")
    last = place.store_cycles(last_m * last_n * gemm.output.field_bits)
    return max(
        first + candidate.compute_cycles + last,
        ceil_div(loaded, sram.read_bits_per_cycle),
        ceil_div(stored, sram.write_bits_per_cycle),
    )


def _fitting_tiles(place: Place, block: Tile) -> list[Tile]:
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    units = {"m": pe.rows, "k": pe.rows, "n": pe.cols}
    weight, inputs, output = (machine.scratchpad(o) for o in ("weight", "input", "output"))
    room = {
        "weight": weight.capacity_bits // weight.buffers // gemm.held_weight_bits,
        "input": inputs.capacity_bits // inputs.buffers // gemm.activation.field_bits,
        "output": output.capacity_bits // output.buffers // pe.accumulator_bits,
    }
    extents = (tile_extents(getattr(block, dim), units[dim]) for dim in "mkn")
    return [
        Tile(m, k, n)
        for m, k, n in product(*extents)
        if k * n <= room["weight"] and m * k <= room["input"] and m * n <= room["output"]
    ]


def _compute_cycles(
    place: Place, block: Tile, tiles: list[Tile], stationary: Stationary
) -> list[int]:
    """Return the array's cycles over all tiles of the block, for each way of tiling it."""
    gemm, pe = place.gemm, place.array.pe
    known: dict[Tile, int] = {}
    totals = []
    for tile in tiles:
        total = 0
        for (m, tm), (k, tk), (n, tn) in product(
            *(_pieces(getattr(block, dim), getattr(tile, dim)) for dim in "mkn")
        ):
            piece = Tile(m, k, n)
            if piece not in known:
                known[piece] = pe.cycles(piece, gemm.weight, gemm.activation, stationary)
            total += tm * tk * tn * known[piece]
        totals.append(total * gemm.batch)
    return totals


def _pieces(total: int, tile: int) -> list[tuple[int, int]]:
    """Return (extent, how many) of the whole tiles and of the ragged last one."""
    whole, rest = divmod(total, tile)
    return [(tile, whole)] * (whole > 0) + [(rest, 1)] * (rest > 0)
