"""The contract of a processing element, tried out on many products.

What a kind claims is held against every array that it can stand in: each organisation, operand
that stays, and convention. The cycles are counted here a second time, fold by fold, from the tables
in `lowbit_sim.pe.systolic`, `lowbit_sim.pe.broadcast` and `lowbit_sim.pe.folding`. Whether passes
and terms are *true* of some circuit, no kit can know: that takes a simulation that computes the
product, as in ``tests/pe/element_oracles.py``.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

import numpy as np

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import (
    STATIONARY,
    Organisation,
    Particular,
    ProcessingElement,
    Product,
    Stationary,
    Tile,
    ValueDependent,
)
from lowbit_sim.pe.folding import Conventions, Drain, FoldOrder, Preload
from lowbit_sim.testing.demands import demand
from lowbit_sim.testing.value_contract import check_profile

#: a weight's format, an activation's
Pair = tuple[NumberFormat, NumberFormat]
#: an organisation, and the operand that stays
Way = tuple[Organisation, Stationary]

METHODS = ("refuses", "passes", "terms", "stages", "actions")
WAYS: tuple[Way, ...] = tuple(itertools.product(get_args(Organisation), STATIONARY))
CONVENTIONS = tuple(
    Conventions(*chosen)
    for chosen in itertools.product(get_args(Preload), get_args(FoldOrder), get_args(Drain))
)


def check_pe(
    make_element: Callable[[], ProcessingElement],
    formats: Iterable[NumberFormat] = tuple(FORMATS.values()),
    shapes: int = 4,
    seed: int = 0,
) -> None:
    """Demand that a kind of processing element keeps the contract.

    It is a frozen dataclass with a name and a docstring that explains it; refuses formats in words,
    and then everywhere; has whole passes and terms of at least 1; counts whole actions that grow
    with the product, in proportion to the batch, none of them but skips fewer where the weights are
    unknown; and stands in every array with the cycles of the formula, never more than fully used.
    Where values decide, they never make it slower.

    Parameters
    ----------
    make_element : callable without arguments
        Makes the element: a class, or ``lambda: Mine(lanes=8)``.
    formats : iterable of NumberFormat
        Tried for weights and for activations, every pair of them.
    shapes : int
        Random products and arrays for each pair.
    seed : int
        Of their choice.

    Raises
    ------
    BrokenContractError
        At the first rule that is broken, with the formats and the array.

    Examples
    --------
    >>> from lowbit_sim.pe.ternary_adder import TernaryAdder
    >>> check_pe(TernaryAdder, shapes=1)
    """
    element = make_element()
    _check_identity(element, make_element())
    ways = [way for way in WAYS if _fits(element, way)]
    demand(ways, f"{element.kind} stands in no array")
    known = tuple(formats)
    pairs = itertools.product(known, known)
    accepted = [pair for pair in pairs if _is_accepted(element, pair, ways[0])]
    demand(accepted, f"{element.kind} refuses every pair of formats")
    rng = np.random.default_rng(seed)
    for pair in accepted:
        _check_beat(element, pair)
        for _ in range(shapes):
            _check_product(element, pair, ways, rng)


def _check_identity(element: Any, again: Any) -> None:
    kind = getattr(element, "kind", None)
    demand(isinstance(kind, str) and kind.isidentifier(), f"kind is no name: {kind!r}")
    for method in METHODS:
        demand(callable(getattr(element, method, None)), f"{kind} has no method {method}")
    record = type(element)
    frozen = dataclasses.is_dataclass(record) and record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    demand(frozen, f"{kind} is no frozen dataclass")
    demand(element == again and hash(element) == hash(again), f"{kind} differs when made again")
    explained = inspect.getdoc(sys.modules[record.__module__])
    demand(explained, f"{kind}: its module {record.__module__} has no docstring to explain it")


def _array(element: ProcessingElement, rows: int, cols: int, way: Way) -> PEArray:
    return PEArray(element, rows, cols, 24, way[0], stationary=(way[1],))


def _fits(element: ProcessingElement, way: Way) -> bool:
    what = f"{element.kind}, {way[0]}, {way[1]} stays"
    reason = element.fits(*way) if isinstance(element, Particular) else None
    demand(reason is None or (isinstance(reason, str) and reason.strip()), f"{what}: no reason")
    try:
        _array(element, 4, 4, way)
    except ValueError:
        demand(reason is not None, f"{what}: fits, and is refused")
    else:
        demand(reason is None, f"{what}: does not fit, and is not refused")
    return reason is None


def _is_accepted(element: ProcessingElement, pair: Pair, way: Way) -> bool:
    what = f"{element.kind}, {pair[0].name} × {pair[1].name}"
    reason = element.refuses(*pair)
    demand(reason == element.refuses(*pair), f"{what}: refuses differently when asked again")
    if reason is None:
        return True
    demand(isinstance(reason, str) and reason.strip(), f"{what}: refuses without a reason")
    array, tile, stays = _array(element, 4, 4, way), Tile(1, 1, 1), way[1]
    for ask in (
        lambda: array.passes(*pair),
        lambda: array.terms(*pair),
        lambda: array.cycles(tile, *pair, stays),
        lambda: array.actions(Product(1, tile, *pair, stays)),
    ):
        try:
            ask()
        except ValueError:
            continue
        demand(False, f"{what}: refused, and computed")
    return False


def _check_beat(element: ProcessingElement, pair: Pair) -> None:
    what = f"{element.kind}, {pair[0].name} × {pair[1].name}"
    for name, least in (("passes", 1), ("terms", 1), ("stages", 0)):
        value = getattr(element, name)(*pair)
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
        demand(whole, f"{what}: {name} must be a whole number of at least {least}, got {value!r}")


def _check_product(
    element: ProcessingElement, pair: Pair, ways: Iterable[Way], rng: np.random.Generator
) -> None:
    rows, cols = (int(side) for side in rng.integers(1, 9, size=2))
    terms = element.terms(*pair)
    m, n = (int(side) for side in rng.integers(1, 20, size=2))
    tile = Tile(m, int(rng.integers(1, 3 * rows * terms + 2)), n)
    for way in ways:
        array, stays = _array(element, rows, cols, way), way[1]
        what = (
            f"{element.kind}, {pair[0].name} × {pair[1].name}, {tile}, {way[0]} "
            f"{rows} × {cols}, {stays} stays"
        )
        _check_cycles(array, tile, pair, stays, what)
        _check_actions(array, tile, pair, stays, rng, what)
        if isinstance(element, ValueDependent):
            check_profile(array, tile, pair, stays, rng, what)


def _check_cycles(array: PEArray, tile: Tile, pair: Pair, stays: Stationary, what: str) -> None:
    passes, terms = array.passes(*pair), array.terms(*pair)
    for conventions in CONVENTIONS:
        one = dataclasses.replace(array, conventions=conventions)
        cycles = one.cycles(tile, *pair, stays)
        expected = _counted_cycles(one, tile, pair, stays)
        demand(cycles == expected, f"{what}, {conventions}: {cycles} cycles, not {expected}")
        most = array.rows * array.cols * terms * cycles
        demand(tile.m * tile.k * tile.n * passes <= most, f"{what}: used more than fully")
        for larger in _larger(tile):
            grown = one.cycles(larger, *pair, stays)
            demand(grown >= cycles, f"{what}, {conventions}: {larger} takes fewer cycles")


def _larger(tile: Tile) -> Iterator[Tile]:
    for dim in "mkn":
        yield dataclasses.replace(tile, **{dim: getattr(tile, dim) + 1})


def _counted_cycles(array: PEArray, tile: Tile, pair: Pair, stays: Stationary) -> int:
    """Return the cycles, counted fold by fold [cycle]."""
    rows, cols, conventions = array.rows, array.cols, array.conventions
    words = -(-tile.k // array.terms(*pair))
    held = {"weight": (words, tile.n), "input": (words, tile.m), "output": (tile.m, tile.n)}[stays]
    streamed = {"weight": tile.m, "input": tile.n, "output": words}[stays]
    load = 0 if stays == "output" else rows
    drain = rows if stays == "output" and conventions.drain == "through_rows" else 0
    beats, skew = streamed * array.passes(*pair), array.element.stages(*pair)
    if array.organisation == "systolic":
        skew += rows + cols - 2
    elif stays != "output":
        skew += (rows - 1).bit_length()
    total = 0
    folds = [1 for _ in range(0, held[0], rows) for _ in range(0, held[1], cols)]
    for _ in folds[1:]:
        busy = beats + skew + drain if conventions.folds == "separate" else max(beats, drain)
        total += max(load, busy) if conventions.preload == "hidden" else load + busy
    return total + load + beats + skew + drain


def _check_actions(
    array: PEArray,
    tile: Tile,
    pair: Pair,
    stays: Stationary,
    rng: np.random.Generator,
    what: str,
) -> None:
    def counted(batch: int, tile: Tile, levels: tuple[int, ...] | None) -> ActionCounts:
        counts = array.actions(Product(batch, tile, *pair, stays, levels))
        demand(isinstance(counts, ActionCounts), f"{what}: actions are no ActionCounts")
        return counts

    unknown = counted(1, tile, None)
    demand(unknown.keys(), f"{what}: nothing happens")
    for name in unknown:
        demand(name.count(".") == 1, f"{what}: '{name}' is no component.action")
    for larger in _larger(tile):
        grown = counted(1, larger, None)
        fewer = [name for name in unknown if grown[name] < unknown[name]]
        demand(not fewer, f"{what}: fewer of {fewer} in {larger}")
    # where values decide, the sums that trees write are an average, rounded up
    rounded = {"register.write_bit"} if isinstance(array.element, ValueDependent) else set()
    for levels in _some_level_counts(pair[0], tile, rng):
        one = counted(1, tile, levels)
        several = counted(5, tile, None if levels is None else tuple(5 * c for c in levels))
        names = sorted({*one, *several} - rounded)
        uneven = [name for name in names if several[name] != 5 * one[name]]
        demand(not uneven, f"{what}: {uneven} not in proportion to the batch")
        more = [name for name in one if one[name] > unknown[name] and not name.endswith(".skip")]
        demand(not more, f"{what}: more of {more} where the weights are known")


def _some_level_counts(
    weight: NumberFormat, tile: Tile, rng: np.random.Generator
) -> Iterator[tuple[int, ...] | None]:
    yield None
    if not weight.is_integer:
        yield ()
        return
    weights = tile.k * tile.n
    yield tuple(int(c) for c in rng.multinomial(weights, [1 / weight.count] * weight.count))
    for level in (0, weight.count // 2, weight.count - 1):
        yield tuple(weights if index == level else 0 for index in range(weight.count))
