"""What all designs of one structure cost: area, leakage, and a bit on each side of each memory.

A memory's variants are priced one by one, everything else once: both come from the rows that
price a single machine (`lowbit_sim.energy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.energy.area import DECODER, silicon_apart_from_memories
from lowbit_sim.energy.sram_price import sram_price
from lowbit_sim.energy.table import energy_table, memory_rows
from lowbit_sim.energy.technology import Silicon, Technology
from lowbit_sim.explore.variants import Variants
from lowbit_sim.memory.base import MemoryLevel

Floats = NDArray[np.float64]
_PJ_PER_NJ = 1000
_NONE = Silicon(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Prices:
    """What designs cost.

    Parameters
    ----------
    area_um2 : ndarray, shape (designs,)
    leakage_pj_per_cycle : ndarray, shape (designs,)
    side_pj_per_bit : ndarray, shape (2 · memories, designs)
        Reading and writing a bit, memory after memory.
    pj_per_action : mapping of str to float
        What is the same for all of them.
    """

    area_um2: Floats
    leakage_pj_per_cycle: Floats
    side_pj_per_bit: Floats
    pj_per_action: Mapping[str, float]


def prices_of(variants: Variants, technology: Technology) -> Prices:
    """Return what the designs `variants` cost.

    Raises
    ------
    SpecError
        If the technology has no row for a part or an action.
    """
    machine = variants.machine
    silicon = dict(silicon_apart_from_memories(technology, machine))
    decoder = silicon.pop(DECODER, None)
    area_um2 = np.full(variants.designs, sum(one.area_um2 for one in silicon.values()))
    leakage_nw = np.full(variants.designs, sum(one.leakage_nw for one in silicon.values()))
    if decoder is not None:
        at = machine.memories.index(machine.path("weight")[machine.decoder_depth])
        widths = variants.of_memory(at, "read_bits_per_cycle")[variants.picks[at]]
        area_um2 = area_um2 + technology.decoder_bit.area_um2 * widths
        leakage_nw = leakage_nw + technology.decoder_bit.leakage_nw * widths
    sides = []
    for levels, picks in zip(variants.memories, variants.picks, strict=True):
        rows = np.array([_of_memory(_Kept(technology), level) for level in levels])[picks]
        area_um2 = area_um2 + rows[:, 0]
        leakage_nw = leakage_nw + rows[:, 1]
        sides += [rows[:, 2], rows[:, 3]]
    rows_of_actions = energy_table(technology, machine).rows
    return Prices(
        area_um2,
        leakage_nw * _PJ_PER_NJ / variants.clock_hz,
        np.stack(sides),
        {name: row.energy_pj for name, row in rows_of_actions.items()},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A technology by its file and identity, for caches."""

    technology: Technology

    def __hash__(self) -> int:
        return id(self.technology)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and other.technology is self.technology


@lru_cache(maxsize=4096)
def _of_memory(kept: _Kept, level: MemoryLevel | None) -> tuple[float, float, float, float]:
    """Return area [um2], leakage [nW], and the energy of a bit read and written [pJ]."""
    if level is None:
        return np.nan, np.nan, np.nan, np.nan
    rows = memory_rows(kept.technology, level)
    read, write = (rows[f"{level.name}.{side}_bit"].energy_pj for side in ("read", "write"))
    silicon = _NONE if level.technology == "dram" else sram_price(kept.technology, level).silicon
    return silicon.area_um2, silicon.leakage_nw, read, write
