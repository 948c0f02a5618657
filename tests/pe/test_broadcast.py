import pytest
from fold_checks import (
    STATIONARY,
    check_many_at_once,
    check_no_beat_could_enter_earlier,
    check_one_large,
    check_register_by_register,
    each_case,
)
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.pe.broadcast import broadcast_folds
from lowbit_sim.pe.folding import Conventions, total_cycles
from lowbit_sim.pe.systolic import systolic_folds

sides = st.integers(1, 64)
dims = st.integers(1, 300)
shapes = st.tuples(sides, sides, st.integers(1, 8), dims, dims, dims)


@each_case
def test_formula_is_what_the_array_does_register_by_register(case):
    check_register_by_register(broadcast_folds, "broadcast", case, shapes=500)


@pytest.mark.parametrize("stationary", STATIONARY)
def test_a_large_array(stationary):
    check_one_large(broadcast_folds, "broadcast", stationary)


@each_case
def test_no_beat_could_enter_earlier(case):
    shapes = 150 if case[0] == "output" else 25
    tried = check_no_beat_could_enter_earlier("broadcast", case, shapes)
    limited = case[0] != "output" or case[1:] == ("overlapped", "through_rows")
    assert (tried >= 10) == limited


@pytest.mark.parametrize("stationary", STATIONARY)
def test_many_shapes_at_once_are_the_same_as_one_by_one(stationary):
    check_many_at_once(broadcast_folds, stationary)


@pytest.mark.parametrize(
    ("stationary", "rows", "cols", "passes", "m", "k", "n", "by_hand"),
    [
        # ⌈17/8⌉·⌈9/4⌉ folds of 8 rows loaded, 5 inputs, 3 levels of a tree of 8
        ("weight", 8, 4, 1, 5, 17, 9, 3 * 3 * (8 + 5 + 3)),
        # a tree of 5 has 3 levels too, a single row none
        ("weight", 5, 4, 2, 5, 17, 9, 4 * 3 * (5 + 2 * 5 + 3)),
        ("weight", 1, 4, 1, 5, 3, 4, 3 * (1 + 5)),
        # ⌈17/8⌉·⌈5/4⌉ folds, 9 columns of weights stream with two digits each
        ("input", 8, 4, 2, 5, 17, 9, 3 * 2 * (8 + 2 * 9 + 3)),
        # ⌈5/8⌉·⌈9/4⌉ folds, all PEs begin at once, 8 rows drain
        ("output", 8, 4, 3, 5, 17, 9, 1 * 3 * (3 * 17 + 8)),
    ],
)
def test_by_hand(stationary, rows, cols, passes, m, k, n, by_hand):
    folds = broadcast_folds(stationary, rows, cols, passes, m, k, n, drains=True)
    assert total_cycles(folds, Conventions()) == by_hand


@given(st.sampled_from(STATIONARY), shapes)
def test_wires_are_never_slower_than_registers(stationary, shape):
    one, other = (
        total_cycles(make(stationary, *shape, drains=True), Conventions())
        for make in (broadcast_folds, systolic_folds)
    )
    # a tree of R rows has ⌈log2 R⌉ levels, a chain of them R − 1 steps
    assert one <= other
