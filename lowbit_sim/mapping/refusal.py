"""Why a product fits nowhere: arrays that starve, tiles that are too large."""

from __future__ import annotations

import numpy as np

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.room import held_bits, levels_at
from lowbit_sim.memory.base import MemoryLevel, Operand
from lowbit_sim.pe.base import Stationary
from lowbit_sim.units import ceil_div


class UnmappableError(LowbitSimError):
    """Something fits nowhere on this machine."""


def fed(place: Place) -> list[Stationary]:
    """Return the operands that may stay such that the innermost memories feed the array.

    Raises
    ------
    UnmappableError
        If there is none: a memory that cannot feed every row and column is refused, not slowed.
    """
    starved = {stays: _starving(place, stays) for stays in place.array.pe.stationary}
    feeding = [stays for stays, reason in starved.items() if reason is None]
    if not feeding:
        raise UnmappableError(next(reason for reason in starved.values() if reason))
    return feeding


def _starving(place: Place, stationary: Stationary) -> str | None:
    """Return which innermost memory cannot feed the array, if any."""
    gemm, pe = place.gemm, place.array.pe
    for (memory, side), needed in feeding(place, stationary).items():
        rate = getattr(memory, f"{side}_bits_per_cycle")
        if rate < needed:
            return (
                f"{memory.name} {side}s {rate} bit/cycle; {place.array.name} "
                f"({pe.rows} × {pe.cols}) needs {needed} bit/cycle for "
                f"{gemm.activation.name} activations and {gemm.weight.name} weights"
            )
    return None


def feeding(place: Place, stationary: Stationary) -> dict[tuple[MemoryLevel, str], int]:
    """Return what each port of an innermost memory must pass in a cycle [bit/cycle].

    What streams comes once for all passes of a multiplication; what stays comes row by row,
    before (or, where preloads are hidden, beside) what streams. A memory that serves several
    operands feeds all of them at once.
    """
    hidden = place.array.pe.conventions.preload == "hidden"
    needs: dict[tuple[MemoryLevel, str], tuple[int, int]] = {}
    for operand, side, needed_bits, preloads in _rates(place, stationary):
        key = (place.machine.path(operand)[-1], side)
        before, meanwhile = needs.get(key, (0, 0))
        if preloads and not hidden:
            needs[key] = (before + needed_bits, meanwhile)
        else:
            needs[key] = (before, meanwhile + needed_bits)
    return {key: max(phases) for key, phases in needs.items()}


def _rates(place: Place, stationary: Stationary) -> list[tuple[Operand, str, int, bool]]:
    """Return (operand, side, bits in a cycle, whether they are a preload) of the array."""
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    terms = pe.terms(gemm.weight, gemm.activation)
    passes = pe.passes(gemm.weight, gemm.activation)
    depth = len(machine.path("weight")) - 1
    weight = place.weight_bits(1, max(depth, machine.decoder_depth + 1))
    activation = gemm.activation.field_bits
    per_row, per_col = pe.rows * terms, pe.cols * terms
    sums_bits = pe.cols * pe.accumulator_bits
    if stationary == "weight":
        weights_bits, inputs_bits = per_col * weight, ceil_div(per_row * activation, passes)
    elif stationary == "input":
        weights_bits, inputs_bits = ceil_div(per_row * weight, passes), per_col * activation
    else:
        weights_bits = ceil_div(per_col * weight, passes)
        inputs_bits = ceil_div(per_row * activation, passes)
    back = gemm.k > per_row  # where outputs stay, too: k may come in several tiles
    if gemm.convolution is not None and machine.unfolding == "array":
        level = machine.path("input")[-1]
        inputs_bits *= level.conflict_factor(gemm.convolution.stride_width)
    return [
        ("input", "read", inputs_bits, stationary == "input"),
        ("weight", "read", weights_bits, stationary == "weight"),
        ("output", "write", sums_bits, False),
        ("output", "read", sums_bits if back else 0, False),
    ]


def too_large(place: Place, reserved_bits: dict[str, int]) -> str:
    """Return why not even the smallest tile fits."""
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    stays = pe.stationary[0]
    units = pe.tile_units(gemm.weight, gemm.activation, stays)
    least = [min(a, b) for a, b in zip(units, (gemm.m, gemm.k, gemm.n), strict=True)]
    for depth in range(1, machine.boundaries + 1):
        m = gemm.m if gemm.on_chip and depth == 1 else least[0]
        held = gemm.on_chip and depth == 1 and not place.crosses("weight", 0)
        batch = gemm.batch if held else 1
        layer = np.array([[batch], [m], [least[1]], [least[2]]], np.int64)
        unfinished = np.array([least[1] < gemm.k])  # sums of an earlier k lie there
        for level in levels_at(place, depth):
            needed = level.buffers * sum(
                int(held_bits(place, operand, depth, layer, unfinished)[0])
                for operand in level.serves
            )
            room_bits = level.capacity_bits - reserved_bits.get(level.name, 0)
            if needed > room_bits:
                return _no_room(level, needed, room_bits, (m, least[1], least[2]))
    return f"no mapping of {gemm.m} × {gemm.k} × {gemm.n} fits the memories of {machine.name}"


def _no_room(
    level: MemoryLevel, needed_bits: int, room_bits: int, tile: tuple[int, int, int]
) -> str:
    return (
        f"the smallest tile, m·k·n = {tile[0]}·{tile[1]}·{tile[2]}, needs {needed_bits:,} bit in "
        f"{level.name} ({level.buffers} buffers), {room_bits:,} bit are free of "
        f"{level.capacity_bits:,}"
    )
