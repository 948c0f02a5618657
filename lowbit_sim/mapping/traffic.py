"""What passes every boundary in all, for many mappings at once.

Bits are counted as if nothing were rounded: words, bursts and packing tile by tile are left out,
and where ragged tiles move less often than whole ones, all are taken to do so. Tiles are powers
of two of one unit, or the whole: a dimension has ⌈whole / extent⌉ tiles at any depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.arch.accelerator import OPERANDS
from lowbit_sim.formats.storage import stored_bits_per_weight
from lowbit_sim.mapping.mapping import LOOP_ORDERS
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.space import Candidates, spills, tile_extents
from lowbit_sim.memory.base import MemoryLevel

Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Tiles of each dimension at one depth, and how often elements pass the boundary before it.

    Parameters
    ----------
    batches, m, k, n : ndarray of int64
        Tiles of the whole at this depth.
    weight, input, stores : ndarray of int64
        How often each weight and each input come in, and each sum leaves.
    """

    batches: Array
    m: Array
    k: Array
    n: Array
    weight: Array
    input: Array
    stores: Array


def tile_counts(place: Place, found: Candidates, depth: int) -> Counts:
    """Return the counts of depth + 1 and of the boundary before it (`depth` from 0)."""
    gemm = place.gemm
    inner = [_ceil(getattr(gemm, d), getattr(found, d)[depth]) for d in "mkn"]
    outer: list[Any] = [1, 1, 1]
    outer_extents: list[Any] = [None, None, None]
    if depth:
        outer_extents = [getattr(found, d)[depth - 1] for d in "mkn"]
        outer = [_ceil(getattr(gemm, d), e) for d, e in zip("mkn", outer_extents, strict=True)]
    # whether every tile of the depth before holds more than one of this depth
    many_m, many_k, many_n = (
        _least_rounds(getattr(gemm, d), before, getattr(found, d)[depth]) > 1
        for d, before in zip("mkn", outer_extents, strict=True)
    )
    order = found.orders[depth]
    nkm, nmk, mnk, mkn = (order == index for index in range(len(LOOP_ORDERS)))
    weight_again = (nmk & many_k) | ((mnk | mkn) & (many_k | many_n))
    input_again = ((nkm | nmk) & (many_m | many_k)) | (mnk & many_k)
    spilled = spills(found, depth, place) & many_k & np.where(nkm, many_m, many_n)
    return Counts(
        _ceil(gemm.batch, found.batch[depth]),
        inner[0],
        inner[1],
        inner[2],
        weight=np.where(weight_again, inner[0], outer[0]),
        input=np.where(input_again, inner[2], outer[2]),
        stores=np.where(spilled, inner[1], outer[1]),
    )


