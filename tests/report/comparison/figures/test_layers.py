from dataclasses import replace

import pytest
from drawn import clashes, words
from made_contest import candidate, rows
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.judge.candidate import LayerCost
from lowbit_sim.report.comparison.figures.layers import layers


def deep(count):
    """Return a judgement whose only candidate has many layers, bounded in three ways."""
    bounds = ("compute", "load 0", "port 1")
    made = tuple(
        LayerCost(f"blocks.{n}", "linear", "adders", "levels_3", 9, 10 + n, 1.0, bounds[n % 3])
        for n in range(count)
    )
    return judgement([replace(candidate("fp32", rows(10.0, 1.0), 100), layers=made)])


def test_bars_are_the_cycles_of_the_layers_by_what_bounds_them():
    (ax,) = layers(deep(7)).axes
    found = {
        group.get_label(): [(round(bar.get_x() + 0.41), bar.get_height()) for bar in group]
        for group in ax.containers
    }
    assert found == {
        "compute": [(0, 10), (3, 13), (6, 16)],
        "load 0": [(1, 11), (4, 14)],
        "port 1": [(2, 12), (5, 15)],
    }
    assert "blocks.6 3 levels" in words(ax.figure)
    assert ax.get_title(loc="left") == "net: fp32 on small"


def test_it_is_the_overall_winner_that_is_drawn():
    made = judgement()
    (ax,) = layers(made).axes
    winner = made.decided[0].contest.candidates[made.decided[0].overall.winner]
    assert [bar.get_height() for bar in ax.patches] == [one.cycles for one in winner.layers]


@pytest.mark.parametrize("count", [1, 53, 150])
def test_many_layers_are_legible(count):
    drawn = layers(deep(count))
    assert len(drawn.axes[0].patches) == count
    assert clashes(drawn) == []


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_judgements_are_drawn_or_left_out(make):
    drawn = layers(make())
    if make is ODD["no winner"]:
        assert drawn is None
    else:
        assert clashes(drawn) == []
