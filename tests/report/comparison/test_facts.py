import pytest
from made_contest import candidate, machine, rows, small_and_large
from made_judgement import judgement

from lowbit_sim.report.comparison.facts import cases, overall, overturned, tally


def test_a_case_for_each_machine_and_regime():
    both = [*small_and_large()]
    both += [
        candidate("levels_3", rows(1.0), 9, regime="steady"),
        candidate("fp32", rows(9.0), 1, regime="steady"),
    ]
    found = judgement(both)
    assert [c.verdict.machine.name for c in cases(found, "steady")] == ["small"]
    assert len(cases(found)) == 3


def test_what_a_case_says():
    small, large = cases(judgement())
    assert small.winner.weight_format == "levels_3"
    assert small.lead == pytest.approx(256 * 1.5 / 171)
    assert small.best_fraction == pytest.approx(0.92, abs=0.02)
    assert small.sure == (small.best_fraction >= 0.95)
    assert not small.tied
    assert small.challenger.weight_format == "levels_2"
    assert overturned(large) == []
    assert overall(judgement().decided[0]).winner == small.winner


def test_ties_of_cost_are_counted_apart():
    same = [
        candidate("levels_3", rows(5.0), 10),
        candidate("levels_5", rows(5.0), 10),
        candidate("fp32", rows(9.0), 10),
        *(
            candidate(one, rows(cost), 10, machine("b"))
            for one, cost in (("levels_3", 5.0), ("levels_5", 4.0), ("fp32", 9.0))
        ),
    ]
    found = cases(judgement(same))
    assert [case.tied for case in found] == [True, False]
    assert {name: len(group) for name, group in tally(found).items()} == {"levels_5": 1}


def test_the_challenger_is_the_best_of_the_others():
    close = [
        candidate("levels_3", rows(adder=10.0), 10),
        candidate("levels_5", rows(dram=11.0), 10),
        candidate("fp32", rows(dram=90.0), 10),
    ]
    (case,) = cases(judgement(close))
    assert case.challenger.weight_format == "levels_5"
    assert not case.sure
    assert overturned(case) == ["made_up dram.read", "made_up actions.adder.add"]


def test_no_winner():
    made = [candidate("levels_2", rows(3.0), 10), candidate("fp32", {}, 0, refusal="no")]
    (case,) = cases(judgement(made))
    assert case.winner is None
    assert case.lead is None
    assert case.best_fraction == 0
    assert tally([case]) == {}
