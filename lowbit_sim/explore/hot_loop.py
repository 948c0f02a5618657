"""The least cycles and energy of one product on many designs, over all its tilings.

**Formula.** For design d with rates r(d), energy prices p(d) and leakage q(d), over the tilings t
whose needs fit its memories::

    cycles(d) = min over t of c[r(d), t]
    energy(d) = min over t of Σ_s moved[t, s] · p[s, d] + c[r(d), t] · q(d)

Designs with the same rates in which the same tilings fit are taken together: their energies are
one matrix product, with the cycles as one more column, and a minimum over its rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.explore.tables import Table

Floats = NDArray[np.float64]
Steps = NDArray[np.int64]
#: energies of one block, so that it stays in the cache of a core
BLOCK = 1 << 15


@dataclass(frozen=True, slots=True)
class Least:
    """What no mapping of a product beats, design by design.

    Parameters
    ----------
    cycles, energy_pj : ndarray, shape (designs,)
        Infinite where nothing fits; the energy of memories and leakage alone.
    evaluations : int
        Tilings whose energy was computed, over all designs.
    """

    cycles: Floats
    energy_pj: Floats
    evaluations: int


def least(
    table: Table, rate_of: Steps, room_bits: Steps, prices: Floats, leakage_pj: Floats
) -> Least:
    """Return the least cycles and energy on each design.

    Parameters
    ----------
    table : Table
    rate_of : ndarray, shape (designs,)
        Which row of the table's cycles counts; -1 where the array is not fed.
    room_bits : ndarray, shape (memories, designs)
        What is free of each memory [bit].
    prices : ndarray, shape (2 · memories, designs)
        Of a bit on each side of each memory [pJ].
    leakage_pj : ndarray, shape (designs,)
        In a cycle [pJ].
    """
    designs = len(rate_of)
    cycles, energy_pj = np.full(designs, np.inf), np.full(designs, np.inf)
    evaluations = 0
    priced = np.vstack([prices, leakage_pj])
    for rate, fitting, members in _alike(table, rate_of, room_bits):
        found = table.cycles[rate, fitting]
        cycles[members] = found.min()
        rows = np.column_stack([table.moved_bits[fitting], found])
        energy_pj[members] = _least_sums(rows, priced, members)
        evaluations += len(rows) * len(members)
    return Least(cycles, energy_pj, evaluations)


def _least_sums(rows: Floats, priced: Floats, members: Steps) -> Floats:
    """Return the least row of ``rows @ priced`` for each member, block by block."""
    step = max(BLOCK // len(rows), 1)
    found = np.empty(len(members))
    for begin in range(0, len(members), step):
        block = members[begin : begin + step]
        found[begin : begin + step] = (rows @ priced[:, block]).min(axis=0)
    return found


def _alike(
    table: Table, rate_of: Steps, room_bits: Steps
) -> Iterator[tuple[int, NDArray[np.bool_], Steps]]:
    """Yield rates, the tilings that fit, and the designs of which both hold."""
    if not table.tilings:
        return
    rates, codes = _coded(rate_of + 1)
    fits: list[NDArray[np.bool_]] = []
    sizes = [len(rates)]
    for needed, room in zip(table.needed_bits, room_bits, strict=True):
        if room.min() >= needed.max():
            continue  # everything fits everywhere
        steps = np.unique(needed)  # rooms between two needs are alike
        present, code = _coded(np.searchsorted(steps, room, "right"))
        largest = np.concatenate([[-1], steps])[present]
        fits.append(needed[None, :] <= largest[:, None])
        codes = codes * len(present) + code
        sizes.append(len(present))
    for number, members in _members(codes):
        rate, *levels = np.unravel_index(number, sizes)
        fitting = np.ones(table.tilings, bool)
        for fit, level in zip(fits, levels, strict=True):
            fitting &= fit[level]
        if rates[rate] and fitting.any():
            yield int(rates[rate]) - 1, fitting, members


def _coded(numbers: Steps) -> tuple[Steps, Steps]:
    """Return the distinct of some small numbers from 0, ascending, and the place of each there."""
    present = np.flatnonzero(np.bincount(numbers))
    places = np.zeros(present[-1] + 1, np.int64)
    places[present] = np.arange(len(present))
    return present, places[numbers]


def _members(codes: Steps) -> Iterator[tuple[int, Steps]]:
    """Yield each distinct code with the places where it stands."""
    # numpy sorts 16 bit numbers by their digits, without comparing them
    short = codes.astype(np.uint16) if codes.max() < 1 << 16 else codes
    order = np.argsort(short, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order], prepend=-1, append=-1))
    for begin, end in pairwise(ends):
        yield int(codes[order[begin]]), order[begin:end]
