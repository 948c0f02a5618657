import itertools

import pytest

from lowbit_sim.report.figures.placing import Box, Wanted, places

FIELD = Box(0, 0, 200, 200)


def box(wanted, centre):
    x, y = wanted.x + centre[0], wanted.y + centre[1]
    half_width, half_height = wanted.width / 2, wanted.height / 2
    return Box(x - half_width, y - half_height, x + half_width, y + half_height)


def test_shared_area_by_hand():
    assert Box(0, 0, 2, 3).shared_area(Box(1, 1, 5, 5)) == 2
    assert Box(0, 0, 2, 3).shared_area(Box(2, 0, 4, 3)) == 0
    assert Box(0, 0, 1, 1).shared_area(Box(5, 5, 6, 6)) == 0


def test_a_lone_label_stands_right_above_its_point():
    assert places([Wanted(100, 100, 8, 8)], [], FIELD) == [pytest.approx((0, 9))]


def test_the_length_of_a_point_scales_the_distance():
    assert places([Wanted(100, 100, 8, 8)], [], FIELD, point=2) == [pytest.approx((0, 18))]


def test_a_label_gives_way_to_what_is_drawn_and_to_the_border():
    wanted = Wanted(100, 100, 8, 8)
    roof = Box(0, 104, 200, 200)
    assert places([wanted], [roof], FIELD) == [pytest.approx((0, -9))]
    assert places([wanted], [], Box(0, 0, 200, 104)) == [pytest.approx((0, -9))]


def test_many_labels_at_one_point_do_not_meet():
    wanted = [Wanted(100, 100, 14, 9)] * 10
    found = [box(*pair) for pair in zip(wanted, places(wanted, [], FIELD), strict=True)]
    assert all(one.shared_area(other) == 0 for one, other in itertools.combinations(found, 2))


def test_where_all_is_taken_the_least_is_covered():
    everywhere = [Box(0, 0, 200, 200), Box(0, 0, 200, 120), Box(0, 0, 80, 200)]
    (centre,) = places([Wanted(100, 100, 8, 8)], everywhere, FIELD)
    # only above 120 and right of 80 is there a single layer
    assert centre == pytest.approx((0, 31))
