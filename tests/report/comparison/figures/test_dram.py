from dataclasses import replace
from pathlib import Path

import pytest
from drawn import clashes, words
from made_contest import candidate, rows
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.judge.judgement import DRAM_SPAN
from lowbit_sim.report.comparison.figures.dram import dram, spans

SHIPPED = Path(__file__).parents[4] / "arch_specs" / "technologies" / "published_dram.csv"


def with_published(made, path=SHIPPED):
    return replace(made, comparison=replace(made.comparison, published_dram=path))


def two():
    """10 + f·100 against 30 + f·60 in equal time: level at f = 0.5, that is 10 pJ/bit."""
    made = [
        candidate("levels_3", rows(30.0, 60.0), 10, accuracy=None),
        candidate("levels_5", rows(10.0, 100.0), 10, accuracy=None),
    ]
    return judgement(made)


def test_the_winner_changes_where_the_two_are_level():
    made = two()
    (verdict,) = made.decided[0].verdicts
    low, high = (20.0 * factor for factor in DRAM_SPAN)
    assert spans(verdict) == [(low, pytest.approx(10.0), 1), (pytest.approx(10.0), high, 0)]
    (ax,) = dram(made).axes
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert ends == [pytest.approx((low, 10.0)), pytest.approx((10.0, high))]
    assert {"5 levels", "3 levels"} <= set(words(ax.figure))


def test_the_price_judged_by_is_marked():
    (ax,) = dram(two()).axes
    assert [20.0, 20.0] in [list(line.get_xdata()) for line in ax.lines]


def test_formats_that_cost_the_same_are_one_bar_of_the_winner():
    made = [
        candidate(name, rows(10.0, 100.0), 10, accuracy=None) for name in ("levels_3", "levels_5")
    ]
    (verdict,) = judgement(made).decided[0].verdicts
    (span,) = spans(verdict)
    assert span[2] == verdict.winner
    other = replace(verdict, winner=1 - verdict.winner)
    assert spans(other)[0][2] == other.winner


def test_published_energies_are_lines_with_names(tmp_path):
    path = tmp_path / "dram.csv"
    path.write_text(
        "name,energy_pj_per_bit_low,energy_pj_per_bit_high,source\n"
        "HBM,4,7,somebody\nLPDDR,4,4,somebody\nfar,5000,5000,beyond the axis\n"
    )
    drawn = dram(with_published(two(), path))
    places = [float(line.get_xdata()[0]) for line in drawn.axes[0].lines]
    assert sorted(places) == [4.0, 7.0, 20.0]
    assert {"HBM, LPDDR 4", "HBM 7"} <= set(words(drawn))
    assert "far" not in " ".join(words(drawn))


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_judgements_are_drawn_and_nothing_clashes(make, published):
    made = with_published(make()) if published else make()
    assert clashes(dram(made)) == []


def test_what_has_no_bar_says_why():
    assert "no winner" in words(dram(ODD["no winner"]()))
    assert "no DRAM" in words(dram(ODD["no DRAM"]()))
