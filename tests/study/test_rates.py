import math

import pytest
from scipy import stats

from lowbit_sim.study.rates import wilson


def test_no_success_by_hand():
    # z² = 3.841459: from 0 to z² / (n + z²) = 3.841459 / 13.841459
    assert wilson(0, 10) == (0.0, pytest.approx(0.277533, abs=1e-6))


def test_one_of_four_by_hand():
    # centre: 0.25 + 3.841459/8 = 0.730182; half: 1.959964 · √(0.1875/4 + 3.841459/64)
    # = 1.959964 · √(0.046875 + 0.060023) = 0.640817; scale: 1 + 3.841459/4 = 1.960365
    low, high = wilson(1, 4)
    assert low == pytest.approx((0.730182 - 0.640817) / 1.960365, abs=2e-6)
    assert high == pytest.approx((0.730182 + 0.640817) / 1.960365, abs=2e-6)


@pytest.mark.parametrize("trials", [1, 3, 10, 50])
def test_equals_scipys(trials):
    for successes in range(trials + 1):
        interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        assert wilson(successes, trials) == pytest.approx(tuple(interval), abs=1e-9)


@pytest.mark.parametrize("trials", [1, 7, 30])
def test_failures_mirror_successes(trials):
    for successes in range(trials + 1):
        low, high = wilson(successes, trials)
        mirrored = wilson(trials - successes, trials)
        assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_ends_solve_the_score_equation():
    # Wilson's ends are the rates from which 7/20 lies z standard errors away
    z = stats.norm.ppf(0.975)
    for end in wilson(7, 20):
        assert abs(7 / 20 - end) == pytest.approx(z * math.sqrt(end * (1 - end) / 20))


def test_the_ends_are_exact_where_nothing_or_everything_happened():
    assert all(wilson(0, trials)[0] == 0.0 for trials in range(1, 60))
    assert all(wilson(trials, trials)[1] == 1.0 for trials in range(1, 60))


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5), (0, -1)])
def test_what_is_no_rate_is_refused(successes, trials):
    with pytest.raises(ValueError, match="is no rate"):
        wilson(successes, trials)
