import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import run_array

from lowbit_sim.pe.systolic import systolic_cycles

STATIONARY = ("weight", "output")
sides = st.integers(1, 64)
dims = st.integers(1, 300)
shapes = st.tuples(sides, sides, st.integers(1, 8), dims, dims, dims)


@pytest.mark.parametrize("stationary", STATIONARY)
def test_formula_is_what_the_array_does_beat_by_beat(stationary):
    rng = np.random.default_rng(31_428)
    for _ in range(150):
        rows, cols, passes = (int(x) for x in rng.integers(1, [7, 7, 5]))
        m, k, n = (int(x) for x in rng.integers(1, [10, 14, 14]))
        scales = rng.permutation([-(2**p) if p == passes - 1 else 3**p for p in range(passes)])
        digits = rng.integers(-1, 2, size=(passes, k, n))
        inputs = rng.integers(-128, 128, size=(m, k))
        run = run_array(stationary, rows, cols, inputs, digits, scales)
        weights = np.tensordot(scales, digits, axes=1)
        np.testing.assert_array_equal(run.product, inputs @ weights)
        assert run.slots == m * k * n * passes
        assert run.cycles == systolic_cycles(stationary, rows, cols, passes, m, k, n)


@pytest.mark.parametrize("stationary", STATIONARY)
def test_many_shapes_at_once_are_the_same_as_one_by_one(stationary):
    m, k, n = np.random.default_rng(5_790).integers(1, 2_000, size=(3, 2_000))
    many = systolic_cycles(stationary, 32, 16, 3, m, k, n)
    assert many.dtype == np.int64
    each = [
        systolic_cycles(stationary, 32, 16, 3, *shape)
        for shape in zip(m.tolist(), k.tolist(), n.tolist(), strict=True)
    ]
    assert all(type(one) is int for one in each)
    assert many.tolist() == each


@given(st.sampled_from(STATIONARY), shapes, st.integers(2, 5), st.integers(1, 40))
def test_more_work_never_takes_fewer_cycles(stationary, shape, grown, more):
    larger = list(shape)
    larger[grown] += more  # passes, m, k or n
    assert systolic_cycles(stationary, *larger) >= systolic_cycles(stationary, *shape)


@given(st.sampled_from(STATIONARY), shapes)
def test_no_array_does_more_than_a_beat_per_cycle_and_pe(stationary, shape):
    rows, cols, passes, m, k, n = shape
    assert systolic_cycles(stationary, *shape) * rows * cols >= m * k * n * passes


@pytest.mark.parametrize(
    ("m", "k", "n", "scale_sim", "folds"),
    [
        (256, 256, 128, 10_176, 8 * 4),
        (197, 192, 576, 32_004, 7 * 18),
    ],
)
def test_scale_sim_overlaps_the_drain_of_each_output_stationary_fold(m, k, n, scale_sim, folds):
    # SCALE-Sim 3.0.0, 32 x 32, its total + 1 (it prints the last cycle's index, counted from 0)
    assert systolic_cycles("output", 32, 32, 1, m, k, n) == scale_sim + folds * 32


def test_there_is_no_third_dataflow_yet():
    with pytest.raises(ValueError, match=r"must be 'weight' or 'output', got 'input'"):
        systolic_cycles("input", 4, 4, 1, 4, 4, 4)
