"""What fits a memory: the bits that it holds of a tile, against its capacity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.arch.accelerator import OPERANDS
from lowbit_sim.formats.storage import word_layout
from lowbit_sim.mapping.gemm import Gemm
from lowbit_sim.mapping.place import Place
from lowbit_sim.memory.base import MemoryLevel, Operand

Array = NDArray[np.int64]


def fits(
    place: Place,
    reserved_bits: dict[str, int],
    depth: int,
    layer: Array,
    wide: NDArray[np.bool_] | None = None,
    wider_bits: Array | int = 0,
) -> NDArray[np.bool_]:
    """Return which tiles (batch, m, k, n) fit the memories at `depth`."""
    found = np.ones(layer.shape[1], bool)
    for level, needed in needed_bits(place, depth, layer, wide):
        room_bits = level.capacity_bits - reserved_bits.get(level.name, 0)
        in_place = wider_bits if "output" in level.serves else 0
        found &= needed + in_place <= room_bits
    return found


def needed_bits(
    place: Place, depth: int, layer: Array, wide: NDArray[np.bool_] | None = None
) -> Iterator[tuple[MemoryLevel, Array]]:
    """Yield every memory at `depth` with what its buffers need of tiles (batch, m, k, n) [bit].

    `wide` as for `held_bits`.
    """
    for level in levels_at(place, depth):
        each = (held_bits(place, operand, depth, layer, wide) for operand in level.serves)
        yield level, np.asarray(level.buffers * sum(each, np.zeros(layer.shape[1], np.int64)))


def held_bits(
    place: Place,
    operand: Operand,
    depth: int,
    layer: Array,
    wide: NDArray[np.bool_] | None = None,
) -> Array:
    """Return what one buffer at `depth` holds of an operand's tiles (batch, m, k, n) [bit].

    Nothing where it stays there between operators. `wide` says where sums of an earlier k can
    lie; left out, nowhere but in the innermost memory.
    """
    gemm, path = place.gemm, place.machine.path(operand)
    batch, m, k, n = layer
    if depth == 1 and not place.crosses(operand, 0):
        return np.zeros_like(m)
    if operand == "weight":
        behind = depth > place.machine.decoder_depth or gemm.weights_are_activations
        weights = batch * k * n
        held = weights * place.weight_bits(1, depth) if behind else _packed_bits(gemm, weights)
        return np.asarray(held + batch * n * gemm.channel_bits * (depth < len(path) - 1))
    if operand == "input":
        unfolded = place.machine.unfolding == "scratchpad" and depth == len(path) - 1
        elements = gemm.unfolded_elements(m, k) if unfolded else gemm.distinct_elements(m, k)
        return np.asarray(batch * elements * gemm.activation.field_bits)
    sums_bits, results_bits = place.array.pe.accumulator_bits, gemm.output.field_bits
    if depth == len(path) - 1:
        return np.asarray(batch * m * n * sums_bits)
    wider_bits = max(sums_bits, results_bits)
    width = results_bits if wide is None else np.where(wide, wider_bits, results_bits)
    return np.asarray(batch * m * n * width)


def _packed_bits(gemm: Gemm, weights: Array) -> Array:
    """Return `Gemm.stored_weight_bits` of many numbers of weights."""
    if gemm.packing == "whole_field":
        return np.asarray(8 * -(-weights * gemm.weight.field_bits // 8))
    layout = word_layout(gemm.weight, gemm.packing)
    return np.asarray(layout.word_bits * -(-weights // layout.digits))


def levels_at(place: Place, depth: int) -> list[MemoryLevel]:
    """Return the memories at `depth`, in the machine's order."""
    machine = place.machine
    held = [path[depth] for o in OPERANDS if len(path := machine.path(o)) > depth]
    return [level for level in machine.memories if level in held]
