from pathlib import Path

import numpy as np
import pytest
from fold_checks import CASES, case_name, conventions_of
from oracles import Broadcast, Fold, Systolic, run_array, run_folds
from timelines import drawn, read_timelines

from lowbit_sim.pe.broadcast import broadcast_folds
from lowbit_sim.pe.folding import (
    NAMED_CONVENTIONS,
    Conventions,
    Folds,
    interval_cycles,
    total_cycles,
    varying_cycles,
)
from lowbit_sim.pe.systolic import systolic_folds

TIMELINES = read_timelines(Path(__file__).with_name("timelines.md"))
MAKE = {"systolic": systolic_folds, "broadcast": broadcast_folds}
EVERY = [
    Conventions(preload, folds, drain)
    for preload in ("exposed", "hidden")
    for folds in ("separate", "overlapped")
    for drain in ("through_rows", "direct")
]


def folds_of(timeline):
    return MAKE[timeline.organisation](
        timeline.stationary,
        timeline.rows,
        timeline.cols,
        timeline.digits,
        *timeline.shape,
        drains=timeline.conventions.drain == "through_rows",
    )


@pytest.mark.parametrize("timeline", TIMELINES.values(), ids=TIMELINES)
def test_the_formula_is_what_is_drawn(timeline):
    before, interval, preload, beats, skew, drain, total = timeline.written
    assert total == before * interval + preload + beats + skew + drain == timeline.width
    assert interval == timeline.interval
    folds = folds_of(timeline)
    assert folds == Folds(before + 1, preload, beats, skew, drain)
    assert interval_cycles(folds, timeline.conventions) == interval
    assert total_cycles(folds, timeline.conventions) == total


@pytest.mark.parametrize("timeline", TIMELINES.values(), ids=TIMELINES)
def test_the_array_does_what_is_drawn(timeline):
    rng = np.random.default_rng(197)
    m, k, n = timeline.shape
    inputs, digits = rng.integers(-9, 9, (m, k)), rng.integers(-1, 2, (timeline.digits, k, n))
    run = run_array(
        timeline.stationary,
        timeline.rows,
        timeline.cols,
        inputs,
        digits,
        3 ** np.arange(timeline.digits),
        timeline.conventions,
        timeline.organisation,
    )
    assert drawn(run) == timeline.lines


def test_every_convention_is_drawn():
    moving = {
        (line.conventions.preload, line.conventions.folds)
        for line in TIMELINES.values()
        if line.stationary != "output"
    }
    staying = {
        (line.conventions.folds, line.conventions.drain)
        for line in TIMELINES.values()
        if line.stationary == "output"
    }
    assert len(moving) == len(staying) == 4


@pytest.mark.parametrize(
    ("conventions", "by_hand"),
    [
        (Conventions("exposed", "separate", "direct"), 2 * (4 + 5 + 6) + 4 + 5 + 6),
        (Conventions("hidden", "separate", "direct"), 2 * (5 + 6) + 4 + 5 + 6),
        (Conventions("exposed", "overlapped", "direct"), 2 * (4 + 5) + 4 + 5 + 6),
        (Conventions("hidden", "overlapped", "direct"), 2 * 5 + 4 + 5 + 6),
    ],
)
def test_three_folds_that_load_by_hand(conventions, by_hand):
    folds = Folds(3, preload_cycles=4, beats=5, skew_cycles=6, drain_cycles=0)
    assert total_cycles(folds, conventions) == by_hand
    assert varying_cycles(Folds(3, 4, np.array([5, 5, 5]), 6, 0), conventions) == by_hand


@pytest.mark.parametrize(
    ("folds", "beats", "by_hand"),
    [
        ("separate", [1, 7, 2], (1 + 6 + 4) + (7 + 6 + 4) + (2 + 6 + 4)),
        # the second and third wait for four rows to leave; the first waits for none
        ("overlapped", [1, 2, 3], 1 + 4 + 4 + 6 + 4),
        ("overlapped", [9, 1, 7], 9 + 4 + 7 + 6 + 4),
        ("overlapped", [1, 9, 1], 1 + 9 + 4 + 6 + 4),
    ],
)
def test_folds_that_differ_and_drain_by_hand(folds, beats, by_hand):
    differing = Folds(0, 0, np.array(beats), 6, 4)
    assert varying_cycles(differing, Conventions(folds=folds)) == by_hand


