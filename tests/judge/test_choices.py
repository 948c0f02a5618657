import numpy as np
import pytest
from made_contest import candidate, contest, machine, rows

from lowbit_sim.judge.choices import allowed_with_confidence, cheapest, in_tie_order, weighted
from lowbit_sim.judge.contest import OBJECTIVES


def test_the_cheapest_of_those_allowed():
    found = contest()
    # 3 levels on the large machine: 204 pJ · 100 ns; on the small one 171 pJ · 100 ns
    assert found.energy_delays_pj_s[[1, 4]] == pytest.approx([171e-7, 204e-7])
    everyone = range(7)
    assert cheapest(found, everyone, found.eligible(0.005)) == 1
    assert cheapest(found, [3, 4, 5, 6], found.eligible(0.005)) == 4
    assert cheapest(found, everyone, np.ones(7, dtype=bool)) == 0
    assert cheapest(found, [0], found.eligible(0.005)) is None


def test_at_equal_cost_the_more_accurate_then_the_smaller():
    same = [
        candidate("levels_3", rows(5.0), 10),
        candidate("levels_5", rows(5.0), 10),
        candidate("levels_2", rows(5.0), 10),
        candidate("fp32", rows(5.0), 10),
        candidate("fp32", rows(5.0), 10, machine("b"), model_bits=31000),
    ]
    found = contest(same)
    assert in_tie_order(found, range(5)) == [1, 4, 3, 0, 2]
    assert cheapest(found, range(5), np.ones(5, dtype=bool)) == 1


def test_confidence_takes_out_what_scatters_beyond_the_margin():
    found = contest()
    # levels_3: losses 0.003, 0.002, 0.001, upper limit 0.002 + 2.92 · 0.001 / √3 = 0.003686
    sure = allowed_with_confidence(found, 0.0036, 0.95)
    assert found.eligible(0.0036).tolist() == [False, True, True, False, True, True, True]
    assert sure.tolist() == [False, False, True, False, False, True, True]
    assert allowed_with_confidence(found, 0.0037, 0.95).tolist()[1]


def test_the_weighted_product_does_not_depend_on_units():
    found = contest()
    weights = dict(zip(OBJECTIVES, (1.0, 2.0, 1.0, 0.5, 0.0), strict=True))
    scores = weighted(found, weights)
    one = found.candidates[0]
    by_hand = (1 - 0.88) * one.energy_pj**2 * one.seconds * one.model_bits**0.5
    assert np.exp(scores[0]) == pytest.approx(by_hand)
    order = np.argsort(scores)
    doubled = [
        candidate(
            c.weight_format,
            {row: 2 * pj for row, pj in c.energy_pj_by_row.items()},
            c.cycles,
            c.machine,
        )
        for c in (*found.candidates, *found.refused)
    ]
    doubled[-1] = found.refused[0]
    assert np.argsort(weighted(contest(doubled), weights)).tolist() == order.tolist()


def test_without_accuracies_their_weight_counts_nothing():
    bare = [
        candidate("levels_3", rows(2.0), 10, accuracy=None),
        candidate("levels_5", rows(4.0), 10, accuracy=None),
    ]
    scores = [
        weighted(contest(bare), {**dict.fromkeys(OBJECTIVES, 1.0), "accuracy": weight})
        for weight in (0.0, 5.0)
    ]
    assert scores[0] == pytest.approx(scores[1])
