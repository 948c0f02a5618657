"""What is drawn against what can be worked out."""

import math

import numpy as np
import pytest
from made_contest import accuracy, candidate, contest, rows
from scipy import stats

from lowbit_sim.judge.comparison_spec import DoubtSpec
from lowbit_sim.judge.doubt import best_fractions, draw

MANY = DoubtSpec(samples=100_000, seed=1)


def test_rows_carry_the_weakest_confidence():
    assert contest().row_confidences == {
        "made_up actions.adder.add": "synthesised",
        "made_up dram.read": "simulated",
        "made_up pes.ternary_adder.leakage": "assumed",
    }


def test_the_matrix_holds_every_energy():
    found = contest()
    matrix = found.energies_pj_by_row
    assert matrix.sum(axis=1) == pytest.approx(found.energies_pj)
    assert matrix[0].tolist() == [10.0, 100.0, 1.0]


def test_drawn_twice_it_is_the_same():
    one, other = draw(contest(), DoubtSpec(samples=50)), draw(contest(), DoubtSpec(samples=50))
    assert np.array_equal(one.factors, other.factors)
    assert np.array_equal(one.losses, other.losses)
    assert not np.array_equal(one.factors, draw(contest(), DoubtSpec(samples=50, seed=2)).factors)


def test_95_percent_of_the_factors_lie_within_the_band():
    drawn = draw(contest(), MANY)
    for column, band in enumerate((1.25, 1.4, 2.5)):
        factors = drawn.factors[:, column]
        inside = np.mean((factors > 1 / band) & (factors < band))
        assert inside == pytest.approx(0.95, abs=0.003)
        assert np.median(factors) == pytest.approx(1, abs=0.01)


def test_a_band_of_the_study_counts():
    drawn = draw(contest(), DoubtSpec(samples=10_000, bands={"simulated": 1.0001}))
    assert drawn.factors[:, 1] == pytest.approx(np.ones(10_000), abs=3e-4)


@pytest.mark.parametrize("quantile", [0.05, 0.25, 0.5, 0.9])
def test_mean_losses_are_drawn_from_students_t(quantile):
    # levels_2: losses 0.03, 0.02, 0.01: mean 0.02, s 0.01, two degrees of freedom
    losses = draw(contest(), MANY).losses[:, 0]
    wanted = 0.02 + stats.t.ppf(quantile, 2) * 0.01 / math.sqrt(3)
    assert np.mean(losses <= wanted) == pytest.approx(quantile, abs=0.005)


def test_losses_of_a_sample_belong_together():
    drawn = draw(contest(), DoubtSpec(samples=1000))
    # levels_2 loses 0.03, 0.02, 0.01 and levels_3 0.003, 0.002, 0.001 over seeds 0, 1, 2
    assert drawn.losses[:, 0] == pytest.approx(10 * drawn.losses[:, 1])


def test_what_varies_otherwise_is_drawn_with_its_own_correlation():
    made = [
        candidate("levels_3", rows(1.0), 10, accuracy=accuracy("levels_3", [0.89, 0.88, 0.87])),
        candidate("levels_5", rows(1.0), 10, accuracy=accuracy("levels_5", [0.88, 0.90, 0.89])),
        candidate("fp32", rows(9.0), 10),
    ]
    drawn = draw(contest(made), MANY).losses
    # ranks, as Student's t with two degrees of freedom has no variance; the losses' correlation
    # over the seeds is -1/2
    ranks = stats.spearmanr(drawn[:, 0], drawn[:, 1]).statistic
    normal = 6 / math.pi * math.asin(-0.5 / 2)
    assert ranks == pytest.approx(normal, abs=0.03)


def test_one_seed_is_taken_as_it_stands():
    single = [
        candidate("levels_3", rows(1.0), 10, accuracy=accuracy("levels_3", [0.896])),
        candidate("fp32", rows(9.0), 10),
    ]
    assert draw(contest(single), DoubtSpec(samples=20)).losses[:, 0] == pytest.approx(0.004)


def test_the_chance_of_two_rows_to_cross_is_that_of_two_normal_logarithms():
    # a costs 10 of the adder, b 12 of the DRAM: a is dearer if ln f_a - ln f_b > ln 1.2
    two = [
        candidate("levels_3", rows(adder=10.0), 10, accuracy=None),
        candidate("levels_5", rows(dram=12.0), 10, accuracy=None),
    ]
    found = best_fractions(draw(contest(two), MANY), [0, 1], 0.005)
    sigma = math.hypot(math.log(1.25), math.log(1.4)) / 1.959964
    wanted = 0.5 * (1 + math.erf(math.log(1.2) / sigma / math.sqrt(2)))
    assert found[0] == pytest.approx(wanted, abs=0.005)
    assert sum(found.values()) == pytest.approx(1)


def test_what_scales_together_never_crosses():
    two = [
        candidate("levels_3", rows(10.0, 100.0, 1.0), 10, accuracy=None),
        candidate("levels_5", rows(10.1, 101.0, 1.01), 10, accuracy=None),
    ]
    assert best_fractions(draw(contest(two), MANY), [0, 1], 0.005) == {0: 1.0, 1: 0.0, None: 0.0}


def test_ties_go_to_the_first_and_none_is_counted():
    same = [
        candidate("levels_3", rows(10.0, 3.0), 10, accuracy=None),
        candidate("levels_5", rows(10.0, 3.0), 10, accuracy=None),
    ]
    drawn = draw(contest(same), DoubtSpec(samples=100))
    assert best_fractions(drawn, [1, 0], 0.005) == {1: 1.0, 0: 0.0, None: 0.0}
    found = best_fractions(draw(contest(), MANY), [0], 0.001)
    assert found[0] == pytest.approx(stats.t.cdf(-1.9 * math.sqrt(3), 2), abs=0.003)
    assert found[None] == pytest.approx(1 - found[0])


def test_eligibility_follows_the_drawn_losses():
    # levels_3 loses 0.002 on average, s 0.001: within 0.0025 with the chance that t(2) is below
    # 0.0005 · √3 / 0.001
    found = contest()
    share = best_fractions(draw(found, MANY), [1], 0.0025)[1]
    assert share == pytest.approx(stats.t.cdf(0.5 * math.sqrt(3), 2), abs=0.005)
