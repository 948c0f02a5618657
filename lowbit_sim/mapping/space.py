"""Every mapping of the stated space that fits, as arrays.

**Stated space**: each operand that may stay in the array; at every depth, for each of m, k and n,
the extents ``unit · 2^i`` below the whole, and the whole, where the unit is one fold of the array;
at depth 1 also ``2^i`` or all of the batch, one product at a time below it; at every boundary the
loop orders of `LOOP_ORDERS`, equal ones once. A depth's tile lies within that of the depth before.
Where activations stay on the chip, depth 1 holds all of m; where nothing crosses the first
boundary, all of the product.

A mapping fits if in every memory the tiles of the operands that it serves, times its buffers, and
what stays there between operators do not exceed the capacity. Sums take the accumulator's width
in the innermost memory and wherever sums of an earlier k can lie. Where results stay at depth 1
and sums lie in their place, what these are wider than results must fit as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.mapping.mapping import LOOP_ORDERS, Extent, Mapping
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.room import fits
from lowbit_sim.pe.base import Stationary

Array = NDArray[np.int64]
#: stands for whichever loop order moves least
ANY_ORDER = -1
#: loops with more than one round (m, k, n) -> orders that differ
_DISTINCT = {
    loops: [
        index
        for index, order in enumerate(LOOP_ORDERS)
        if [d for d in order if loops["mkn".index(d)]]
        not in [[d for d in o if loops["mkn".index(d)]] for o in LOOP_ORDERS[:index]]
    ]
    for loops in product((False, True), repeat=3)
}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Mappings with one stationary operand, as arrays.

    Parameters
    ----------
    stationary : str
    batch, m, k, n : ndarray of int64, shape (depths, candidates)
        Extents of the tiles at depth 1, 2, …
    orders : ndarray of int64, shape (depths, candidates)
        Indices into `LOOP_ORDERS`, of the boundary before each depth; or `ANY_ORDER`.
    """

    stationary: Stationary
    batch: Array
    m: Array
    k: Array
    n: Array
    orders: Array

    def take(self, where: Array) -> Candidates:
        """Return those at the given indices."""
        columns = (self.batch, self.m, self.k, self.n, self.orders)
        batch, m, k, n, orders = (column[:, where] for column in columns)
        return Candidates(self.stationary, batch, m, k, n, orders)

    def mapping(self, index: int, array: str) -> Mapping:
        """Return one of them."""
        columns = (self.batch, self.m, self.k, self.n)
        rows = (tuple(int(column[d, index]) for column in columns) for d in range(len(self.m)))
        extents = tuple(Extent(*row) for row in rows)
        orders = tuple(LOOP_ORDERS[o] for o in self.orders[:, index])
        return Mapping(array, self.stationary, extents, orders)


def tile_extents(total: int, unit: int) -> list[int]:
    """Return ``unit · 2^i`` below `total`, and `total`.

    Examples
    --------
    >>> tile_extents(197, 32)
    [32, 64, 128, 197]
    """
    found = []
    extent = unit
    while extent < total:
        found.append(extent)
        extent *= 2
    return [*found, total]


def candidates(place: Place, reserved_bits: dict[str, int], stationary: Stationary) -> Candidates:
    """Return every mapping of the stated space that fits, in a fixed order.

    Parameters
    ----------
    place : Place
    reserved_bits : dict of str to int
        What stays in a memory between operators, by its name [bit].
    stationary : str
        The operand that stays in the array.
    """
    return ordered(place, reserved_bits, tilings(place, reserved_bits, stationary))


def tilings(place: Place, reserved_bits: dict[str, int], stationary: Stationary) -> Candidates:
    """Return every way to tile that fits in some loop order; their `orders` are `ANY_ORDER`."""
    gemm, depths = place.gemm, place.machine.boundaries
    units = place.array.pe.tile_units(gemm.weight, gemm.activation, stationary)
    whole = (gemm.m, gemm.k, gemm.n)
    lists = [tile_extents(total, unit) for total, unit in zip(whole, units, strict=True)]
    grid = np.array(list(product(*lists)), np.int64).T
    found = Candidates(stationary, *(np.zeros((0, 1), np.int64) for _ in range(5)))
    for depth in range(1, depths + 1):
        layer = _first(place, grid) if depth == 1 else np.vstack([np.ones_like(grid[:1]), grid])
        layer = layer[:, fits(place, reserved_bits, depth, layer)]
        found = _inside(found, layer)
    return replace(found, orders=np.full_like(found.m, ANY_ORDER))


