import math

import pytest
from drawn import interval_ends, point

from lowbit_sim.report.figures.points import (
    Panel,
    check,
    draw_curve,
    limit_accuracy,
    looks,
    remarks,
)
from lowbit_sim.report.figures.style import figure, look


def drawn_curve(*points, aside_pt=0.0):
    with figure(4, 3) as (_, (ax,)):
        ax.set(xlim=(0, 10), ylim=(0, 100))
        draw_curve(ax, look(0), "small", points, (lambda p: p.memory_bits / 8192, aside_pt))
    return ax


def lines(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_intervals_end_where_they_should_and_a_single_seed_has_none():
    ax = drawn_curve(
        point("levels_3", 0.8, 0.05), point("levels_2", 0.6, math.inf), point("levels_5", 0.9, 0.01)
    )
    assert interval_ends(ax) == [(2, 75, 2, 85), (3, 89, 3, 91)]
    assert lines(ax)["small"].get_xydata().tolist() == [[1, 60], [2, 80], [3, 90]]


def test_other_level_sets_are_open_markers_beside_the_line():
    ax = drawn_curve(point("levels_4", 0.8), point("levels_4_zero", 0.7), aside_pt=-2.0)
    found = lines(ax)
    other = found["small, other level set"]
    assert found["small"].get_xydata().tolist() == [[2, 80]]
    assert other.get_xydata().tolist() == [[2, 70]]
    assert (other.get_markerfacecolor(), other.get_linestyle()) == ("white", "None")
    origin = ax.transData.transform((2, 70))[0]
    inch = ax.figure.dpi / 72
    assert found["small"].get_transform().transform((2, 70))[0] == pytest.approx(origin - 2 * inch)
    assert other.get_transform().transform((2, 70))[0] == pytest.approx(origin - 6 * inch)


def test_y_reaches_over_intervals_but_not_to_infinity():
    with figure(4, 3) as (_, (ax,)):
        limit_accuracy(ax, [point(mean=0.8, half=0.05), point(mean=0.9, half=math.inf)], 0.1)
        assert ax.get_ylim() == pytest.approx((73.5, 91.5))
        limit_accuracy(ax, [point(mean=0.9, half=math.inf)])
        assert ax.get_ylim() == pytest.approx((89, 91))


def test_remarks_say_what_is_behind_a_point():
    many, one = point(half=0.01), point(half=math.inf)
    means = "Points are means over seeds, bars 95 % intervals."
    assert remarks([many], "bars") == means
    assert remarks([many, one], "bars") == f"{means} A point without one is a single seed."
    assert remarks([one], "bars") == "Every point is a single seed."


def test_a_curve_looks_the_same_in_all_panels():
    found = looks([Panel("a", {"large": ()}), Panel("b", {"small": (), "large": ()})])
    assert found == {"large": look(0), "small": look(1)}


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ([], "no panels"),
        ([Panel("a", {})], "no curves of a"),
        ([Panel("a", {"small": ()})], "no points of a, small"),
    ],
)
def test_nothing_to_draw_is_an_error(panels, message):
    with pytest.raises(ValueError, match=message):
        check(panels)
    check([Panel("a", {"small": (point(),)})])


def test_fp32_is_a_float_and_the_widest_level_set_is_none():
    assert point("fp32").is_float
    assert not point("levels_17").is_float
    assert Panel("a", {"x": (point(),), "y": (point(), point())}).points == (point(),) * 3
