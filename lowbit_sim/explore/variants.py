"""All designs of one structure at once: what each memory may be, and which design has which.

Designs of a structure differ in single memories and in the clock. A memory has few variants,
however many designs there are: each is checked, priced and fitted once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.hierarchy import memory_level
from lowbit_sim.arch.load import accelerator_of
from lowbit_sim.errors import Fault, SpecError, collecting
from lowbit_sim.explore.fields import changed, memory_of
from lowbit_sim.explore.space import Space
from lowbit_sim.mapping.bounds import Rates
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.spec_file import SpecFile
from lowbit_sim.units import parse_quantity

Steps = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Variants:
    """Designs of one structure.

    Parameters
    ----------
    machine : Accelerator
        With every memory as large as its largest variant, at a clock of 1 Hz.
    memories : tuple of tuple of MemoryLevel or None
        By memory, what it may be; None where there can be no such memory.
    picks : ndarray of int64, shape (memories, designs)
        Which variant of each memory a design has.
    clock_hz : ndarray of int64, shape (designs,)
    refusals : tuple of str
        Why variants cannot be.
    """

    machine: Accelerator
    memories: tuple[tuple[MemoryLevel | None, ...], ...]
    picks: Steps
    clock_hz: Steps
    refusals: tuple[str, ...]

    @property
    def designs(self) -> int:
        """How many there are."""
        return int(self.picks.shape[1])

    def sound(self) -> NDArray[np.bool_]:
        """Return which designs can be, shape (designs,)."""
        columns = [
            np.array([level is not None for level in levels])[picks]
            for levels, picks in zip(self.memories, self.picks, strict=True)
        ]
        return np.asarray(np.logical_and.reduce(columns))

    def of_memory(self, index: int, field: str) -> Steps:
        """Return a field of one memory's variants, 0 where there is none, shape (variants,)."""
        levels = self.memories[index]
        return np.array([0 if one is None else getattr(one, field) for one in levels], np.int64)

    def rates(self) -> tuple[Rates, Steps]:
        """Return the rates that there are, shape (rates, 1), and which a design has."""
        fields = ("read_bits_per_cycle", "write_bits_per_cycle", "latency_cycles")
        rows = [
            np.maximum(self.of_memory(index, field), field != "latency_cycles")[picks]
            for index, picks in enumerate(self.picks)
            for field in fields
        ]
        distinct, which = np.unique(np.stack(rows), axis=1, return_inverse=True)
        names = [level.name for level in self.machine.memories]
        columns = distinct[:, :, None]
        widths = {
            (name, side): columns[len(fields) * index + at]
            for index, name in enumerate(names)
            for at, side in enumerate(("read", "write"))
        }
        waits = {name: columns[len(fields) * index + 2] for index, name in enumerate(names)}
        return Rates(widths, waits), which.reshape(-1)


class UnbuildableError(SpecError):
    """There can be no machine of a structure."""


def variants_of(space: Space, structure: int, first: int, last: int) -> Variants:
    """Return the designs `first` to `last` (excluded) of a structure, counted within it.

    Raises
    ------
    UnbuildableError
        If no variant of some memory can be, or what does not vary is wrong.
    """
    made = _made(_Hashed(space), structure)
    lengths = [len(axis) for axis in space.free]
    steps = np.array(np.unravel_index(np.arange(first, last), lengths or [1]), np.int64)
    picks = np.stack(
        [
            np.ravel_multi_index(tuple(steps[list(axes)]), [lengths[axis] for axis in axes])
            if axes
            else np.zeros(last - first, np.int64)
            for axes in made.axes_of_memories
        ]
    )
    clock = made.clocks_hz[steps[made.hz_axis]] if made.hz_axis is not None else None
    clock_hz = np.full(last - first, made.clocks_hz[0]) if clock is None else clock
    return Variants(made.machine, made.memories, picks, clock_hz, made.refusals)


@dataclass(frozen=True, slots=True, eq=False)
class _Hashed:
    """A space by identity, for caches."""

    space: Space

    def __hash__(self) -> int:
        return id(self.space)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self.space is other.space


@dataclass(frozen=True, slots=True)
class _Made:
    machine: Accelerator
    memories: tuple[tuple[MemoryLevel | None, ...], ...]
    axes_of_memories: tuple[tuple[int, ...], ...]
    clocks_hz: Steps
    hz_axis: int | None
    refusals: tuple[str, ...]


@lru_cache(maxsize=64)
def _made(hashed: _Hashed, structure: int) -> _Made:
    space = hashed.space
    source = space.source(structure * space.designs_of_a_structure)
    refusals: list[str] = []
    entries, levels, axes_of = [], [], []
    for index, entry in enumerate(source.content["memories"]):
        axes = _axes_of(space, entry["name"])
        tried = [
            changed(source, changes.items()) for changes in _changes(space, entry["name"], axes)
        ]
        found = [_level(one, index, refusals) for one in tried]
        sound = [at for at, level in enumerate(found) if level is not None]
        if not sound:
            raise UnbuildableError((Fault(refusals[-1], source.path),))
        entries.append(tried[sound[0]].content["memories"][index])
        levels.append(tuple(found))
        axes_of.append(axes)
    source.content["memories"] = entries
    machine = accelerator_of(source)
    clock_axis, clocks = _clocks(space, machine)
    largest = tuple(map(_largest, levels))
    plain = replace(machine, name="any", clock_hz=1, memories=largest, sources=())
    return _Made(plain, tuple(levels), tuple(axes_of), clocks, clock_axis, tuple(refusals))


def _axes_of(space: Space, memory: str) -> tuple[int, ...]:
    return tuple(at for at, axis in enumerate(space.free) if memory in map(memory_of, axis.fields))


def _changes(space: Space, memory: str, axes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Yield the changes of each variant of a memory, the last axis fastest."""
    steps = product(*(space.free[at].values for at in axes))
    for taken in steps:
        yield {
            field: value
            for at, values in zip(axes, taken, strict=True)
            for field, value in zip(space.free[at].fields, values, strict=True)
            if memory_of(field) == memory
        }


def _level(source: SpecFile, index: int, refusals: list[str]) -> MemoryLevel | None:
    """Return one memory of a machine's file, or None if there can be none such."""
    faults: list[Fault] = []
    with collecting(faults):
        accelerator_of(source)
    own = [one for one in faults if re.match(rf"memories\.{index}\b", one.key or "")]
    elsewhere = [one for one in faults if not re.match(r"memories\.\d", one.key or "")]
    if elsewhere:
        raise UnbuildableError(tuple(elsewhere))
    if own:
        refusals.append(f"{source.content['memories'][index]['name']}: {own[0].reason}")
        return None
    return memory_level(source.content["memories"][index])


def _largest(levels: tuple[MemoryLevel | None, ...]) -> MemoryLevel:
    sound = [level for level in levels if level is not None]
    capacity_bits = max(level.capacity_bits for level in sound)
    return replace(
        sound[0],
        capacity_bits=capacity_bits,
        read_bits_per_cycle=1,
        write_bits_per_cycle=1,
        latency_cycles=0,
        cell=sound[0].cell,
    )


def _clocks(space: Space, machine: Accelerator) -> tuple[int | None, Steps]:
    for at, axis in enumerate(space.free):
        if "clock" in axis.fields:
            which = axis.fields.index("clock")
            given = [parse_quantity(step[which], "hz") for step in axis.values]
            return at, np.array(given, np.int64)
    return None, np.array([machine.clock_hz], np.int64)
