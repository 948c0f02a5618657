"""A whole matrix product, block by block through the shared SRAM: what crosses the DRAM port.

A step loads the weights (biases and scales with them) and the inputs that are new with its block,
and stores its results::

    load    latency + ⌈bits / min(dram.read, sram.write)⌉
    store   latency + ⌈bits / min(dram.write, sram.read)⌉

Its computation is the block's inner schedule. Where activations stay on the chip, only weights
cross the port, besides the network's input (with the first block) and output.
"""

from __future__ import annotations

from itertools import product

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.mapping.block_schedule import Place, block_schedule
from lowbit_sim.mapping.mapping import BlockOrder, ScratchpadMapping
from lowbit_sim.mapping.schedule import Step, TileSchedule
from lowbit_sim.mapping.tiling import extents
from lowbit_sim.pe.base import Tile
from lowbit_sim.units import ceil_div


def dram_step(machine: Accelerator, load_bits: int, store_bits: int, inner: TileSchedule) -> Step:
    """Return the step that loads, runs `inner` and stores."""
    dram, sram = machine.dram, machine.shared_sram
    in_rate = min(dram.read_bits_per_cycle, sram.write_bits_per_cycle)
    out_rate = min(dram.write_bits_per_cycle, sram.read_bits_per_cycle)
    return Step(
        load_cycles=dram.latency_cycles + ceil_div(load_bits, in_rate) if load_bits else 0,
        compute_cycles=0,
        store_cycles=dram.latency_cycles + ceil_div(store_bits, out_rate) if store_bits else 0,
        load_bits=load_bits,
        store_bits=store_bits,
        inner=inner,
    )


def dram_actions(machine: Accelerator, schedule: TileSchedule) -> ActionCounts:
    """Return the actions of a schedule's own transfers, between DRAM and shared SRAM."""
    dram, sram = machine.dram.name, machine.shared_sram.name
    return ActionCounts(
        {
            f"{dram}.read_bit": schedule.total_load_bits,
            f"{sram}.write_bit": schedule.total_load_bits,
            f"{sram}.read_bit": schedule.total_store_bits,
            f"{dram}.write_bit": schedule.total_store_bits,
        }
    )


def block_bits(place: Place, m: int, n: int) -> int:
    """Return what a block of m × n outputs needs in the shared SRAM besides what is resident."""
    gemm = place.gemm
    if gemm.on_chip and gemm.weights_are_activations:
        return 0
    weights = gemm.stored_parameter_bits(n)
    if gemm.on_chip:
        return weights
    return weights + gemm.input_bits(m) + gemm.batch * m * n * gemm.output.field_bits


def block_walk(whole: Tile, block: Tile, order: BlockOrder) -> list[tuple[tuple[int, int], Tile]]:
    """Return ((m index, n index), block shape) in order."""
    ms = list(enumerate(extents(whole.m, block.m)))
    ns = list(enumerate(extents(whole.n, block.n)))
    if order == "nm":
        return [((i, j), Tile(m, whole.k, n)) for (j, n), (i, m) in product(ns, ms)]
    return [((i, j), Tile(m, whole.k, n)) for (i, m), (j, n) in product(ms, ns)]


def block_step(
    place: Place,
    shape: Tile,
    mapping: ScratchpadMapping,
    now: tuple[int, int],
    last: tuple[int, int] | None,
) -> Step:
    """Return the step of the block at index `now`, after the block at index `last`."""
    gemm = place.gemm
    weights_come = not (gemm.on_chip and gemm.weights_are_activations)
    new_weights = weights_come and (last is None or now[1] != last[1])
    new_inputs = not gemm.on_chip and (last is None or now[0] != last[0])
    load = gemm.stored_parameter_bits(shape.n) if new_weights else 0
    load += gemm.input_bits(shape.m) if new_inputs else 0
    if gemm.on_chip and last is None:
        load += gemm.input_from_dram_bits
    leaves = not gemm.on_chip or gemm.output_to_dram
    store = gemm.batch * shape.m * shape.n * gemm.output.field_bits if leaves else 0
    return dram_step(place.machine, load, store, block_schedule(place, shape, mapping))
