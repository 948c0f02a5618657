import random

import pytest
from scipy import stats

from lowbit_sim.study.two_samples import brown_forsythe, welch_above

DRAW = random.Random(3)
SAMPLES = [
    ([DRAW.gauss(0, 1) for _ in range(n)], [DRAW.gauss(shift, spread) for _ in range(m)])
    for n, m, shift, spread in ((4, 4, 0, 1), (5, 4, 1, 4), (4, 7, -2, 0.1), (5, 5, 0, 9))
]


@pytest.mark.parametrize(("first", "second"), SAMPLES)
def test_equal_scipys(first, second):
    welch = stats.ttest_ind(first, second, equal_var=False, alternative="greater").pvalue
    assert welch_above(first, second) == pytest.approx(welch, rel=1e-9)
    levene = stats.levene(first, second, center="median").pvalue
    assert brown_forsythe(first, second) == pytest.approx(levene, rel=1e-9)


def test_one_value_shows_nothing():
    assert welch_above([9.0], [1.0, 1.1]) == 1
    assert welch_above([], []) == 1


def test_a_few_values_show_nothing_of_a_spread():
    # distances from a median are equal for two values, so the test would be certain of anything
    assert brown_forsythe([1, 2], [1, 9]) == 1
    assert brown_forsythe([1, 2, 3], [1, 50, 99]) == 1
    assert brown_forsythe([1, 2, 3, 4], [1, 50, 99]) == 1
    assert brown_forsythe([1, 2, 3, 4], [1, 50, 99, 150]) < 1


def test_samples_without_spread():
    assert welch_above([2, 2, 2], [1, 1, 1]) == 0
    assert welch_above([2, 2], [1, 1, 1]) == 1  # two alike are chance
    assert welch_above([1, 1, 1], [1, 1, 1]) == 1
    assert welch_above([1, 1, 1], [2, 2, 2]) == 1
    assert brown_forsythe([1, 1, 1, 1], [2, 2, 2, 2]) == 1
    # distances 0 and 1: alike within, apart between
    assert brown_forsythe([3, 3, 3, 3], [1, 1, 3, 3]) == 0


def test_order_matters_for_the_mean_only():
    first, second = SAMPLES[1]
    assert welch_above(first, second) == pytest.approx(1 - welch_above(second, first))
    assert brown_forsythe(first, second) == pytest.approx(brown_forsythe(second, first))
