"""Everything that is no matrix product: chunks of as many outputs as the vector unit has lanes.

A step loads the inputs of one chunk from the shared SRAM, spends the operator's cycles on it and
stores the outputs back, double-buffered. Where activations live in the DRAM, blocks of outputs
that fit the shared SRAM pass through it. A norm's gains and offsets, or an added embedding, come
from the DRAM with the first block.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.dram_schedule import dram_actions, dram_step
from lowbit_sim.mapping.mapper import UnmappableError
from lowbit_sim.mapping.schedule import Step, TileSchedule, schedule_of
from lowbit_sim.mapping.tiling import extents
from lowbit_sim.pe.vector_unit import actions as vector_actions
from lowbit_sim.pe.vector_unit import cycles_per_chunk
from lowbit_sim.units import ceil_div
from lowbit_sim.workload.op import Op


@dataclass(frozen=True, slots=True)
class VectorPlace:
    """A vector operator on a machine, with what crosses the DRAM port around it.

    Parameters
    ----------
    op : Op
    machine : Accelerator
    on_chip : bool
        Whether activations stay in the shared SRAM between operators.
    input_from_dram_bits : int
        The network's input, where this operator is the one that reads it.
    output_to_dram : bool
        Whether the result is the network's output.
    """

    op: Op
    machine: Accelerator
    on_chip: bool
    input_from_dram_bits: int
    output_to_dram: bool

    def bits_per_output(self) -> tuple[int, int]:
        """Return the bits read and written for one output."""
        read = self.op.k * FORMATS[self.op.activation].field_bits
        return read, FORMATS[self.op.output].field_bits


def vector_schedule(place: VectorPlace) -> tuple[TileSchedule, ActionCounts]:
    """Return the schedule and the actions of a vector operator."""
    op, machine = place.op, place.machine
    outputs = op.output_elements
    read_bits, write_bits = place.bits_per_output()
    steps: list[Step] = []
    for block in extents(outputs, _block_outputs(place)):
        first = not steps
        load = place.input_from_dram_bits if place.on_chip and first else 0
        load += 0 if place.on_chip else block * read_bits
        load += _parameter_bits(place) if first else 0
        leaves = place.output_to_dram or not place.on_chip
        store = block * write_bits if leaves else 0
        steps.append(dram_step(machine, load, store, _chunks(place, block)))
    dram, sram = machine.dram, machine.shared_sram
    schedule = schedule_of(
        [(1, step) for step in steps], (sram.buffers, sram.buffers), shared_port=dram.shared_port
    )
    counts = vector_actions(op.kind, op.input_elements)
    counts += ActionCounts(
        {
            f"{sram.name}.read_bit": outputs * read_bits,
            f"{sram.name}.write_bit": outputs * write_bits,
        }
    )
    for step in steps:
        counts += dram_actions(machine, step)
    return schedule, counts


def _parameter_bits(place: VectorPlace) -> int:
    """Return the parameters that come from the DRAM and are not among the inputs [bit]."""
    is_input = place.op.kind == "add" and not place.on_chip
    return 0 if is_input else place.op.side_parameter_bits


def _block_outputs(place: VectorPlace) -> int:
    """Return how many outputs pass through the shared SRAM at once."""
    outputs = place.op.output_elements
    if place.on_chip:
        return outputs
    sram = place.machine.shared_sram
    fitting = sram.capacity_bits // sram.buffers // sum(place.bits_per_output())
    lanes = place.machine.vector_unit.lanes
    if fitting < lanes:
        raise UnmappableError(
            f"{sram.name} holds {fitting} outputs of a {place.op.kind} at once, the vector unit "
            f"has {lanes} lanes"
        )
    return min(outputs, fitting - fitting % lanes)


def _chunks(place: VectorPlace, outputs: int) -> TileSchedule:
    sram = place.machine.shared_sram
    read_bits, write_bits = place.bits_per_output()
    cycles = place.op.k * cycles_per_chunk(place.op.kind)
    whole, rest = divmod(outputs, place.machine.vector_unit.lanes)
    runs = []
    for times, chunk in ((whole, place.machine.vector_unit.lanes), (min(rest, 1), rest)):
        if times:
            step = Step(
                ceil_div(chunk * read_bits, sram.read_bits_per_cycle),
                cycles,
                ceil_div(chunk * write_bits, sram.write_bits_per_cycle),
                chunk * read_bits,
                chunk * write_bits,
            )
            runs.append((times, step))
    return schedule_of(runs, shared_port=sram.shared_port)
