"""A machine made larger or smaller: its array, and what feeds it.

**Rule.** A machine is scaled by s = j / g, with whole j and g the greatest common divisor of the
rows and columns of all its arrays, so that every array keeps its shape::

    rows, cols                     · s
    lanes of the vector unit       · s, rounded up
    innermost memories: ports      · s, rounded up to whole bytes, as they feed rows or columns
    innermost memories: capacities · s², rounded up to whole bytes a bank: as much for each PE

Memories between, clock, latencies and banks stay. At s = 1 nothing changes. The DRAM stays too,
unless another bandwidth is asked for: then both directions of its port take that, in whole bits a
cycle, rounded down.
"""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from typing import Any

from lowbit_sim.arch.accelerator import OPERANDS, Accelerator
from lowbit_sim.arch.load import accelerator_of
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.spec_file import SpecFile

_BYTE_BITS = 8


def grain(machine: Accelerator) -> int:
    """Return g, the greatest common divisor of all rows and columns.

    Parameters
    ----------
    machine : Accelerator
    """
    sides = [side for array in machine.arrays for side in (array.pe.rows, array.pe.cols)]
    return math.gcd(*sides)


def scaled(source: SpecFile, scale: Fraction, dram_bits_per_s: float | None = None) -> Accelerator:
    """Return the machine that `source` describes, scaled.

    Parameters
    ----------
    source : SpecFile
        A machine's file.
    scale : Fraction
        s, a multiple of 1 / `grain`.
    dram_bits_per_s : float, optional
        Bandwidth of the DRAM [bit/s], its own if not given.

    Raises
    ------
    SpecError
        If the file is wrong, or the scaled machine is one that cannot be.
    ValueError
        If a row or column would not be whole.
    """
    machine = accelerator_of(source)
    if scale == 1 and dram_bits_per_s is None:
        return machine
    if scale <= 0 or (scale * grain(machine)).denominator != 1:
        raise ValueError(f"{machine.name} cannot be scaled by {scale}: rows would not be whole")
    content: dict[str, Any] = copy.deepcopy(source.content)
    for array in content["arrays"]:
        array["rows"], array["cols"] = int(array["rows"] * scale), int(array["cols"] * scale)
    lanes = machine.vector_unit.lanes
    content["vector_unit"]["lanes"] = math.ceil(lanes * scale)
    innermost = {machine.path(operand)[-1].name for operand in OPERANDS}
    for entry, level in zip(content["memories"], machine.memories, strict=True):
        if level.name in innermost:
            entry.update(_memory(level, scale))
    if dram_bits_per_s is not None:
        port_bits = max(int(dram_bits_per_s / machine.clock_hz), 1)
        port = f"{port_bits} bit/cycle"
        content["memories"][0].update(read=port, write=port)
    return accelerator_of(SpecFile(source.path, content, source.lines))


def _memory(level: MemoryLevel, scale: Fraction) -> dict[str, str]:
    read, write = (
        _up(port_bits * scale, _BYTE_BITS)
        for port_bits in (level.read_bits_per_cycle, level.write_bits_per_cycle)
    )
    capacity_bits = _up(level.capacity_bits * scale**2, _BYTE_BITS * max(level.banks, 1))
    return {
        "read": f"{read} bit/cycle",
        "write": f"{write} bit/cycle",
        "capacity": f"{capacity_bits} bit",
    }


def _up(amount: Fraction, unit: int) -> int:
    """Return the least multiple of `unit` that is not below `amount`."""
    return math.ceil(amount / unit) * unit
