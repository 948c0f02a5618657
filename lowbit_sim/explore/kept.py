"""Tables and vector operators that were worked out before, for the next design that needs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.engines.closed_form import timing
from lowbit_sim.explore.tables import Table, table_of
from lowbit_sim.mapping.bounds import Rates
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.base import Stationary
from lowbit_sim.workload.op import Op

#: tables of one structure in every format, ways and operators together; each takes some 100 KiB
_TABLES = 512
_VECTORS = 1 << 16
#: vector operators have nothing to search but their blocks, by cycles
_ANY = Mapper(timing, {}, 0.0)


@dataclass(frozen=True, slots=True)
class _Asked:
    place: Place
    stationary: Stationary
    rows: bytes
    rates: Rates = field(compare=False)


def table_kept(place: Place, stationary: Stationary, rates: Rates) -> Table:
    """Return `lowbit_sim.explore.tables.table_of`, from memory where it was asked for before."""
    columns = [*rates.width_bits.values(), *rates.latency_cycles.values()]
    return _table(_Asked(place, stationary, np.hstack(columns).tobytes(), rates))


@lru_cache(maxsize=_TABLES)
def _table(asked: _Asked) -> Table:
    return table_of(asked.place, asked.stationary, asked.rates)


def vector_kept(place: VectorPlace, rates: Rates) -> tuple[NDArray[np.float64], ActionCounts]:
    """Return the least cycles of a vector operator at each rate, shape (rates,), and its actions.

    Raises
    ------
    UnmappableError
        If not even the largest memories have room for it.
    """
    machine = place.machine
    source, sink = place.inner
    levels = [machine.dram, source, *([] if sink is source else [sink])]
    names = [level.name for level in levels]
    columns = [
        column
        for name in names
        for column in (
            rates.width_bits[name, "read"],
            rates.width_bits[name, "write"],
            rates.latency_cycles[name],
        )
    ]
    distinct, which = np.unique(np.hstack(columns), axis=0, return_inverse=True)
    bare = replace(machine, arrays=(), decoder_depth=0)
    op = replace(place.op, name="any")
    around = (
        place.on_chip,
        place.input_from_dram_bits,
        place.output_to_dram,
        place.parameters_stay,
    )
    found = []
    for row in distinct.tolist():
        at_rate = tuple(_at(level, row[3 * i : 3 * i + 3]) for i, level in enumerate(levels))
        found.append(_vector(_VectorAsked(op, replace(bare, memories=at_rate), around)))
    cycles = np.array([one for one, _ in found], np.float64)
    return cycles[which.reshape(-1)], found[0][1]


def _at(level: MemoryLevel, row: list[int]) -> MemoryLevel:
    read, write, latency_cycles = row
    return replace(
        level,
        read_bits_per_cycle=read,
        write_bits_per_cycle=write,
        latency_cycles=latency_cycles,
    )


@dataclass(frozen=True, slots=True)
class _VectorAsked:
    op: Op
    machine: Accelerator
    around: tuple[bool, int, bool, bool]


@lru_cache(maxsize=_VECTORS)
def _vector(asked: _VectorAsked) -> tuple[int, ActionCounts]:
    schedule, counts = vector_schedule(VectorPlace(asked.op, asked.machine, *asked.around), _ANY)
    # how often rows are activated depends on the blocks, which depend on a design's memories
    activate = f"{asked.machine.dram.name}.activate"
    kept = {name: counts[name] for name in counts if name != activate}
    return timing(schedule).total_cycles, ActionCounts(kept)