def _ceil(total: int, extent: Array) -> Array:
    return np.asarray(-(-total // extent))


def _least_rounds(whole: int, before: Array | None, now: Array) -> Array:
    """Return the fewest rounds of `now` within any tile of `before`."""
    if before is None:
        return _ceil(whole, now)
    ragged = whole - (whole - 1) // before * before
    return np.asarray(np.minimum(-(-before // now), -(-ragged // now)))


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bits that pass one boundary in all, by operand and direction; what one tile takes.

    Parameters
    ----------
    weight_out, weight_in, input, partial, sums, stores : ndarray
        Packed weights leaving and arriving, inputs, sums that come back, all that leaves the
        inner memory, and what of it is stored in the outer one [bit].
    """

    weight_out: Array
    weight_in: Array
    input: Array
    partial: Array
    sums: Array
    stores: Array


def traffic(place: Place, found: Candidates, depth: int, counts: Counts) -> Traffic:
    """Return what passes the boundary `depth` (from 0) in all."""
    gemm = place.gemm
    zero = np.zeros_like(found.m[0])
    weights = gemm.batch * gemm.k * gemm.n * counts.weight
    weight = [zero, zero]
    if place.crosses("weight", depth):
        weight = [weight_bits(place, weights, at) for at in (depth, depth + 1)]
        weight[0] = weight[0] + gemm.batch * gemm.n * gemm.channel_bits
    inputs = zero
    if place.crosses("input", depth):
        inputs = _input_elements(place, found, depth) * counts.input * gemm.activation.field_bits
    results = gemm.batch * gemm.m * gemm.n
    stores = partial = times = zero
    if place.crosses("output", depth):
        times = counts.stores
        partial = results * (times - 1) * place.array.pe.accumulator_bits
        stores = partial + results * gemm.output.field_bits
    elif depth == 0 and gemm.output_to_dram:
        times = zero + 1
        stores = zero + results * gemm.output.field_bits
    if depth == 0 and gemm.on_chip:
        inputs = inputs + gemm.input_from_dram_bits
    sums = stores
    if depth + 2 == len(place.machine.path("output")):  # the innermost holds sums, never results
        sums = results * times * place.array.pe.accumulator_bits
    return Traffic(weight[0], weight[1], inputs, partial, sums, stores)


def weight_bits(place: Place, weights: Array, depth: int) -> Array:
    """Return what so many weights take at least in the memory at `depth` [bit]."""
    gemm = place.gemm
    if gemm.weights_are_activations or depth > place.machine.decoder_depth:
        return weights * place.weight_bits(1, depth)
    words = stored_bits_per_weight(gemm.weight, gemm.packing)
    return weights * words.numerator // words.denominator


def tile_input_bits(place: Place, depth: int, batch: Array, m: Array, k: Array) -> Array:
    """Return what a tile's inputs take on their way across the boundary `depth` [bit]."""
    gemm = place.gemm
    unfolded = place.machine.unfolding == "scratchpad"
    if unfolded and depth + 2 == len(place.machine.path("input")):
        return np.asarray(batch * m * k * gemm.activation.field_bits)
    return np.asarray(batch * gemm.distinct_elements(m, k) * gemm.activation.field_bits)


def _input_elements(place: Place, found: Candidates, depth: int) -> Array:
    """Return the inputs of all (m, k) tiles together, for one pass over n."""
    gemm, path = place.gemm, place.machine.path("input")
    unfolded = place.machine.unfolding == "scratchpad" and depth + 2 == len(path)
    if gemm.convolution is None or unfolded:
        return np.full_like(found.m[0], gemm.batch * gemm.m * gemm.k)
    units = place.array.pe.tile_units(gemm.weight, gemm.activation, found.stationary)
    ms, ks = (np.array(tile_extents(*pair)) for pair in ((gemm.m, units[0]), (gemm.k, units[1])))
    of_m, of_k = np.searchsorted(ms, found.m[depth]), np.searchsorted(ks, found.k[depth])
    m, k = ms[:, None], ks[None, :]
    total = np.zeros((len(ms), len(ks)), np.int64)
    for rows, row_times in ((m, gemm.m // m), (gemm.m % m, 1)):
        for terms, term_times in ((k, gemm.k // k), (gemm.k % k, 1)):
            some = (rows > 0) & (terms > 0)
            elements = gemm.distinct_elements(np.maximum(rows, 1), np.maximum(terms, 1))
            total += np.where(some, row_times * term_times * elements, 0)
    return np.asarray(gemm.batch * total[of_m, of_k])


def sides_of(
    place: Place, depth: int, passed: Traffic
) -> tuple[list[tuple[MemoryLevel, str, Array]], list[tuple[MemoryLevel, str, Array]]]:
    """Return (memory, side, bits) of all loads, and of all stores, of a boundary."""
    loads: list[tuple[MemoryLevel, str, Array]] = []
    stores: list[tuple[MemoryLevel, str, Array]] = []
    leaving = {"weight": passed.weight_out, "input": passed.input, "output": passed.partial}
    arriving = {**leaving, "weight": passed.weight_in}
    for operand in OPERANDS:
        path = place.machine.path(operand)
        if len(path) - 1 > depth:
            loads.append((path[depth], "read", leaving[operand]))
            loads.append((path[depth + 1], "write", arriving[operand]))
            if operand == "output":
                stores.append((path[depth], "write", passed.stores))
                stores.append((path[depth + 1], "read", passed.sums))
    return loads, stores


def array_sides(
    place: Place, found: Candidates, last: Counts
) -> list[tuple[MemoryLevel, str, Array]]:
    """Return (memory, side, bits) of all that the array reads and writes."""
    gemm, pe, stays = place.gemm, place.array.pe, found.stationary
    words = -(-gemm.k // pe.terms(gemm.weight, gemm.activation))
    k_folds, n_folds = -(-words // pe.rows), -(-gemm.n // pe.cols)
    m_folds = -(-gemm.m // (pe.cols if stays == "input" else pe.rows))
    zero = np.zeros_like(found.m[0])
    weights = gemm.batch * gemm.k * gemm.n * (last.m if stays == "weight" else zero + m_folds)
    inputs = gemm.batch * gemm.m * gemm.k * (last.n if stays == "input" else zero + n_folds)
    writes = gemm.batch * gemm.m * gemm.n * (last.k if stays == "output" else zero + k_folds)
    inner = {operand: place.machine.path(operand)[-1] for operand in OPERANDS}
    weight_depth = len(place.machine.path("weight")) - 1
    sums_bits = pe.accumulator_bits
    return [
        (inner["weight"], "read", weight_bits(place, weights, weight_depth)),
        (inner["input"], "read", inputs * gemm.activation.field_bits),
        (inner["output"], "write", writes * sums_bits),
        (inner["output"], "read", (writes - gemm.batch * gemm.m * gemm.n) * sums_bits),
    ]