@pytest.mark.parametrize(
    ("preload", "folds", "beats", "by_hand"),
    [
        ("exposed", "separate", [1, 7, 2], (4 + 1 + 6) + (4 + 7 + 6) + (4 + 2 + 6)),
        ("hidden", "separate", [1, 7, 2], 4 + (1 + 6) + (7 + 6) + (2 + 6)),
        ("exposed", "overlapped", [1, 7, 2], (4 + 1) + (4 + 7) + (4 + 2) + 6),
        # the second fold's words take four cycles from the first one's first beat on
        ("hidden", "overlapped", [1, 7, 2], 4 + 4 + 7 + 2 + 6),
        ("hidden", "overlapped", [7, 2, 1], 4 + 7 + 4 + 1 + 6),
    ],
)
def test_folds_that_differ_and_load_by_hand(preload, folds, beats, by_hand):
    assert (
        varying_cycles(Folds(0, 4, np.array(beats), 6, 0), Conventions(preload, folds)) == by_hand
    )


@pytest.mark.parametrize("array", [Systolic, Broadcast])
@pytest.mark.parametrize("case", [c for c in CASES if c[0] != "input"], ids=case_name)
def test_folds_that_differ_register_by_register(array, case):
    rng = np.random.default_rng(28_140)
    make = MAKE[array.__name__.lower()]
    for _ in range(60):
        conventions = conventions_of(*case, rng)
        rows, cols = (int(x) for x in rng.integers(1, 5, size=2))
        beats = rng.integers(1, 8, size=int(rng.integers(1, 5)))
        if case[0] == "output":
            folds, product = growing_folds(rows, cols, beats, rng)
        else:
            folds, product = moving_folds(rows, cols, beats, rng)
        run = run_folds(array, rows, cols, folds, product.shape, conventions)
        np.testing.assert_array_equal(run.product, product)
        drains = conventions.drain == "through_rows"
        one = make(case[0], rows, cols, 1, 1, 1, 1, drains=drains)
        varying = Folds(1, one.preload_cycles, beats, one.skew_cycles, one.drain_cycles)
        assert run.cycles == varying_cycles(varying, conventions)


def growing_folds(rows, cols, beats, rng):
    """Return folds of so many beats each, side by side, and the sums that stay."""
    folds, sums = [], []
    for index, count in enumerate(beats):
        left, top = (rng.integers(-99, 99, (count, size)) for size in (rows, cols))
        sums.append(left.T @ top)
        none = np.zeros(count, dtype=int)
        at = (0, index * cols)
        folds.append(Fold((rows, cols), left[..., None], top, None, none, none, none, at))
    return folds, np.concatenate(sums, axis=1)


def moving_folds(rows, cols, beats, rng):
    """Return folds of one digit and so many beats each, side by side, and the sums that move."""
    product, folds = np.zeros((max(beats), cols * len(beats)), dtype=int), []
    for index, count in enumerate(beats):
        left, held = rng.integers(-99, 99, (count, rows)), rng.integers(-99, 99, (rows, cols))
        product[:count, index * cols : (index + 1) * cols] = left @ held
        none, row = np.zeros(count, dtype=int), np.arange(count)
        at = (0, index * cols)
        folds.append(Fold((rows, cols), left[..., None], None, held[None], none, none + 1, row, at))
    return folds, product


@pytest.mark.parametrize("conventions", EVERY, ids=str)
def test_equal_folds_are_a_case_of_folds_that_differ(conventions):
    rng = np.random.default_rng(10)
    for _ in range(50):
        count, beats, skew = (int(x) for x in rng.integers(1, 9, size=3))
        preload, drain = rng.permutation([int(rng.integers(0, 9)), 0]).tolist()
        equal = Folds(count, preload, beats, skew, drain)
        each = Folds(count, preload, np.full(count, beats), skew, drain)
        assert total_cycles(equal, conventions) == varying_cycles(each, conventions)


def test_the_convention_of_scale_sim():
    assert {"scale_sim": Conventions("exposed", "separate", "direct")} == NAMED_CONVENTIONS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preload": "hiden"}, r"^preload 'hiden' is unknown; did you mean 'hidden'\?"),
        ({"folds": "overlaped"}, r"^folds 'overlaped' is unknown; did you mean 'overlapped'\?"),
        ({"drain": "rows"}, r"^drain 'rows' is unknown; .*allowed: direct, through_rows$"),
    ],
)
def test_unknown_conventions_name_the_nearest(given, message):
    with pytest.raises(ValueError, match=message):
        Conventions(**given)
