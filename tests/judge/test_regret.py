import math

import pytest
from made_contest import candidate, contest, machine, rows
from test_judgement import SPEC

from lowbit_sim.judge.judgement import decide
from lowbit_sim.judge.regret import regrets


def test_by_hand():
    # energy · delay, small machine: 171, 256 · 1.5; large: 204 and 284 at 100 ns, fp32 3640 at 800
    found = {one.weight_format: one for one in regrets([decide(contest(), SPEC)], 0.005)}
    five = found["levels_5"]
    small, large = 256 * 1.5 / 171, 284 / 204
    assert (five.runs, five.eligible, five.wins) == (2, 2, 0)
    assert five.mean_ratio == pytest.approx(math.sqrt(small * large))
    assert five.worst_ratio == pytest.approx(small)
    three = found["levels_3"]
    assert (three.runs, three.eligible, three.wins) == (2, 2, 2)
    assert three.mean_ratio == three.worst_ratio == pytest.approx(1)
    two = found["levels_2"]
    assert (two.runs, two.eligible, two.wins) == (2, 0, 0)
    assert two.worst_ratio < 1
    assert (found["fp32"].runs, found["fp32"].eligible) == (1, 1)


def test_the_order_is_eligible_then_cheap():
    order = [one.weight_format for one in regrets([decide(contest(), SPEC)], 0.005)]
    assert order == ["levels_3", "levels_5", "fp32", "levels_2"]


def test_machines_without_a_winner_do_not_count():
    made = [
        candidate("levels_2", rows(3.0), 10),
        candidate("fp32", {}, 0, refusal="no multipliers"),
        candidate("fp32", rows(9.0), 10, machine("other")),
    ]
    (only,) = regrets([decide(contest(made), SPEC)], 0.005)
    assert (only.weight_format, only.runs) == ("fp32", 1)
