from made_contest import candidate, machine, rows
from made_judgement import judgement

from lowbit_sim.report.comparison.answer import answer


def test_who_wins_where_how_sure_and_by_what():
    said = answer(judgement())
    assert said[0] == "Of 2 pairs of a machine and a network (cold), 3 levels (1.58 bit) win 2."
    assert said[1].startswith("If one format had to serve them all: 3 levels (1.58 bit)")
    assert "accurate enough in 2 of 2, at 1.00 times" in said[1]
    assert said[2].startswith("Over all machines, `net`: 3 levels (1.58 bit) on `small`, best of")
    assert said[3].startswith("With seeds and prices in doubt, 0 of 2 winners are the best in")
    assert "open between 3 levels (1.58 bit) and 2 levels (1 bit) for `net` (2)" in said[3]
    assert said[4].startswith("No single price within its band gives another winner")


def test_open_cases_name_their_rivals_and_prices():
    close = [
        candidate("levels_3", rows(adder=10.0), 10),
        candidate("levels_5", rows(dram=11.0), 10),
        candidate("fp32", rows(dram=90.0), 10),
    ]
    said = " ".join(answer(judgement(close)))
    assert "0 of 1 winner are the best" in said or "0 of 1 winners" in said
    assert "open between 3 levels (1.58 bit) and 5 levels (2.32 bit) for `net` (1)" in said
    assert "in 1 of 1: `net` on `small` (made_up dram.read, made_up actions.adder.add)" in said


def test_ties_and_machines_without_a_winner_are_told():
    made = [
        candidate("levels_3", rows(5.0), 10),
        candidate("levels_5", rows(5.0), 10),
        candidate("fp32", rows(9.0), 10),
        candidate("levels_2", rows(3.0), 10, machine("b")),
    ]
    said = answer(judgement(made))[0]
    assert "in 1 the cost is the same in several formats (`small`)" in said
    assert "in 1 no format is accurate enough (`b`)" in said


def test_different_winners_are_told_with_their_machines():
    made = [
        *(
            candidate(one, rows(cost), 10)
            for one, cost in (("levels_3", 5.0), ("levels_5", 6.0), ("fp32", 9.0))
        ),
        *(
            candidate(one, rows(cost), 10, machine("b"))
            for one, cost in (("levels_3", 5.0), ("levels_5", 4.0), ("fp32", 9.0))
        ),
    ]
    said = answer(judgement(made))
    assert "3 levels (1.58 bit) win 1 and 5 levels (2.32 bit) win 1" in said[0]
    assert said[1] == "5 levels (2.32 bit) on `b` (net)."


def test_without_several_seeds_only_prices_are_in_doubt():
    made = [
        candidate("levels_3", rows(5.0), 10, accuracy=None),
        candidate("levels_5", rows(6.0), 10, accuracy=None),
    ]
    said = " ".join(answer(judgement(made)))
    assert "With prices alone in doubt, 1 of 1 winner are the best" in said or (
        "With prices alone in doubt, 1 of 1 winners are the best" in said
    )
