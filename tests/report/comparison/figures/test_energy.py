import pytest
from drawn import clashes, words
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.report.comparison.facts import Case
from lowbit_sim.report.comparison.figures.energy import GROUPS, energies_pj, energy, group_of
from lowbit_sim.report.comparison.figures.shown import first_regime


@pytest.mark.parametrize(
    ("row", "group"),
    [
        ("dram.activate", "DRAM"),
        ("sram.lstp.write", "SRAM"),
        ("actions.bit_brick.multiply", "arrays"),
        ("actions.register.write_bit", "registers"),
        ("actions.vector.special", "vector unit"),
        ("actions.decoder.levels_7_pow2", "decoder"),
        ("decoder.leakage", "leakage"),
        ("vector_lane.leakage", "leakage"),
    ],
)
def test_rows_fall_into_groups(row, group):
    assert group_of(row) == group


def test_groups_add_up_to_the_whole():
    rows = {"dram.read": 4.0, "dram.write": 1.0, "pes.a.leakage": 2.0, "actions.a.add": 8.0}
    found = energies_pj(rows)
    assert found == dict.fromkeys(GROUPS, 0.0) | {
        "DRAM": 5.0,
        "leakage": 2.0,
        "arrays": 8.0,
    }


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_each_bar_is_as_long_as_its_winner_takes_energy(make):
    made = make()
    drawn = energy(made)
    for ax, one in zip(drawn.axes, first_regime(made), strict=True):
        winners = [Case(one, verdict).winner for verdict in one.verdicts]
        widths = [[bar.get_width() for bar in group] for group in ax.containers]
        assert len(widths) == len(GROUPS)
        for row, winner in enumerate(winners):
            expected = 0.0 if winner is None else winner.energy_pj / 1e6
            assert sum(group[row] for group in widths) == pytest.approx(expected)
    assert clashes(drawn) == []


def test_parts_of_a_bar_are_those_of_the_groups():
    made = judgement()
    (ax,) = energy(made).axes
    winner = Case(made.decided[0], made.decided[0].verdicts[0]).winner
    parts = [group[0].get_width() * 1e6 for group in ax.containers]
    assert parts == pytest.approx(list(energies_pj(winner.energy_pj_by_row).values()))
    assert {"3 levels", "DRAM", "leakage", "small"} <= set(words(ax.figure))


def test_where_nobody_wins_it_is_said():
    assert "no winner" in words(energy(ODD["no winner"]()))
