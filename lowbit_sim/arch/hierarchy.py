"""The memories of an accelerator file become `MemoryLevel`s, with a way for every operand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter, ValidationError

from lowbit_sim.arch.accelerator import OPERANDS
from lowbit_sim.arch.schema import MemorySpec
from lowbit_sim.errors import Fault, SpecError, nearest
from lowbit_sim.memory.base import MemoryLevel, Operand
from lowbit_sim.spec_file import SpecFile


def memory_levels(source: SpecFile) -> tuple[MemoryLevel, ...]:
    """Return the memories, outermost first; none where one is no `MemorySpec` at all.

    Raises
    ------
    SpecError
        With every fault of the hierarchy: its order, and who serves which operand.
    """
    try:
        specs = TypeAdapter(list[MemorySpec]).validate_python(source.content.get("memories"))
    except ValidationError:
        return ()  # what is wrong inside an entry is told with the rest of the file
    faults = tuple(_faults(source, specs))
    if faults:
        raise SpecError(faults)
    return tuple(_level(spec) for spec in specs)


def memory_level(entry: object) -> MemoryLevel:
    """Return one memory of an accelerator file, which was found to be sound."""
    return _level(MemorySpec.model_validate(entry))


def decoder_depth(source: SpecFile, memories: Sequence[MemoryLevel]) -> int:
    """Return the depth of the memory behind which weights are decoded.

    Left out, it is the last but one on the way of the weights.

    Raises
    ------
    SpecError
        If ``decoder.after`` names no memory that weights pass on their way inwards, or weights
        are not packed.
    """
    path = [level.name for level in memories if "weight" in level.serves]
    decoder, packing = (source.content.get(key) for key in ("decoder", "packing"))
    after = decoder.get("after") if isinstance(decoder, dict) else None
    if not isinstance(after, str):
        return max(len(path) - 2, 0)
    if packing in {"whole_field", "byte"}:
        reason = f"has nothing to do: packing {packing} lays weights out one by one; leave it out"
        raise SpecError((source.fault(("decoder",), reason),))
    if after not in path[:-1]:
        reason = f"must be a memory of weights before the innermost; {nearest(after, path[:-1])}"
        raise SpecError((source.fault(("decoder", "after"), reason, after),))
    return path.index(after)


def _faults(source: SpecFile, specs: Sequence[MemorySpec]) -> Iterator[Fault]:
    technologies = [spec.technology for spec in specs]
    if technologies[:1] != ["dram"] or "dram" in technologies[1:]:
        yield source.fault(
            ("memories",),
            "must be, outermost first: one dram, then memories of technology sram; they are: "
            f"{', '.join(technologies) or 'none'}",
        )
        return
    for index, spec in enumerate(specs):
        place = ("memories", index, "serves")
        if len(set(spec.serves)) != len(spec.serves) or not spec.serves:
            reason = f"names at least one of {', '.join(OPERANDS)}, each once"
            yield source.fault(place, reason, spec.serves)
        elif index == 0 and len(spec.serves) < len(OPERANDS):
            reason = f"must be {', '.join(OPERANDS)}: each of them passes through {spec.name}"
            yield source.fault(place, reason, spec.serves)
    yield from _size_faults(source, specs)
    yield from _way_faults(source, specs)
    yield from _port_faults(source, specs)


def _port_faults(source: SpecFile, specs: Sequence[MemorySpec]) -> Iterator[Fault]:
    """Yield memories whose reads and writes would wait for each other where that is not modelled.

    It is where outputs pass on their way to another memory; in an innermost memory, the array's
    own reads and writes would have to wait as well.
    """
    innermost = {
        operand: max(i for i, spec in enumerate(specs) if operand in spec.serves)
        for operand in OPERANDS
        if any(operand in spec.serves for spec in specs)
    }
    for index, spec in enumerate(specs):
        last = any(innermost[operand] == index for operand in spec.serves)
        if spec.shared_port and (last or "output" not in spec.serves):
            reason = "is modelled only where outputs pass and no operand reaches the array"
            yield source.fault(("memories", index, "shared_port"), reason, spec.shared_port)


def _size_faults(source: SpecFile, specs: Sequence[MemorySpec]) -> Iterator[Fault]:
    """Yield memories whose buffers hold less than their ports pass in a cycle."""
    for index, spec in enumerate(specs):
        port_bits = max(spec.read, spec.write)
        if spec.capacity is not None and spec.capacity < spec.buffers * port_bits:
            reason = (
                f"must be at least {spec.buffers * port_bits} bit: each of {spec.buffers} buffers "
                f"holds what a port passes in a cycle, {port_bits} bit"
            )
            given = source.content["memories"][index]["capacity"]
            yield source.fault(("memories", index, "capacity"), reason, given)


def _way_faults(source: SpecFile, specs: Sequence[MemorySpec]) -> Iterator[Fault]:
    """Yield operands without a way to the array, and memories at two depths."""
    reached: dict[Operand, int] = dict.fromkeys(OPERANDS, 0)
    for index, spec in enumerate(specs[1:], start=1):
        depths = {operand: reached[operand] + 1 for operand in spec.serves}
        if len(set(depths.values())) > 1:
            told = ", ".join(f"{operand} {depth}" for operand, depth in depths.items())
            reason = f"lies at different depths for what it serves ({told}): all must be equal"
            yield source.fault(("memories", index, "serves"), reason, spec.serves)
        for operand in spec.serves:
            reached[operand] += 1
    for operand, depth in reached.items():
        if depth == 0:
            reason = f"no memory on the chip serves {operand}: it has no way to the array"
            yield source.fault(("memories",), reason)


def _level(spec: MemorySpec) -> MemoryLevel:
    return MemoryLevel(
        name=spec.name,
        technology=spec.technology,
        capacity_bits=spec.capacity or 0,
        read_bits_per_cycle=spec.read,
        write_bits_per_cycle=spec.write,
        latency_cycles=spec.latency_cycles,
        buffers=spec.buffers,
        serves=frozenset(spec.serves),
        shared_port=spec.shared_port,
        banks=spec.banks or 0,
        burst_bits=spec.burst,
        row_bits=spec.row or 0,
        row_miss_cycles=spec.row_miss_cycles,
        cell=spec.cell,
    )
