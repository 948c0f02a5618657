"""One block of the shared SRAM, tile by tile through the scratchpads: schedule and actions.

**Load**: weight, input and partial sums of a step leave the shared SRAM through its one read
port and enter their scratchpads side by side::

    latency + max(⌈(W + I + P) / sram.read⌉,
                  ⌈Wf / weight.write⌉, ⌈I / input.write⌉, ⌈P / output.write⌉)

with W the weights as packed and Wf as whole fields (the decoder sits in between). Biases and
scales of the tile's channels come with the step that stores results, and count with W. **Store**:
``latency + ⌈O / min(output.read, sram.write)⌉``, O at the width of partial sums, or of the result
once the last k is in. Where partial sums come back, every step takes its output buffer with its
load: a tile's sums cannot be read before they are stored, and no third tile fits two buffers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator, NamedArray
from lowbit_sim.mapping.gemm import Gemm
from lowbit_sim.mapping.mapping import ScratchpadMapping
from lowbit_sim.mapping.schedule import Step, TileSchedule, schedule_of
from lowbit_sim.mapping.tiling import TileStep, load_counts, walk
from lowbit_sim.memory.base import Operand
from lowbit_sim.pe.base import Tile
from lowbit_sim.units import ceil_div

OPERANDS: tuple[Operand, ...] = ("weight", "input", "output")


@dataclass(frozen=True, slots=True)
class Place:
    """A matrix product on one array of one machine."""

    gemm: Gemm
    array: NamedArray
    machine: Accelerator

    def load_cycles(
        self, packed_bits: int, field_bits: int, input_bits: int, partial_bits: int
    ) -> int:
        """Return the cycles to bring a step's operands in (0 if there are none)."""
        sram = self.machine.shared_sram
        sent = packed_bits + input_bits + partial_bits
        if not sent:
            return 0
        entering = (
            (self.machine.scratchpad("weight"), field_bits),
            (self.machine.scratchpad("input"), input_bits),
            (self.machine.scratchpad("output"), partial_bits),
        )
        arrival = max(ceil_div(b, level.write_bits_per_cycle) for level, b in entering)
        return sram.latency_cycles + max(ceil_div(sent, sram.read_bits_per_cycle), arrival)

    def store_cycles(self, sent_bits: int) -> int:
        """Return the cycles to send results to the shared SRAM (0 if there are none)."""
        sram, scratchpad = self.machine.shared_sram, self.machine.scratchpad("output")
        rate = min(sram.write_bits_per_cycle, scratchpad.read_bits_per_cycle)
        return sram.latency_cycles + ceil_div(sent_bits, rate) if sent_bits else 0


@lru_cache(maxsize=65536)
def block_schedule(place: Place, block: Tile, mapping: ScratchpadMapping) -> TileSchedule:
    """Return the schedule of one block (the whole batch of it) under `mapping`."""
    runs = [
        (times, _step(place, step, mapping))
        for times, step in walk(block, mapping.tile, mapping.order)
    ]
    sram = place.machine.shared_sram
    loads = min(place.machine.scratchpad(operand).buffers for operand in ("weight", "input"))
    stores = place.machine.scratchpad("output").buffers
    repeated = runs * place.gemm.batch
    return schedule_of(
        repeated,
        (loads, stores),
        shared_port=sram.shared_port,
        loads_outputs=load_counts(block, mapping.tile, mapping.order).partial_loads > 0,
    )


def _step(place: Place, step: TileStep, mapping: ScratchpadMapping) -> Step:
    gemm, tile = place.gemm, step.tile
    packed = gemm.stored_weight_bits(tile.k, tile.n) if step.loads_weight else 0
    channels = tile.n * gemm.channel_bits if step.final else 0
    field = tile.k * tile.n * gemm.held_weight_bits if step.loads_weight else 0
    inputs = tile.m * tile.k * gemm.activation.field_bits if step.loads_input else 0
    sums = tile.m * tile.n * place.array.pe.accumulator_bits
    partial = sums if step.loads_partial else 0
    sent = stored_result_bits(place, step)
    return Step(
        place.load_cycles(packed + channels, field, inputs, partial),
        place.array.pe.cycles(tile, gemm.weight, gemm.activation, mapping.stationary),
        place.store_cycles(sent),
        packed + channels + inputs + partial,
        sent,
    )


def stored_result_bits(place: Place, step: TileStep) -> int:
    """Return what a step sends to the shared SRAM: nothing, partial sums or results [bit]."""
    width = place.gemm.output.field_bits if step.final else place.array.pe.accumulator_bits
    return step.tile.m * step.tile.n * width if step.stores else 0


@lru_cache(maxsize=65536)
def block_actions(place: Place, block: Tile, mapping: ScratchpadMapping) -> ActionCounts:
    """Return the memory, decoder and output-path actions of one block (the whole batch of it)."""
    counts: dict[str, int] = {}
    for times, step in walk(block, mapping.tile, mapping.order):
        for name, count in _step_actions(place, step, mapping).items():
            counts[name] = counts.get(name, 0) + times * count * place.gemm.batch
    return ActionCounts(counts)


def _step_actions(place: Place, step: TileStep, mapping: ScratchpadMapping) -> dict[str, int]:
    gemm, pe, tile = place.gemm, place.array.pe, step.tile
    sram = place.machine.shared_sram.name
    names = {level_of: place.machine.scratchpad(level_of).name for level_of in OPERANDS}
    weights, inputs = tile.k * tile.n, tile.m * tile.k
    sums_bits = tile.m * tile.n * pe.accumulator_bits
    row_dim = tile.k if mapping.stationary == "weight" else tile.m
    row_folds, col_folds = ceil_div(row_dim, pe.rows), ceil_div(tile.n, pe.cols)
    # what the array reads and writes while it works on the tile
    weight_reads = weights * (1 if mapping.stationary == "weight" else row_folds)
    sum_writes = row_folds if mapping.stationary == "weight" else 1
    sum_reads = sum_writes - 1 + step.accumulates
    load = _step(place, step, mapping)
    field_bits = weights * gemm.held_weight_bits
    partial_bits = sums_bits if step.loads_partial else 0
    results = tile.m * tile.n if step.stores and step.final else 0
    decoded = weights if step.loads_weight and gemm.needs_decoder else 0
    return {
        f"{sram}.read_bit": load.load_bits,
        f"{sram}.write_bit": load.store_bits,
        f"{names['weight']}.write_bit": field_bits if step.loads_weight else 0,
        f"{names['weight']}.read_bit": weight_reads * gemm.held_weight_bits,
        f"{names['input']}.write_bit": (
            inputs * gemm.activation.field_bits if step.loads_input else 0
        ),
        f"{names['input']}.read_bit": inputs * col_folds * gemm.activation.field_bits,
        f"{names['output']}.write_bit": sums_bits * sum_writes + partial_bits,
        f"{names['output']}.read_bit": sums_bits * (sum_reads + step.stores),
        f"decoder.{gemm.weight.name}": decoded,
        "vector.multiply": results,
        "vector.add": results,
    }