def _first(place: Place, grid: Array) -> Array:
    """Return (batch, m, k, n) of every tile of depth 1."""
    gemm = place.gemm
    if gemm.on_chip:
        grid = grid[:, grid[0] == gemm.m]
        if not place.crosses("weight", 0):
            grid = np.array([[gemm.m], [gemm.k], [gemm.n]], np.int64)
    crosses = not gemm.on_chip or place.crosses("weight", 0)
    batches = tile_extents(gemm.batch, 1) if crosses else [gemm.batch]
    return np.hstack([np.vstack([np.full_like(grid[:1], b), grid]) for b in batches])


def _inside(outer: Candidates, layer: Array) -> Candidates:
    """Return every pair of an outer tile and a tile of `layer` within it."""
    if not len(outer.m):
        return replace(
            outer, batch=layer[:1], m=layer[1:2], k=layer[2:3], n=layer[3:4], orders=outer.orders
        )
    held = (outer.m[-1], outer.k[-1], outer.n[-1])
    fits = np.logical_and.reduce(
        [a[:, None] >= b[None, :] for a, b in zip(held, layer[1:], strict=True)]
    )
    left, right = np.nonzero(fits)
    columns = [
        np.vstack([column[:, left], row[None, right]])
        for column, row in zip((outer.batch, outer.m, outer.k, outer.n), layer, strict=True)
    ]
    return _made(outer.stationary, columns, outer.orders)


def _made(stationary: Stationary, columns: Sequence[Array] | Array, orders: Array) -> Candidates:
    return Candidates(stationary, columns[0], columns[1], columns[2], columns[3], orders)


def ordered(place: Place, reserved_bits: dict[str, int], found: Candidates) -> Candidates:
    """Return every tiling of `found` in every loop order that differs and fits."""
    depths = len(found.m)
    gemm = place.gemm
    columns = np.stack([found.batch, found.m, found.k, found.n])
    orders = np.zeros((0, columns.shape[2]), np.int64)
    for depth in range(depths):
        outer = columns[:, depth - 1] if depth else _whole(gemm.batch, gemm.m, gemm.k, gemm.n)
        many = outer[1:] > columns[1:, depth]
        chosen = [
            np.flatnonzero((many == np.array(loops)[:, None]).all(axis=0)) for loops in _DISTINCT
        ]
        picks = [
            (np.repeat(where, len(kinds)), np.tile(kinds, len(where)))
            for where, kinds in zip(chosen, _DISTINCT.values(), strict=True)
        ]
        index = np.concatenate([where for where, _ in picks])
        kinds = np.concatenate([kind for _, kind in picks]).astype(np.int64)
        columns = columns[:, :, index]
        orders = np.vstack([orders[:, index], kinds[None]])
    every = _made(found.stationary, columns, orders)
    keep = np.ones(columns.shape[2], bool)
    for depth in range(1, depths + 1):
        layer, wide = columns[:, depth - 1], _wide(place, every, depth)
        wider_bits = _wider_bits(place, every) if depth == 1 else 0
        keep &= fits(place, reserved_bits, depth, layer, wide, wider_bits)
    return _made(found.stationary, columns[:, :, keep], orders[:, keep])


def _whole(*extents: int) -> Array:
    return np.array(extents, np.int64)[:, None]


def spills(candidates: Candidates, depth: int, place: Place) -> NDArray[np.bool_]:
    """Return whether sums of an earlier k pass the boundary before depth + 1 and come back.

    `depth` counts from 0, the boundary between the DRAM and depth 1.
    """
    m, k, n = (_outer(candidates, depth, place, dim) for dim in "mkn")
    more_k = k > candidates.k[depth]
    nkm = (candidates.orders[depth] == LOOP_ORDERS.index("nkm")) & (m > candidates.m[depth])
    mkn = (candidates.orders[depth] == LOOP_ORDERS.index("mkn")) & (n > candidates.n[depth])
    return np.asarray(more_k & (nkm | mkn))


def _outer(candidates: Candidates, depth: int, place: Place, dim: str) -> Array:
    if depth == 0:
        return np.array(getattr(place.gemm, dim), np.int64)
    return np.asarray(getattr(candidates, dim)[depth - 1])


def _wide(place: Place, every: Candidates, depth: int) -> NDArray[np.bool_]:
    """Return where the memory at `depth` can hold sums of an earlier k."""
    held = every.k[depth - 1] < place.gemm.k
    if depth < len(every.m):
        held = held | spills(every, depth, place)
    return np.asarray(held)


def _wider_bits(place: Place, every: Candidates) -> Array | int:
    """Return what sums at depth 1 take beyond the results that stay there [bit]."""
    gemm, pe = place.gemm, place.array.pe
    if place.crosses("output", 0):
        return 0
    path = place.machine.path("output")
    wide = _wide(place, every, 1) | (path[1] == path[-1])
    columns = np.where(spills(every, 0, place), gemm.n, every.n[0])
    wider_bits = max(pe.accumulator_bits - gemm.output.field_bits, 0)
    return np.asarray(np.where(wide, gemm.batch * gemm.m * columns * wider_bits, 0))
