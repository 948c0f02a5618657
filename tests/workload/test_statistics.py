from fractions import Fraction

import pytest

from lowbit_sim.workload.statistics import WeightStatistics


def test_counts_of_a_ternary_matrix():
    # the first row is -1 0 1 1, the second 0 0 0 -1
    counts = WeightStatistics(level_counts=(2, 4, 2), row_nonzeros=(3, 1))
    assert counts.weights == 8
    assert counts.row_weights == 4
    assert counts.zero_fraction == Fraction(4, 8)


def test_floating_point_weights_are_told_apart_from_level_counts():
    counts = WeightStatistics((), (3, 4), weights=8)
    assert counts.weights == 8
    assert counts.zero_fraction == Fraction(1, 8)


def test_equal_however_the_number_of_weights_was_given():
    assert WeightStatistics((2, 4, 2), (3, 1)) == WeightStatistics((2, 4, 2), (3, 1), weights=8)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (((2, -1, 3), (1, 1)), "cannot be negative"),
        (((2, 0, 2), (-1, 1)), "cannot be negative"),
        (((1, 1), (1, 1), -2), "cannot be negative"),
        (((), (1, 1)), "at least one weight and one row"),
        (((2, 0, 2), ()), "at least one weight and one row"),
        (((2, 4, 2), (3, 1), 9), "sum to 8, not to the 9 weights"),
        (((2, 4, 2), (1, 1, 1)), "8 weights are no 3 equal rows"),
        (((2, 4, 2), (5, 1)), "a row of 4 weights has more non-zeros"),
    ],
)
def test_refuses(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        WeightStatistics(*arguments)


def test_assumed_counts_are_told_apart():
    counted = WeightStatistics((2, 4, 2), (3, 1))
    assert not counted.assumed
    assert WeightStatistics((2, 4, 2), (3, 1), assumed=True) != counted
