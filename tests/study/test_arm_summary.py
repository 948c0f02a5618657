import math

import pytest
from made_runs import arm

from lowbit_sim.study.arm_summary import summarise

MARGIN = 0.005


def test_figures_by_hand():
    found = summarise(arm("a", {"levels_3": (89, 88, 87), "fp32": (90, 90, 90)}), 0.05)
    three, fp32 = found.formats
    # mean 88, s = 1, t(0.975, 2) = 4.302653: ± 4.302653 / √3 = 2.484138
    assert three.mean_fraction == pytest.approx(0.88)
    assert three.half_width_fraction == pytest.approx(0.02484138, abs=1e-8)
    assert three.deviation_fraction == pytest.approx(0.01)
    assert (three.lowest_fraction, three.highest_fraction) == (0.87, 0.89)
    assert three.stored_bits == 200
    # losses 1, 2, 3: d = 2, t = 2 / (1/√3) = √12, p = 1 - √(12/14); one test, so nothing to adjust
    assert three.against.comparison.loss_fraction == pytest.approx(0.02)
    assert three.against.comparison.p_different == pytest.approx(1 - math.sqrt(12 / 14))
    assert three.against.p_different_adjusted == three.against.comparison.p_different
    assert three.verdict == "comparable"
    assert (fp32.against, fp32.verdict) == (None, None)


def test_tests_are_adjusted_within_the_arm():
    runs = {"levels_2": (80, 79, 78), "levels_3": (89, 88, 87), "fp32": (90, 90, 90)}
    found = summarise(arm("a", runs), MARGIN)
    two, three = (found.of(name).against for name in ("levels_2", "levels_3"))
    # levels_2: losses 10, 11, 12: t = 11 · √3, p = 1 - t/√(2 + t²), the smaller p, so doubled
    t = 11 * math.sqrt(3)
    assert two.comparison.p_different == pytest.approx(1 - t / math.sqrt(2 + t * t))
    assert two.p_different_adjusted == pytest.approx(2 * two.comparison.p_different)
    assert three.p_different_adjusted == pytest.approx(three.comparison.p_different)
    assert (two.verdict, three.verdict) == ("worse", "undecided")


def test_a_diverged_run_stays_in_the_mean_and_is_counted():
    runs = {"levels_2": (80, 10, 80), "fp32": (90, 90, 90)}
    two = summarise(arm("a", runs, diverged={("levels_2", 1)}), MARGIN).of("levels_2")
    assert two.mean_fraction == pytest.approx(170 / 300)
    assert two.diverged == 1
    # Wilson for 1 of 3 with z² = 3.841459: centre 1/3 + z²/6 = 0.973577,
    # half z · √(2/27 + z²/36) = 0.833324, scale 1 + z²/3 = 2.280486
    low, high = two.diverged_interval
    assert low == pytest.approx((0.973577 - 0.833324) / 2.280486, abs=1e-5)
    assert high == pytest.approx((0.973577 + 0.833324) / 2.280486, abs=1e-5)


def test_a_single_seed_has_no_interval_and_proves_nothing():
    two = summarise(arm("a", {"levels_2": (50,), "fp32": (90,)}), MARGIN).of("levels_2")
    assert math.isinf(two.half_width_fraction)
    assert two.deviation_fraction is None
    assert two.verdict == "undecided"


def test_without_fp32_there_is_nothing_to_test():
    found = summarise(arm("a", {"levels_2": (50, 51)}), MARGIN)
    assert found.of("levels_2").against is None
    assert found.of("fp32") is None
