"""A tile carried out by an array: fold by fold, in its kind's arithmetic, into its accumulators.

Many folds are computed at once as a stack, each by itself. Sums of one fold over k are added to
those of the folds before, and wrap at the accumulator's width.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.mapping.place import Place
from lowbit_sim.pe.arithmetic import FLOATING, dot, wrapped
from lowbit_sim.pe.base import Stationary

Array = NDArray[Any]
#: (start, stop, unit) of a run of folds along one dimension
Stack = tuple[int, int, int]
#: sums of a stack of folds that are computed at once
STACKED_SUMS = 1 << 22


class Tensors(NamedTuple):
    """What the memories of one depth hold of a product.

    inputs (batch, m, k), weights (batch, k, n), sums (batch, m, n).
    """

    inputs: Array
    weights: Array
    sums: Array


def execute_folds(place: Place, tile: Tensors, stationary: Stationary, *, accumulates: bool) -> int:
    """Write the sums of a tile into it, and return how many folds that took.

    Parameters
    ----------
    place : Place
        The product on its array.
    tile : Tensors
        What the innermost memories hold.
    stationary : str
        The operand that stays.
    accumulates : bool
        Whether the first fold adds to the sums that are there, instead of writing over them.
    """
    pe, formats = place.array.pe, (place.gemm.weight, place.gemm.activation)
    (batch, m, k), n = tile.inputs.shape, tile.weights.shape[2]
    k_unit = k if stationary == "output" else pe.rows * pe.terms(*formats)
    m_unit = {"weight": m, "input": pe.cols, "output": pe.rows}[stationary]
    n_unit = n if stationary == "input" else pe.cols
    folds = 0
    for rows, cols in product(_stacks(m, m_unit, m), _stacks(n, n_unit, n)):
        sums = tile.sums[:, slice(*rows[:2]), slice(*cols[:2])]
        written = accumulates
        for terms in _stacks(k, k_unit, max(k_unit, k_unit * STACKED_SUMS // max(sums.size, 1))):
            stack = _fold_stack(tile, rows, terms, cols)
            partial = dot(pe.element, *stack, formats)
            for one in np.moveaxis(partial, 2, 0):
                flat = one.swapaxes(2, 3).reshape(sums.shape)
                sums[...] = _accumulated(place, sums if written else None, flat)
                written = True
            folds += batch * int(np.prod(partial.shape[1:4]))
    return folds


def _stacks(extent: int, unit: int, most: int) -> Iterator[Stack]:
    """Yield (start, stop, unit) of runs of whole units no longer than `most`, then of the rest."""
    whole = extent // unit * unit
    longest = max(most // unit, 1) * unit
    for start in range(0, whole, longest):
        yield start, min(start + longest, whole), unit
    if whole < extent:
        yield whole, extent, extent - whole


def _fold_stack(tile: Tensors, rows: Stack, terms: Stack, cols: Stack) -> tuple[Array, Array]:
    """Return the operands of many folds, (batch, M, K, N, …) with one of them where it is shared.

    Inputs (batch, M, K, 1, m, k) and weights (batch, 1, K, N, k, n).
    """
    m, k, n = (slice(*one[:2]) for one in (rows, terms, cols))
    inputs, weights = (x.astype(np.int64) for x in (tile.inputs[:, m, k], tile.weights[:, k, n]))
    batch = len(inputs)
    inputs = inputs.reshape(batch, -1, rows[2], inputs.shape[2] // terms[2], terms[2])
    weights = weights.reshape(batch, -1, terms[2], weights.shape[2] // cols[2], cols[2])
    return inputs.swapaxes(2, 3)[:, :, :, None], weights.swapaxes(2, 3)[:, None]


def _accumulated(place: Place, sums: Array | None, partial: Array) -> Array:
    """Return what the accumulators hold after a fold, as wide as they are."""
    total = partial if sums is None else sums + partial
    pe = place.array.pe
    return total if pe.kind in FLOATING else wrapped(total, pe.accumulator_bits)
