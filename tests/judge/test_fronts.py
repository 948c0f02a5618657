"""Pareto sets, hypervolumes and knees against brute force and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowbit_sim.judge.fronts import REFERENCE, hypervolume_fraction, knee, normalised, pareto

clouds = st.lists(
    st.tuples(*[st.integers(0, 5)] * 3).map(lambda point: [one / 5 for one in point]),
    min_size=1,
    max_size=7,
).map(np.array)


def dominated(points, one):
    return any(np.all(other <= one) and np.any(other < one) for other in points)


@given(clouds)
def test_pareto_set_by_brute_force(points):
    assert pareto(points).tolist() == [not dominated(points, one) for one in points]


def union_of_boxes(points):
    """Inclusion and exclusion over the boxes from each point to the reference."""
    total = 0.0
    for count in range(1, len(points) + 1):
        for chosen in itertools.combinations(points, count):
            sides = REFERENCE - np.max(chosen, axis=0)
            total += (-1) ** (count + 1) * float(np.prod(sides))
    return total


@settings(max_examples=60)
@given(clouds)
def test_hypervolume_by_inclusion_and_exclusion(points):
    wanted = union_of_boxes(points) / REFERENCE**3
    assert hypervolume_fraction(points) == pytest.approx(wanted, abs=1e-12)


@given(clouds, st.integers(0, 6))
def test_a_further_point_never_takes_volume_away(points, place):
    fewer = np.delete(points, place % len(points), axis=0)
    if len(fewer):
        assert hypervolume_fraction(points) >= hypervolume_fraction(fewer) - 1e-12


def test_the_hypervolume_of_the_ideal_and_of_the_worst_point():
    assert hypervolume_fraction(np.zeros((1, 5))) == pytest.approx(1.0)
    assert hypervolume_fraction(np.ones((1, 2))) == pytest.approx((0.1 / 1.1) ** 2)


def test_the_knee_is_the_point_farthest_below_the_line_between_the_ends():
    # scaled: (0, 1), (0.2, 0.4), (0.5, 0.3), (1, 0); below the line by 0.4 and 0.2
    points = np.array([[0.0, 100.0], [2.0, 40.0], [5.0, 30.0], [10.0, 0.0], [6.0, 90.0]])
    assert knee(points) == 1


def test_dominated_points_are_no_knee_and_a_single_point_has_none():
    assert knee(np.array([[1.0, 1.0]])) is None
    assert knee(np.array([[1.0, 1.0], [2.0, 2.0]])) is None


@given(clouds)
def test_normalised_points_fill_the_unit_cube(points):
    found = normalised(points, (False, False, False))
    assert found.min() >= 0
    assert found.max() <= 1
    spans = np.ptp(points, axis=0) > 0
    assert np.all(found.max(axis=0)[spans] == 1)


def test_a_logarithmic_criterion_makes_equal_factors_equal_steps():
    found = normalised(np.array([[1.0, 1.0], [10.0, 2.0], [100.0, 3.0]]), (True, False))
    assert found[:, 0] == pytest.approx([0, 0.5, 1])
    assert found[:, 1] == pytest.approx([0, 0.5, 1])
