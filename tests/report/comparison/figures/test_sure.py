import itertools

import pytest
from drawn import clashes, words
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.report.comparison.figures.shown import first_regime
from lowbit_sim.report.comparison.figures.sure import sure


def bars(ax, row):
    """Return the widths of the bars of a row [%], from left to right, checked to touch."""
    found = [bar for bar in ax.patches if bar.get_y() < row < bar.get_y() + bar.get_height()]
    found.sort(key=lambda bar: bar.get_x())
    for one, other in itertools.pairwise(found):
        assert one.get_x() + one.get_width() == pytest.approx(other.get_x())
    return [bar.get_width() for bar in found]


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_bars_are_the_shares_of_the_verdict_and_fill_the_row(make):
    made = make()
    drawn = sure(made)
    for ax, one in zip(drawn.axes, first_regime(made), strict=True):
        for row, verdict in enumerate(one.verdicts):
            shares = [100 * share for share in verdict.best_fractions.values() if share > 0]
            assert sorted(bars(ax, row)) == pytest.approx(sorted(shares))
            assert sum(bars(ax, row)) == pytest.approx(100)
    assert clashes(drawn) == []


def test_large_shares_and_machines_are_named():
    found = words(sure(judgement()))
    assert {"small", "large", "3 levels", "net"} <= set(found)
    assert any("2,000 draws" in text for text in found)


def test_where_no_format_is_accurate_enough_the_bar_is_white():
    drawn = sure(ODD["no winner"]())
    assert "none" in words(drawn)
    widest = max(drawn.axes[0].patches, key=lambda bar: bar.get_width())
    assert widest.get_facecolor() == (1, 1, 1, 1)
