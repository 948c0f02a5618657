import numpy as np
import pytest
from drawn import clashes, interval_ends, words
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.report.comparison.figures.pareto import DOMINATED, pareto


def points(ax, *, dominated):
    """Return what is drawn with markers, without the winner's ring and the legend's samples."""
    return {
        (round(float(x), 9), round(float(y), 6))
        for line in ax.lines
        if line.get_marker() != "None" and line.get_markerfacecolor() != "none"
        if (line.get_color() == DOMINATED) == dominated
        for x, y in line.get_xydata()
    }


def test_every_candidate_stands_where_its_numbers_are():
    made = judgement()
    (one,) = made.decided
    (ax,) = pareto(made).axes
    for dominated in (False, True):
        expected = {
            (round(each.energy_delay_pj_s, 9), round(100 * each.accuracy.mean_fraction, 6))
            for each, front in zip(one.contest.candidates, one.pareto, strict=True)
            if bool(front) != dominated
        }
        assert points(ax, dominated=dominated) == expected
    assert ax.get_xscale() == "log"


def test_bars_are_the_intervals_of_the_seeds():
    made = judgement()
    (ax,) = pareto(made).axes
    ends = {(round(y0, 6), round(y1, 6)) for _, y0, _, y1 in interval_ends(ax)}
    accuracies = [each.accuracy for each in made.decided[0].contest.candidates]
    expected = set()
    for one in accuracies:
        mean, half = 100 * one.mean_fraction, 100 * one.half_width_fraction
        if half:  # fp32 is the same with every seed
            expected.add((round(mean - half, 6), round(mean + half, 6)))
    assert ends == expected


def test_the_winner_is_ringed_and_named():
    made = judgement()
    (one,) = made.decided
    drawn = pareto(made)
    (ring,) = (line for line in drawn.axes[0].lines if line.get_markerfacecolor() == "none")
    winner = one.contest.candidates[one.overall.winner]
    at = [winner.energy_delay_pj_s, 100 * winner.accuracy.mean_fraction]
    assert np.allclose(ring.get_xydata(), [at])
    assert "winner: 3 levels on small" in words(drawn)


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_judgements_are_drawn_and_nothing_clashes(make):
    made = make()
    drawn = pareto(made)
    assert clashes(drawn) == []
    assert len(drawn.axes) == len({one.contest.workload for one in made.decided})


def test_what_is_not_known_is_said():
    assert "no accuracies known" in words(pareto(ODD["no accuracies"]()))
    (ax,) = pareto(ODD["no winner"]()).axes
    assert ax.get_title(loc="right") == "no candidate is accurate enough"
