"""Every tiling of a product on a structure, as a table that serves all its designs.

A row is a tiling, in whichever loop order moves least (`lowbit_sim.mapping.bounds`): its cycles
at each rate, the bits that it moves on each side of each memory, and what it needs of each memory.
Which tiling is best depends on the design, the table does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.mapping.bounds import Rates, least_demands
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.room import needed_bits
from lowbit_sim.mapping.space import Candidates, tilings
from lowbit_sim.pe.base import Stationary

_SIDES = ("read", "write")


@dataclass(frozen=True, slots=True)
class Table:
    """Tilings of one product with one operand that stays.

    Parameters
    ----------
    cycles : ndarray of float64, shape (rates, tilings)
        That no mapping beats [cycle].
    moved_bits : ndarray of float64, shape (tilings, 2 · memories)
        Read and written, memory after memory [bit].
    needed_bits : ndarray of int64, shape (memories, tilings)
        All buffers of a memory together [bit].
    """

    cycles: NDArray[np.float64]
    moved_bits: NDArray[np.float64]
    needed_bits: NDArray[np.int64]

    @property
    def tilings(self) -> int:
        """How many there are."""
        return int(self.needed_bits.shape[1])


def table_of(place: Place, stationary: Stationary, rates: Rates) -> Table:
    """Return the table of `place`, on a machine with memories as large as they come.

    Parameters
    ----------
    place : Place
    stationary : str
    rates : Rates
        Of the designs, shape (rates, 1).
    """
    found = tilings(place, {}, stationary)
    memories = place.machine.memories
    count = found.m.shape[1]
    if not count:
        rows = len(next(iter(rates.latency_cycles.values())))
        return Table(
            np.zeros((rows, 0)), np.zeros((0, 2 * len(memories))), np.zeros((len(memories), 0), int)
        )
    cycles, sides = least_demands(place, found, rates)
    moved = np.zeros((2 * len(memories), count))
    at = {level.name: index for index, level in enumerate(memories)}
    for level, side, moved_bits in sides:
        moved[2 * at[level.name] + _SIDES.index(side)] += moved_bits
    return Table(
        np.broadcast_to(cycles, (cycles.shape[0], count)).astype(np.float64),
        np.ascontiguousarray(moved.T),
        _needed(place, found, at),
    )


def _needed(place: Place, found: Candidates, at: dict[str, int]) -> NDArray[np.int64]:
    needed = np.zeros((len(at), found.m.shape[1]), np.int64)
    for depth in range(1, place.machine.boundaries + 1):
        columns = [column[depth - 1] for column in (found.batch, found.m, found.k, found.n)]
        for level, bits in needed_bits(place, depth, np.stack(columns)):
            needed[at[level.name]] = np.maximum(needed[at[level.name]], bits)
    return needed
