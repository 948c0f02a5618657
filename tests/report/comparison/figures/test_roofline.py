import pytest
from drawn import clashes, words
from made_contest import candidate, machine, rows
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.report.comparison.facts import cases
from lowbit_sim.report.comparison.figures.roofline import (
    intensity,
    macs_per_s,
    roof_macs_per_s,
    roofline,
)


def test_the_roof_is_the_lesser_of_traffic_and_array():
    one = candidate("levels_3", rows(10.0), 100, machine(dram_bits_per_cycle=64))
    # 1 GHz: 64 bit a cycle, and 256 MACs a cycle from 4 MACs a bit on
    assert roof_macs_per_s(one, 1.0) == 64e9
    assert roof_macs_per_s(one, 4.0) == 256e9
    assert roof_macs_per_s(one, 100.0) == 256e9
    assert intensity(one) == 4096 / 2000
    assert macs_per_s(one) == 4096 / 100e-9


def test_points_are_the_winners():
    made = judgement()
    (ax,) = roofline(made).axes
    points = {
        tuple(map(float, line.get_xydata()[0])) for line in ax.lines if line.get_marker() != "None"
    }
    winners = [case.winner for case in cases(made)]
    assert points == {(intensity(one), macs_per_s(one)) for one in winners}
    assert {"small", "large"} <= set(words(ax.figure))


def test_roofs_bend_where_array_and_traffic_are_level():
    made = judgement()
    (ax,) = roofline(made).axes
    roofs = [line for line in ax.lines if line.get_marker() == "None"]
    for line, case in zip(roofs, cases(made), strict=True):
        for x, y in line.get_xydata():
            assert y == pytest.approx(roof_macs_per_s(case.winner, x))
        assert 256 / 64 in line.get_xdata()


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_judgements_are_drawn_or_left_out(make):
    drawn = roofline(make())
    if make in {ODD["no winner"], ODD["no DRAM"]}:
        assert drawn is None
    else:
        assert clashes(drawn) == []
