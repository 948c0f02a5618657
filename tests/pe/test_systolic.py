import numpy as np
import pytest
from fold_checks import (
    STATIONARY,
    check_many_at_once,
    check_no_beat_could_enter_earlier,
    check_one_large,
    check_register_by_register,
    each_case,
    small_case,
)
from hypothesis import given
from hypothesis import strategies as st
from oracles import BUBBLE, Systolic, held_folds, run_folds

from lowbit_sim.pe.folding import NAMED_CONVENTIONS, Conventions, total_cycles
from lowbit_sim.pe.systolic import systolic_folds

sides = st.integers(1, 64)
dims = st.integers(1, 300)
shapes = st.tuples(sides, sides, st.integers(1, 8), dims, dims, dims)
conventions = st.builds(
    Conventions,
    st.sampled_from(["exposed", "hidden"]),
    st.sampled_from(["separate", "overlapped"]),
    st.sampled_from(["through_rows", "direct"]),
)


def cycles(stationary, shape, convention):
    folds = systolic_folds(stationary, *shape, drains=convention.drain == "through_rows")
    return total_cycles(folds, convention)


@each_case
def test_formula_is_what_the_array_does_register_by_register(case):
    check_register_by_register(systolic_folds, "systolic", case, shapes=500)


@pytest.mark.parametrize("stationary", STATIONARY)
def test_a_large_array(stationary):
    check_one_large(systolic_folds, "systolic", stationary)


@each_case
def test_no_beat_could_enter_earlier(case):
    shapes = 150 if case[0] == "output" else 25
    tried = check_no_beat_could_enter_earlier("systolic", case, shapes)
    # outputs are not loaded: only sums that wait for the rows hold a beat back
    limited = case[0] != "output" or case[1:] == ("overlapped", "through_rows")
    assert (tried >= 10) == limited


class LoadedAtOnce(Systolic):
    """An array whose words enter all columns in the same cycle, once the last one has room."""

    skewed = False

    def _may_load(self, fold, beat_in):
        if self.hidden:
            return not self.holder.waiting[0].any()
        done = self.next_beat == self.program.starts[fold] and beat_in == BUBBLE
        return fold == 0 or (done and self.now - self.entered[-1] >= self.program.cols)


@pytest.mark.parametrize("preload", ["exposed", "hidden"])
def test_columns_loaded_at_once_would_make_overlapped_folds_slower(preload):
    rng = np.random.default_rng(64)
    for _ in range(100):
        rows, cols, inputs, digits, scales = small_case(rng)
        beats, words = len(inputs) * len(digits), rows + cols - 1
        stream = np.repeat(inputs, len(digits), axis=0)
        folds = held_folds(rows, cols, stream, digits, scales)
        shape = len(inputs), digits.shape[2]
        run = run_folds(LoadedAtOnce, rows, cols, folds, shape, Conventions(preload, "overlapped"))
        np.testing.assert_array_equal(run.product, inputs @ np.tensordot(scales, digits, axes=1))
        interval = words + beats if preload == "exposed" else max(words, beats)
        once = rows + beats + rows + cols - 2
        assert run.cycles == once + (len(folds) - 1) * interval


@pytest.mark.parametrize("stationary", STATIONARY)
def test_many_shapes_at_once_are_the_same_as_one_by_one(stationary):
    check_many_at_once(systolic_folds, stationary)


@given(st.sampled_from(STATIONARY), shapes, conventions, st.integers(2, 5), st.integers(1, 40))
def test_more_work_never_takes_fewer_cycles(stationary, shape, convention, grown, more):
    larger = list(shape)
    larger[grown] += more  # passes, m, k or n
    assert cycles(stationary, larger, convention) >= cycles(stationary, shape, convention)


@given(st.sampled_from(STATIONARY), shapes, conventions)
def test_no_array_does_more_than_a_beat_per_cycle_and_pe(stationary, shape, convention):
    rows, cols, passes, m, k, n = shape
    assert cycles(stationary, shape, convention) * rows * cols >= m * k * n * passes


@given(st.sampled_from(STATIONARY), shapes, conventions)
def test_what_is_hidden_or_overlapped_is_never_slower(stationary, shape, convention):
    slowest = cycles(stationary, shape, Conventions())
    fastest = cycles(stationary, shape, Conventions("hidden", "overlapped", "direct"))
    assert fastest <= cycles(stationary, shape, convention) <= slowest


@pytest.mark.parametrize(
    ("stationary", "side", "m", "k", "n", "expected"),
    [
        # 4 × 4, 4 × 4 × 4: 4 + 4 + 4 − 2; SCALE-Sim prints 9, the index of the last cycle
        ("output", 4, 4, 4, 4, 10),
        # ⌈192/32⌉·⌈576/32⌉·(2·32 + 32 + 197 − 2) = 108·291
        ("weight", 32, 197, 192, 576, 31_428),
        # ⌈197/32⌉·⌈576/32⌉·(32 + 32 + 192 − 2) = 126·254
        ("output", 32, 197, 192, 576, 32_004),
        # ⌈192/128⌉·⌈576/128⌉·(2·128 + 128 + 197 − 2) = 10·579
        ("weight", 128, 197, 192, 576, 5_790),
        # ⌈192/32⌉·⌈197/32⌉·(2·32 + 32 + 576 − 2) = 42·670
        ("input", 32, 197, 192, 576, 28_140),
    ],
)
def test_the_convention_of_scale_sim_by_hand(stationary, side, m, k, n, expected):
    shape = side, side, 1, m, k, n
    assert cycles(stationary, shape, NAMED_CONVENTIONS["scale_sim"]) == expected


def test_the_folds_are_those_of_what_stays():
    assert systolic_folds("weight", 4, 2, 3, 5, 9, 7, drains=True).count == 3 * 4
    assert systolic_folds("input", 4, 2, 3, 5, 9, 7, drains=True).count == 3 * 3
    assert systolic_folds("output", 4, 2, 3, 5, 9, 7, drains=True).count == 2 * 4
