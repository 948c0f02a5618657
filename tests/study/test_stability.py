import pytest
from made_runs import arm

from lowbit_sim.study.stability import pooled, stability_pairs

CALM = (80.0, 80.1, 80.2, 80.3, 80.4)
WILD = (40.0, 60.0, 80.0, 70.0, 90.0)


def pair(suspect, control, *, diverged=(), control_diverged=()):
    first = arm("s", {"levels_2": suspect}, diverged={("levels_2", n) for n in diverged})
    second = arm("c", {"levels_3": control}, diverged={("levels_3", n) for n in control_diverged})
    (found,) = stability_pairs([((first, "levels_2"), (second, "levels_3"))], 0.005)
    return found


def test_spread_decides_both_ways():
    assert pair(WILD, CALM).outcome == "less stable"
    assert pair(CALM, WILD).outcome == "more stable"
    assert pair(CALM, CALM).outcome == "undecided"


def test_figures_by_hand():
    # distances from the medians 1.5, 0.5 and 7.5, 2.5, twice each: F = 96/13 with 1 and 6 degrees
    found = pair((81, 82, 83, 84), (80, 85, 90, 95))
    assert found.p_spread == pytest.approx(0.034763, abs=1e-5)
    # squares of 1.5, 0.5 and 7.5, 2.5, twice each, over 3
    assert found.suspect.deviation_fraction == pytest.approx((5 / 3) ** 0.5 / 100)
    assert found.control.deviation_fraction == pytest.approx((125 / 3) ** 0.5 / 100)
    # the control's 80, 85, 90, 95 less 81, 82, 83, 84
    assert found.gain.loss_fraction == pytest.approx(0.05)


def test_runs_that_diverge_decide_if_the_intervals_lie_apart():
    # Wilson: 5 of 5 is 0.566 to 1, 0 of 5 is 0 to 0.434, 4 of 5 is 0.376 to 0.964
    assert pair(CALM, CALM, diverged=range(5)).outcome == "less stable"
    assert pair(CALM, CALM, diverged=range(4)).outcome == "undecided"
    assert pair(CALM, CALM, control_diverged=range(5)).outcome == "more stable"
    # before the spread: all alike at chance level is no stability
    assert pair((10.0,) * 5, WILD, diverged=range(5)).outcome == "less stable"


def test_spreads_are_adjusted_for_all_pairs():
    wild, calm = arm("s", {"levels_2": WILD}), arm("c", {"levels_2": CALM})
    one = ((wild, "levels_2"), (calm, "levels_2"))
    (alone,) = stability_pairs([one], 0.005)
    crowd = stability_pairs([one] * 9, 0.005)
    assert crowd[0].p_spread_adjusted == pytest.approx(9 * alone.p_spread)
    assert alone.outcome == "less stable"
    assert crowd[0].outcome == "undecided"


def test_a_pair_without_runs_is_left_out_and_a_single_seed_shows_nothing():
    one, none = arm("s", {"levels_2": (80,)}), arm("c", {})
    assert stability_pairs([((one, "levels_2"), (none, "levels_2"))], 0.005) == ()
    assert pair((80,), CALM).outcome == "undecided"
    assert pair((80,), CALM).suspect.deviation_fraction is None


def test_rates_together_show_what_single_pairs_do_not():
    # 3 of 5 beside 0 of 5 shows nothing; 9 of 15 is 0.357 to 0.802, 0 of 15 is 0 to 0.204
    lost = {("levels_2", seed) for seed in range(3)}
    arms = [(arm(f"s{n}", {"levels_2": CALM}, diverged=lost), "levels_2") for n in range(3)]
    controls = [(arm(f"c{n}", {"levels_2": CALM}), "levels_2") for n in range(3)]
    pairs = stability_pairs(list(zip(arms, controls, strict=True)), 0.005)
    assert {one.outcome for one in pairs} == {"undecided"}
    together = pooled(pairs)
    assert (together.suspect.diverged, together.suspect.runs) == (9, 15)
    assert (together.control.diverged, together.control.runs) == (0, 15)
    assert together.outcome == "less stable"
    exchanged = pooled(stability_pairs(list(zip(controls, arms, strict=True)), 0.005))
    assert exchanged.outcome == "more stable"
    # the same pair again adds no run
    assert pooled([*pairs, *pairs]) == together
    assert pooled(pairs[:1]).outcome == "undecided"
    assert pooled([]) is None
