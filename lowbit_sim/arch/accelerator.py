"""The machine: clock, arrays, vector unit and memories, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import Packing
from lowbit_sim.memory.base import MemoryLevel, Operand
from lowbit_sim.pe.array import PEArray

#: where the windows of a convolution are formed
Unfolding = Literal["array", "scratchpad"]
OPERANDS: tuple[Operand, ...] = get_args(Operand)


@dataclass(frozen=True, slots=True)
class NamedArray:
    """A PE array and the name it has on this machine.

    ``most_passes`` is the limit beyond which formats are left to another array, if any.
    """

    name: str
    pe: PEArray
    most_passes: int | None = None

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return in plain words why these formats are not computed here, or None if they are."""
        reason = self.pe.refuses(weight, activation)
        if reason is not None or self.most_passes is None:
            return reason
        passes = self.pe.passes(weight, activation)
        if passes <= self.most_passes:
            return None
        return f"{weight.name} takes {passes} passes, this array takes at most {self.most_passes}"


@dataclass(frozen=True, slots=True)
class VectorUnit:
    """Lanes for everything that is no matrix product: one operation per lane and cycle."""

    lanes: int


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A machine that a workload can be mapped on.

    A memory's *depth* is the number of memories before it on the way of an operand that it
    serves; the boundary d lies between the depths d and d + 1.

    Parameters
    ----------
    name : str
    clock_hz : int
    arrays : tuple of NamedArray
        An operator goes to the first that computes its formats.
    vector_unit : VectorUnit
    memories : tuple of MemoryLevel
        Outermost first: one DRAM for every operand, then what each operand passes through on
        its way to the array. A memory has the same depth for all operands it serves.
    packing : str
        How weights lie in the memories before the decoder; behind it they are whole fields.
    technology : str
        Name of the technology file.
    technology_path : Path
        Where that file is.
    sources : tuple of str
        Where the machine's parameters come from.
    decoder_depth : int
        Depth of the memory behind which weights are decoded.
    unfolding : {"array", "scratchpad"}
        ``array``: memories hold every pixel once, the windows of a convolution are formed as the
        array reads them. ``scratchpad``: the innermost input memory holds unfolded windows.
    concurrent : bool
        Whether independent operators run at once, each on a unit of its own.
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
    decoder_depth: int = 0
    unfolding: Unfolding = "array"
    concurrent: bool = False

    @property
    def dram(self) -> MemoryLevel:
        """The outermost memory."""
        return self.memories[0]

    def path(self, operand: Operand) -> tuple[MemoryLevel, ...]:
        """Return the memories that `operand` passes through, outermost first."""
        return tuple(level for level in self.memories if operand in level.serves)

    @property
    def boundaries(self) -> int:
        """Boundaries between memories on the longest way."""
        return max(len(self.path(operand)) for operand in OPERANDS) - 1

    def depth(self, level: MemoryLevel) -> int:
        """Return how many memories stand before `level` on an operand's way."""
        operand = next(operand for operand in OPERANDS if operand in level.serves)
        return self.path(operand).index(level)

    @property
    def home(self) -> MemoryLevel | None:
        """The memory at depth 1 in which activations can stay between operators, if any."""
        level = self.path("input")[1]
        return level if "output" in level.serves else None

    def array_for(self, weight: NumberFormat, activation: NumberFormat) -> NamedArray | None:
        """Return the first array that computes these formats, or None."""
        for array in self.arrays:
            if array.refuses(weight, activation) is None:
                return array
        return None

    def refusal(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return in plain words why no array computes these formats, or None if one does."""
        if self.array_for(weight, activation) is not None:
            return None
        reasons = (f"array '{a.name}': {a.refuses(weight, activation)}" for a in self.arrays)
        return "; ".join(reasons)
