"""The memories of an accelerator file become `MemoryLevel`s, in the one order there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from lowbit_sim.arch.schema import MemorySpec
from lowbit_sim.errors import Fault, SpecError
from lowbit_sim.memory.base import MemoryLevel, Operand
from lowbit_sim.spec_file import SpecFile

OPERANDS: tuple[Operand, ...] = get_args(Operand)
#: a dram and a shared sram for everything, then a scratchpad per operand
TECHNOLOGIES = ["dram", "sram", *("sram" for _ in OPERANDS)]


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


def _faults(source: SpecFile, specs: Sequence[MemorySpec]) -> Iterator[Fault]:
    technologies = [spec.technology for spec in specs]
    if technologies != TECHNOLOGIES:
        yield source.fault(
            ("memories",),
            "must be, outermost first: one dram, one shared sram, and a scratchpad (sram) for "
            f"each of {', '.join(OPERANDS)}; they are: {', '.join(technologies) or 'none'}",
        )
        return
    for index, spec in enumerate(specs[:2]):
        if sorted(spec.serves) != sorted(OPERANDS):
            reason = f"must be {', '.join(OPERANDS)}: each of them passes through {spec.name}"
            yield source.fault(("memories", index, "serves"), reason, spec.serves)
    yield from _scratchpad_faults(source, specs)


def _scratchpad_faults(source: SpecFile, specs: Sequence[MemorySpec]) -> Iterator[Fault]:
    scratchpads = specs[2:]
    served = {operand for spec in scratchpads for operand in spec.serves}
    unserved = ", ".join(operand for operand in OPERANDS if operand not in served) or "none"
    owners: dict[Operand, str] = {}
    for index, spec in enumerate(scratchpads, start=2):
        place = ("memories", index, "serves")
        if len(spec.serves) != 1:
            reason = f"a scratchpad serves one operand; unserved: {unserved}"
            yield source.fault(place, reason, spec.serves)
        for operand in dict.fromkeys(spec.serves):
            if operand in owners:
                reason = f"{operand} is served by {owners[operand]} already; unserved: {unserved}"
                yield source.fault(place, reason, spec.serves)
            owners.setdefault(operand, spec.name)


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
    )
