import numpy as np
import pytest
from made_contest import candidate, contest, machine, rows
from scipy import stats

from lowbit_sim.judge.comparison_spec import ComparisonSpec
from lowbit_sim.judge.judgement import assumed_fraction, decide

SPEC = ComparisonSpec(
    name="made_up",
    kind="comparison",
    question="Which?",
    workloads=("a",),
    accelerators=("b",),
    margin_fraction=0.005,
    doubt={"samples": 2000},
)


def test_each_machine_has_its_verdict():
    found = decide(contest(), SPEC)
    small, large = found.verdicts
    assert (small.machine.name, small.among) == ("small", (0, 1, 2))
    assert (small.winner, small.runner_up, small.confident) == (1, 2, 1)
    assert (large.winner, large.runner_up) == (4, 5)
    assert sum(small.best_fractions.values()) == pytest.approx(1)
    # two levels lose 0.02 ± 0.0058 (of the mean): Student's t with 2 degrees of freedom, -2.6
    assert small.best_fractions[0] == pytest.approx(stats.t.cdf(-1.5 * 3**0.5, 2), abs=0.02)
    assert small.best_fractions[1] > 0.9
    assert small.margin.below_fraction == pytest.approx(0.002)
    assert small.assumed_fraction == pytest.approx(1 / 171)


def test_over_all_machines():
    found = decide(contest(), SPEC)
    overall = found.overall
    assert (overall.winner, overall.machine.name) == (1, "small")
    assert set(overall.best_fractions) == {*range(7), None}
    hypervolumes = [one.hypervolume_fraction for one in found.verdicts]
    assert overall.hypervolume_fraction >= max(hypervolumes)
    assert found.pareto.tolist() == [True, True, True, False, False, True, False]
    assert int(np.argmin(found.weighted)) in range(7)


def test_who_reigns_over_the_dram_price():
    # 10 + f·100 in 10 cycles against 30 + f·60 in 10 cycles: level at f = 0.5
    made = [
        candidate("levels_3", rows(30.0, 60.0), 10, accuracy=None),
        candidate("levels_5", rows(10.0, 100.0), 10, accuracy=None),
    ]
    (verdict,) = decide(contest(made), SPEC).verdicts
    assert [one.place for one in verdict.dram] == [1, 0]
    assert verdict.dram[0].high == pytest.approx(0.5)


def test_without_accuracies_there_is_no_knee_and_cost_decides():
    made = [
        candidate("levels_3", rows(3.0), 10, accuracy=None),
        candidate("levels_5", rows(4.0), 10, accuracy=None),
    ]
    (verdict,) = decide(contest(made), SPEC).verdicts
    assert verdict.knee is None
    assert verdict.winner == verdict.confident == 0


def test_a_machine_on_which_nothing_is_accurate_enough_has_no_winner():
    made = [
        candidate("levels_2", rows(3.0), 10),
        candidate("fp32", {}, 0, refusal="no multipliers"),
        candidate("fp32", rows(9.0), 10, machine("other")),
    ]
    first, second = decide(contest(made), SPEC).verdicts
    assert first.winner is None
    assert first.sensitivities == ()
    assert first.dram == ()
    assert first.best_fractions[None] > 0.9
    assert second.winner == 1


def test_the_share_on_assumed_rows():
    assert assumed_fraction(contest(), 0) == pytest.approx(1 / 111)
