from made_contest import candidate, machine, rows, small_and_large
from made_judgement import judgement

from lowbit_sim.report.comparison.page_answer import (
    answer_section,
    format_colours,
    format_label,
)


def test_the_answer_and_how_sure_it_is():
    found = judgement()
    made = answer_section(found)
    assert "Of 2 pairs of a machine and a network (cold), 3 levels (1.58 bit) win 2" in made
    assert "Of 2 winners, 0 stay the best in 95 % or more" in made


def test_each_cell_has_winner_share_and_lead():
    found = judgement()
    made = answer_section(found)
    for verdict in found.decided[0].verdicts:
        assert f"<small>{100 * verdict.best_fractions[verdict.winner]:.0f} %" in made
    assert "next × 2.25" in made  # 256 in 150 cycles against 171 in 100
    assert made.count("<tr>") == 1 + 2
    assert "adders 16 × 16" in made


def test_small_leads_get_a_place_more_and_ties_say_so():
    made = [candidate("levels_3", rows(5.0), 10), candidate("levels_5", rows(5.02), 10)]
    made += [candidate("fp32", rows(9.0), 10)]
    assert "next × 1.004" in answer_section(judgement(made))
    made[1] = candidate("levels_5", rows(5.0), 10)
    assert " · tie" in answer_section(judgement(made))


def test_nobody_wins_where_no_format_is_accurate_enough():
    made = [candidate("levels_2", rows(5.0), 10, machine("other"))]
    made += [candidate("levels_3", rows(5.0), 10), candidate("fp32", rows(9.0), 10)]
    assert "none is accurate enough" in answer_section(judgement(made))


def test_other_regimes_and_technologies_are_told_apart():
    made = small_and_large()
    elsewhere = machine("small", technology="other")
    made += [candidate("levels_3", rows(1.0), 9, elsewhere, regime="steady")]
    made += [candidate("fp32", rows(1.0), 9, elsewhere, regime="steady")]
    made += [candidate("fp32", rows(1.0), 9, machine("small"), regime="steady")]
    shown = answer_section(judgement(made))
    assert "stay on the chip (steady)" in shown
    assert "adders 16 × 16, other" in shown
    assert "adders 16 × 16, made_up" in shown


def test_formats_that_win_get_the_first_colours():
    colours = format_colours(judgement())
    assert colours == {"levels_3": 0, "levels_2": 1, "levels_5": 2, "fp32": 3}
    label = format_label("levels_3", colours)
    assert 'class="swatch c0"' in label
    assert "3 levels" in label
    assert "1.58 bit" in label
