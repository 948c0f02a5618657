"""A mapping carried out: every tile of every boundary in order, every fold, with real numbers.

The loops come from the mapping, the commands from the schedule's walk (`lowbit_sim.mapping.walk`):
what a step loads is copied from the memory outside, what it does not load is what the buffer
already holds, sums leave when the step stores them and come back when it says so. A fresh buffer
of sums holds junk until the array writes to it. Weights are packed in the memories before the
decoder and pass it tile by tile. The array takes a tile fold by fold
(`lowbit_sim.study.fold_execution`).

Not carried out: the output path behind the sums (scale, bias, rounding); and inputs of a
convolution are unfolded from the start, where a machine forms the windows further in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import Packing, pack, unpack
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.mapping.walk import Repeated, TileStep, walk
from lowbit_sim.pe.arithmetic import FLOATING
from lowbit_sim.study.fold_execution import Array, Tensors, execute_folds

#: what stands in a memory of sums that nobody has written yet
JUNK = 0x2BADBEEF


class Work(NamedTuple):
    """What was carried out: tiles of the array, its folds, and multiply-accumulates."""

    tiles: int
    folds: int
    macs: int

    def plus(self, other: Work) -> Work:
        """Return both together."""
        return Work(*(a + b for a, b in zip(self, other, strict=True)))


def execute(
    place: Place, mapping: Mapping, schedule: TileSchedule, inputs: Array, weights: Array
) -> tuple[Array, Work]:
    """Return the sums that a machine computes, and the work it does.

    Parameters
    ----------
    place : Place
        The product on its array.
    mapping : Mapping
    schedule : TileSchedule
        What the mapping unrolled into; it must have as many steps at every boundary.
    inputs : ndarray of int, shape (batch, m, k)
        Codes of the activations.
    weights : ndarray of int, shape (batch, k, n)
        Levels of the weights, or codes of the second activation.

    Returns
    -------
    sums : ndarray of int64 (float32 from a floating-point array), shape (batch, m, n)
    work : Work

    Raises
    ------
    ValueError
        If the schedule does not have the mapping's steps.
    """
    gemm = place.gemm
    sums = _fresh(place, (gemm.batch, gemm.m, gemm.n))
    held = Tensors(inputs, weights, sums)
    work = _boundary(place, mapping, schedule, held, (0, False, True))
    return sums, work


def _fresh(place: Place, extents: tuple[int, ...]) -> Array:
    floating = place.array.pe.kind in FLOATING
    return np.full(extents, JUNK, np.float32 if floating else np.int64)


def _boundary(
    place: Place,
    mapping: Mapping,
    schedule: TileSchedule,
    outer: Tensors,
    at: tuple[int, bool, bool],
) -> Work:
    """Walk a tile of one depth in tiles of the next.

    ``at`` is the depth, whether the tile adds to sums of an earlier k, and whether no later k
    adds to its sums.
    """
    depth, accumulates, final = at
    (batch, m, k), n = outer.inputs.shape, outer.weights.shape[2]
    whole, tile = Extent(batch, m, k, n), mapping.extents[depth]
    order = mapping.orders[depth]
    each = place.gemm.levels is not None
    steps = walk(whole, tile, order, accumulates=accumulates, final=final, each=each)
    boxes = _boxes(whole, tile, order)
    inner: Tensors | None = None
    work = Work(0, 0, 0)
    for box, step, timed in zip(boxes, _in_order(steps), schedule.in_order(), strict=True):
        inner = _loaded(place, depth, step, _part(outer, box), inner)
        flags = (step.accumulates, step.final)
        if depth + 1 == len(mapping.extents):
            folds = execute_folds(place, inner, mapping.stationary, accumulates=step.accumulates)
            done = Work(1, folds, step.extent.batch * step.extent.m * step.extent.k * step.extent.n)
        else:
            assert timed.inner is not None
            done = _boundary(place, mapping, timed.inner, inner, (depth + 1, *flags))
        work = work.plus(done)
        if step.stores and place.crosses("output", depth):
            _part(outer, box).sums[...] = inner.sums
    return work


def _in_order(body: Iterable[TileStep | Repeated]) -> Iterator[TileStep]:
    for one in body:
        if isinstance(one, TileStep):
            yield one
        else:
            for _ in range(one.times):
                yield from _in_order(one.body)


def _boxes(whole: Extent, tile: Extent, order: str) -> Iterator[dict[str, slice]]:
    """Yield the ranges of b, m, k and n of each tile, by the loops of the mapping."""
    dims = ("b", *order)
    names = {"b": "batch", "m": "m", "k": "k", "n": "n"}
    ranges = [
        [
            slice(start, min(start + getattr(tile, names[d]), getattr(whole, names[d])))
            for start in range(0, getattr(whole, names[d]), getattr(tile, names[d]))
        ]
        for d in dims
    ]
    for slices in product(*ranges):
        yield dict(zip(dims, slices, strict=True))


def _part(held: Tensors, box: dict[str, slice]) -> Tensors:
    b, m, k, n = (box[dim] for dim in "bmkn")
    return Tensors(held.inputs[b, m, k], held.weights[b, k, n], held.sums[b, m, n])


def _loaded(
    place: Place, depth: int, step: TileStep, part: Tensors, before: Tensors | None
) -> Tensors:
    """Return what the memories of the next depth hold once a step has loaded."""
    inputs, weights, sums = part
    if place.crosses("input", depth):
        inputs = inputs.copy() if step.loads_input or before is None else before.inputs
    if place.crosses("weight", depth):
        if step.loads_weight or before is None:
            weights = _delivered(place, depth, weights)
        else:
            weights = before.weights
    if place.crosses("output", depth):
        if step.loads_partial:
            sums = sums.copy()
        elif step.accumulates and before is not None:
            sums = before.sums
        else:
            sums = _fresh(place, sums.shape)
    return Tensors(inputs, weights, sums)


def _delivered(place: Place, depth: int, weights: Array) -> Array:
    """Return the weights that arrive behind a boundary: through the decoder where it stands."""
    gemm = place.gemm
    if depth != place.machine.decoder_depth or gemm.weights_are_activations:
        return weights.copy()
    return through_memory(weights, gemm.weight, gemm.packing)


def through_memory(levels: Array, fmt: NumberFormat, packing: Packing) -> NDArray[np.int64]:
    """Return levels as the decoder gives them: coded, packed into words, unpacked, looked up."""
    known = np.array(fmt.levels, np.int64)
    stream = pack(np.searchsorted(known, levels), fmt, packing)
    decoded: NDArray[np.int64] = known[unpack(stream, fmt, packing, levels.size)]
    return decoded.reshape(levels.shape)
