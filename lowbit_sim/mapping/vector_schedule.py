"""Everything that is no matrix product: chunks of as many outputs as the vector unit has lanes.

A step loads the inputs of one chunk from the memory of inputs at depth 1, spends the operator's
cycles on it and stores the outputs in the memory of outputs at depth 1, double-buffered. Where
activations live in the DRAM, blocks of outputs that fit these memories pass through them. A
norm's gains and offsets, or an added embedding, come from the DRAM with the first block.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.mapping.schedule import Step, TileSchedule, runs
from lowbit_sim.mapping.space import tile_extents
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.vector_unit import actions as vector_actions
from lowbit_sim.pe.vector_unit import cycles_per_chunk
from lowbit_sim.units import ceil_div
from lowbit_sim.workload.op import Op

#: kinds whose parameters are among the elements that they read
_READS_PARAMETERS = frozenset({"add", "mul", "concat", "embedding"})


@dataclass(frozen=True, slots=True)
class VectorPlace:
    """A vector operator on a machine, with what crosses the DRAM port around it.

    Parameters
    ----------
    op : Op
    machine : Accelerator
    on_chip : bool
        Whether activations stay at depth 1 between operators.
    input_from_dram_bits : int
        The network's input, where this operator is the one that reads it.
    output_to_dram : bool
        Whether the result is the network's output.
    parameters_stay : bool
        Whether parameters stay on the chip from one inference to the next.
    reserved_bits : mapping of str to int
        What stays in a memory meanwhile, by its name [bit].
    """

    op: Op
    machine: Accelerator
    on_chip: bool
    input_from_dram_bits: int
    output_to_dram: bool
    parameters_stay: bool = False
    reserved_bits: Table[str, int] = field(default_factory=dict)

    @property
    def inner(self) -> tuple[MemoryLevel, MemoryLevel]:
        """The memories that the vector unit reads from and writes to."""
        return self.machine.path("input")[1], self.machine.path("output")[1]

    def bits_per_output(self) -> tuple[int, int]:
        """Return the bits read and written for one output."""
        read = self.op.k * FORMATS[self.op.activation].field_bits
        return read, FORMATS[self.op.output].field_bits


def vector_schedule(place: VectorPlace, mapper: Mapper) -> tuple[TileSchedule, ActionCounts]:
    """Return the schedule and the actions of a vector operator.

    Blocks at depth 1 are lanes doubled, or all outputs; the quickest that fits is taken.

    Raises
    ------
    UnmappableError
        If not even one output for every lane fits the memories at depth 1.
    """
    op, (source, sink) = place.op, place.inner
    read_bits, write_bits = place.bits_per_output()
    schedules = [_blocks_of(place, block) for block in _fitting_blocks(place)]
    schedule = min(schedules, key=lambda tried: mapper.timer(tried).total_cycles)
    counts = vector_actions(op.kind, op.input_elements)
    counts += ActionCounts({f"{source.name}.read_bit": op.output_elements * read_bits})
    counts += ActionCounts({f"{sink.name}.write_bit": op.output_elements * write_bits})
    return schedule, counts + _dram_actions(place, schedule)


def _dram_actions(place: VectorPlace, schedule: TileSchedule) -> ActionCounts:
    dram, (source, sink) = place.machine.dram, place.inner
    loaded, stored = schedule.load_bits, schedule.store_bits
    outward = ActionCounts({f"{dram.name}.read_bit": loaded, f"{dram.name}.write_bit": stored})
    rows = sum(
        times * (_rows(dram, step.load_bits) + _rows(dram, step.store_bits))
        for times, step in schedule.counted()
    )
    inward = ActionCounts({f"{source.name}.write_bit": loaded, f"{dram.name}.activate": rows})
    return outward + inward + ActionCounts({f"{sink.name}.read_bit": stored})


def _rows(dram: MemoryLevel, moved_bits: int) -> int:
    return dram.rows_touched(moved_bits, 1, moved_bits)


def _transfer_cycles(outer: MemoryLevel, widths: tuple[int, int], moved_bits: int) -> int:
    if not moved_bits:
        return 0
    slowest = max(
        ceil_div(outer.moved_bits(moved_bits, 1), widths[0]), ceil_div(moved_bits, widths[1])
    )
    return outer.latency_cycles + _rows(outer, moved_bits) * outer.row_miss_cycles + slowest


def _blocks_of(place: VectorPlace, block: int) -> TileSchedule:
    """Return the schedule with so many outputs at depth 1 at once."""
    dram, (source, sink) = place.machine.dram, place.inner
    read_bits, write_bits = place.bits_per_output()
    leaves = place.output_to_dram or not place.on_chip
    first_bits = _parameter_bits(place) + (place.input_from_dram_bits if place.on_chip else 0)
    whole, rest = divmod(place.op.output_elements, block)
    parts: list[tuple[int, Step]] = []
    for times, outputs in ((1, block), (whole - 1, block), (min(rest, 1), rest)):
        if times:
            load_bits = 0 if place.on_chip else outputs * read_bits
            load_bits += 0 if parts else first_bits
            store_bits = outputs * write_bits if leaves else 0
            in_widths = (dram.read_bits_per_cycle, source.write_bits_per_cycle)
            out_widths = (dram.write_bits_per_cycle, sink.read_bits_per_cycle)
            load_cycles = _transfer_cycles(dram, in_widths, load_bits)
            store_cycles = _transfer_cycles(dram, out_widths, store_bits)
            inner = _chunks(place, outputs)
            parts.append((times, Step(load_cycles, 0, store_cycles, load_bits, store_bits, inner)))
    shared = dram.shared_port or (source is sink and source.shared_port)
    buffers = (source.overlapping_buffers, sink.overlapping_buffers)
    return TileSchedule(runs(parts), *buffers, shared)


def _parameter_bits(place: VectorPlace) -> int:
    """Return the parameters that come from the DRAM and are not among the inputs [bit]."""
    is_input = place.op.kind in _READS_PARAMETERS and not place.on_chip
    return 0 if is_input or place.parameters_stay else place.op.side_parameter_bits


def _fitting_blocks(place: VectorPlace) -> list[int]:
    """Return how many outputs can pass through depth 1 at once."""
    outputs, lanes = place.op.output_elements, place.machine.vector_unit.lanes
    source, sink = place.inner
    read_bits, write_bits = place.bits_per_output()
    if place.on_chip:
        room_bits = source.capacity_bits - place.reserved_bits.get(source.name, 0)
        if _parameter_bits(place) > room_bits:
            raise UnmappableError(
                f"the {_parameter_bits(place):,} bit of parameters of a {place.op.kind} find no "
                f"room in {source.name}: {max(room_bits, 0):,} bit are free"
            )
        return [outputs]
    if source is sink:
        room = _buffer_bits(place, source) // (read_bits + write_bits)
    else:
        room = min(
            _buffer_bits(place, source) // read_bits, _buffer_bits(place, sink) // write_bits
        )
    fitting = [block for block in tile_extents(outputs, lanes) if block <= room]
    if not fitting:
        raise UnmappableError(
            f"{source.name} holds {room} outputs of a {place.op.kind} at once, the vector unit "
            f"has {lanes} lanes"
        )
    return fitting


def _buffer_bits(place: VectorPlace, level: MemoryLevel) -> int:
    room_bits = level.capacity_bits - place.reserved_bits.get(level.name, 0)
    return max(room_bits, 0) // level.buffers


def _chunks(place: VectorPlace, outputs: int) -> TileSchedule:
    source, sink = place.inner
    read_bits, write_bits = place.bits_per_output()
    cycles = place.op.k * cycles_per_chunk(place.op.kind)
    whole, rest = divmod(outputs, place.machine.vector_unit.lanes)
    parts = []
    for times, chunk in ((whole, place.machine.vector_unit.lanes), (min(rest, 1), rest)):
        step = Step(
            ceil_div(chunk * read_bits, source.read_bits_per_cycle),
            cycles,
            ceil_div(chunk * write_bits, sink.write_bits_per_cycle),
            chunk * read_bits,
            chunk * write_bits,
        )
        parts.append((times, step))
    return TileSchedule(runs(parts), shared_port=source is sink and source.shared_port)
