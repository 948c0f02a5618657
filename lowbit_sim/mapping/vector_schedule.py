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
from lowbit_sim.mapping.candidates import tile_extents
from lowbit_sim.mapping.dram_schedule import dram_actions, dram_step
from lowbit_sim.mapping.mapper import Timer, UnmappableError
from lowbit_sim.mapping.schedule import Step, TileSchedule, schedule_of
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


def vector_schedule(place: VectorPlace, timer: Timer) -> tuple[TileSchedule, ActionCounts]:
    """Return the schedule and the actions of a vector operator.

    Blocks of the shared SRAM are lanes doubled, or all outputs; the quickest that fits is taken.

    Raises
    ------
    UnmappableError
        If not even one output for every lane fits the shared SRAM.
    """
    op, machine, sram = place.op, place.machine, place.machine.shared_sram
    read_bits, write_bits = place.bits_per_output()
    schedules = [_blocks_of(place, block) for block in _fitting_blocks(place)]
    schedule = min(schedules, key=lambda tried: timer(tried).total_cycles)
    inside = {
        f"{sram.name}.read_bit": op.output_elements * read_bits,
        f"{sram.name}.write_bit": op.output_elements * write_bits,
    }
    counts = vector_actions(op.kind, op.input_elements) + ActionCounts(inside)
    return schedule, counts + dram_actions(machine, schedule)


def _blocks_of(place: VectorPlace, block: int) -> TileSchedule:
    """Return the schedule with so many outputs in the shared SRAM at once."""
    read_bits, write_bits = place.bits_per_output()
    leaves = place.output_to_dram or not place.on_chip
    first_bits = _parameter_bits(place) + (place.input_from_dram_bits if place.on_chip else 0)
    whole, rest = divmod(place.op.output_elements, block)
    runs: list[tuple[int, Step]] = []
    for times, outputs in ((1, block), (whole - 1, block), (min(rest, 1), rest)):
        if times:
            load_bits = 0 if place.on_chip else outputs * read_bits
            load_bits += 0 if runs else first_bits
            store_bits = outputs * write_bits if leaves else 0
            inner = _chunks(place, outputs)
            runs.append((times, dram_step(place.machine, load_bits, store_bits, inner)))
    dram, sram = place.machine.dram, place.machine.shared_sram
    return schedule_of(runs, (sram.buffers, sram.buffers), shared_port=dram.shared_port)


def _parameter_bits(place: VectorPlace) -> int:
    """Return the parameters that come from the DRAM and are not among the inputs [bit]."""
    is_input = place.op.kind == "add" and not place.on_chip
    return 0 if is_input else place.op.side_parameter_bits


def _fitting_blocks(place: VectorPlace) -> list[int]:
    """Return how many outputs can pass through the shared SRAM at once."""
    outputs, lanes = place.op.output_elements, place.machine.vector_unit.lanes
    if place.on_chip:
        return [outputs]
    sram = place.machine.shared_sram
    room = sram.capacity_bits // sram.buffers // sum(place.bits_per_output())
    fitting = [block for block in tile_extents(outputs, lanes) if block <= room]
    if not fitting:
        raise UnmappableError(
            f"{sram.name} holds {room} outputs of a {place.op.kind} at once, the vector unit "
            f"has {lanes} lanes"
        )
    return fitting


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
