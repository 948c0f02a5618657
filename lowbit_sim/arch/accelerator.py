"""The machine: clock, arrays, vector unit and memories, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import Packing
from lowbit_sim.memory.base import MemoryLevel, Operand
from lowbit_sim.pe.base import PEArray


@dataclass(frozen=True, slots=True)
class NamedArray:
    """A PE array and the name it has on this machine."""

    name: str
    pe: PEArray


@dataclass(frozen=True, slots=True)
class VectorUnit:
    """Lanes for everything that is no matrix product: one operation per lane and cycle."""

    lanes: int


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A machine that a workload can be mapped on.

    Parameters
    ----------
    name : str
    clock_hz : int
    arrays : tuple of NamedArray
        An operator goes to the first that computes its formats.
    vector_unit : VectorUnit
    memories : tuple of MemoryLevel
        Outermost first: one DRAM, one shared SRAM, then a scratchpad per operand.
    packing : str
        How weights lie in the DRAM and in the shared SRAM; they are decoded on the way to the
        weight scratchpad, which holds whole fields.
    technology : str
        Name of the technology file.
    technology_path : Path
        Where that file is.
    sources : tuple of str
        Where the machine's parameters come from.
    """

    name: str
    clock_hz: int
    arrays: tuple[NamedArray, ...]
    vector_unit: VectorUnit
    memories: tuple[MemoryLevel, ...]
    packing: Packing
    technology: str
    technology_path: Path
    sources: tuple[str, ...]

    @property
    def dram(self) -> MemoryLevel:
        """The outermost memory."""
        return self.memories[0]

    @property
    def shared_sram(self) -> MemoryLevel:
        """The memory that serves every operand on the chip."""
        return self.memories[1]

    def scratchpad(self, operand: Operand) -> MemoryLevel:
        """Return the scratchpad that serves `operand` alone."""
        return next(level for level in self.memories[2:] if operand in level.serves)

    def array_for(self, weight: NumberFormat, activation: NumberFormat) -> NamedArray | None:
        """Return the first array that computes these formats, or None."""
        for array in self.arrays:
            if array.pe.refuses(weight, activation) is None:
                return array
        return None

    def refusal(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return in plain words why no array computes these formats, or None if one does."""
        if self.array_for(weight, activation) is not None:
            return None
        reasons = (f"array '{a.name}': {a.pe.refuses(weight, activation)}" for a in self.arrays)
        return "; ".join(reasons)
