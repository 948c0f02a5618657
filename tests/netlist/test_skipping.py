import numpy as np
import pytest
from tiny import needs_yosys, synthesised

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.netlist.lanes import Trace
from lowbit_sim.netlist.measure import measure
from lowbit_sim.netlist.skipping import ColumnWalker, SkippingSum, walk
from lowbit_sim.pe.ternary_skip import TernarySkip

GROUP = 4


def trace(name, m=3, n=3):
    drawn = np.random.default_rng(2)
    fmt = number_format(name)
    inputs = drawn.integers(-128, 128, (m, 3 * GROUP))
    return Trace(fmt, inputs, drawn.choice(fmt.levels, (3 * GROUP, n)))


def test_columns_walk_what_is_not_zero_and_wait_for_the_slowest():
    # two groups of two weights; column 0: 1 0 | 0 0, column 1: −1 1 | 0 0
    levels = np.array([[1, -1], [0, 1], [0, 0], [0, 0]])
    found = walk(levels[None], 2)
    assert found.group.tolist() == [0, 0, 1]  # a group of zeros takes a beat
    assert found.position.tolist() == [[0, 0], [0, 1], [0, 0]]
    assert found.digit.tolist() == [[1, -1], [0, 1], [0, 0]]


def test_trits_of_a_weight_stand_side_by_side():
    # 4 = 1 + 3: trits 1 and 1; 0; two places for each weight
    trits = np.array([[[1], [0]], [[1], [0]]])
    found = walk(trits, 2)
    assert found.position.tolist() == [[0], [1]]
    assert found.digit.tolist() == [[1], [1]]


def test_beats_are_those_of_the_formula():
    given = trace("levels_9", n=8)
    work = SkippingSum(TernarySkip(GROUP), given.weight, 8, 24).work(given)
    profile = TernarySkip(GROUP).profile(given.levels, 16, 16, "output", given.weight)
    assert len(work.busy) == profile.sum()


def test_the_sums_are_the_product():
    given = trace("levels_9")
    work = SkippingSum(TernarySkip(GROUP), given.weight, 8, 24).work(given)
    # the last beat's sum would be shown a cycle later
    before_last = work.expected[max(work.expected)].reshape(3, 3)
    missing = given.inputs @ given.levels - before_last
    assert np.abs(missing).max() <= 3 * 128  # one trit of a weight


@needs_yosys
@pytest.mark.parametrize(
    ("built_for", "runs"), [("levels_3", "levels_3"), ("levels_9", "levels_3")]
)
@pytest.mark.parametrize("part", ["pe", "walker"])
def test_the_netlists_compute_what_numpy_says(tmp_path, part, built_for, runs):
    element, weight = TernarySkip(GROUP), number_format(built_for)
    made = SkippingSum(element, weight, 8, 24) if part == "pe" else ColumnWalker(element, weight)
    found = measure(made, synthesised(made, tmp_path), [trace(runs)])
    assert found.pass_fj > 0
