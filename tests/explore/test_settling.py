from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.explore.settling import picks, settle, settled
from lowbit_sim.judge.fronts import pareto

#: few values, so that rows are often equal in an objective
small = st.integers(1, 6)


@st.composite
def spaces(draw):
    """Draw bounds, exact objectives that are nowhere less, and which rows can run at all."""
    objectives = draw(st.integers(1, 4))
    rows = draw(st.integers(1, 25))
    row = st.lists(small, min_size=objectives, max_size=objectives)
    bounds = np.array(draw(st.lists(row, min_size=rows, max_size=rows)), float)
    more = st.lists(st.integers(0, 3), min_size=objectives, max_size=objectives)
    above = np.array(draw(st.lists(more, min_size=rows, max_size=rows)), float)
    runs = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    return bounds, bounds * (1 + above / 10), runs


def confirmed_by_settling(bounds, exact, runs, within, most):
    """Return the rows that were confirmed, in their order."""
    asked = []

    def confirm(chosen):
        assert 1 <= len(chosen) <= most
        asked.extend(chosen.tolist())
        return [exact[at] if runs[at] else None for at in chosen]

    left = [len(bounds), *settle(bounds, within, most, confirm)]
    assert left[-1] == 0
    assert all(after < before for before, after in pairwise(left))
    assert len(set(asked)) == len(asked)
    return asked


@given(spaces(), st.integers(1, 5))
def test_without_tolerance_the_front_of_the_confirmed_is_the_front_of_all(space, most):
    bounds, exact, runs = space
    asked = confirmed_by_settling(bounds, exact, runs, np.zeros(bounds.shape[1]), most)
    ran = [at for at in asked if runs[at]]

    def front(rows):
        points = exact[rows]
        return {tuple(one) for one in points[pareto(points)]} if len(rows) else set()

    assert front(ran) == front(np.flatnonzero(runs))


@given(spaces(), st.integers(1, 5), st.sampled_from([0.0, 0.1, 0.5]), st.booleans())
def test_no_row_is_better_than_a_confirmed_one_by_more_than_the_tolerance(
    space, most, part, last_is_exact
):
    bounds, exact, runs = space
    within = np.full(bounds.shape[1], part)
    within[-1] *= not last_is_exact  # as the accuracy is
    asked = confirmed_by_settling(bounds, exact, runs, within, most)
    ran = exact[[at for at in asked if runs[at]]]
    for at in np.flatnonzero(runs):
        assert (ran <= (1 + within) * exact[at]).all(axis=1).any()


@given(spaces(), st.sampled_from([0.0, 0.1]))
def test_a_row_is_settled_by_the_definition(space, part):
    bounds, exact, _ = space
    within = np.full(bounds.shape[1], part)
    found = settled(bounds, exact[:3], within)
    for row, is_settled in zip(bounds, found, strict=True):
        assert is_settled == any(
            all(c <= (1 + part) * b for c, b in zip(one, row, strict=True)) for one in exact[:3]
        )


def test_nothing_is_settled_by_nothing():
    assert settled(np.ones((3, 2)), np.empty((0, 2)), np.zeros(2)).tolist() == [False] * 3


@given(spaces(), st.integers(1, 30), st.sampled_from([0.0, 0.1]))
def test_picks_are_the_most_promising_that_would_not_settle_each_other(space, most, part):
    bounds, _, _ = space
    within = np.full(bounds.shape[1], part)
    found = picks(bounds, within, most).tolist()
    products = bounds.prod(axis=1)
    assert 1 <= len(found) <= most
    assert len(set(found)) == len(found)
    assert products[found[0]] == pytest.approx(products.min())
    for index, at in enumerate(found):
        before = bounds[found[:index]]
        assert not settled(bounds[[at]], before, within).any()
        if not part:
            assert not settled(before, bounds[[at]], within).any()
    if len(found) < most:  # whatever was left out waits for one of them
        assert settled(bounds, bounds[found], within).all()


def test_with_exact_bounds_nothing_beside_the_front_is_confirmed():
    bounds = np.array([[3.0, 3.0], [1.0, 4.0], [2.0, 2.0], [4.0, 1.0], [2.0, 5.0]])
    asked = confirmed_by_settling(bounds, bounds, np.full(5, True), np.zeros(2), 2)
    assert sorted(asked) == [1, 2, 3]


def test_a_row_that_cannot_run_settles_nothing():
    bounds = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    asked = confirmed_by_settling(bounds, bounds, np.array([False, True, True]), np.zeros(2), 1)
    assert asked == [0, 1]


def test_no_rows_are_settled_at_once():
    assert list(settle(np.empty((0, 3)), np.zeros(3), 4, lambda _: pytest.fail("asked"))) == []
