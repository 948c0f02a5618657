import math
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats

from lowbit_sim.study.comparison import Comparison, compare, holm, verdicts

FEW = settings(max_examples=40, deadline=None, derandomize=True)
#: thousandths of accuracy that each of 2 to 8 seeds loses
thousandths = st.lists(st.integers(-20, 20), min_size=2, max_size=8)
probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=5)


def by_seed(values):
    return dict(enumerate(values))


def losing(*lost, margin_fraction=0.005):
    """Compare a format that loses `lost`, seed by seed, against a baseline."""
    before = [0.9 + 0.01 * (seed % 3) for seed in range(len(lost))]
    after = [value - loss for value, loss in zip(before, lost, strict=True)]
    return compare("levels_3", by_seed(after), "fp32", by_seed(before), margin_fraction)


def judged(name, p_different, p_equivalent, loss_fraction=0.01):
    return Comparison(name, "fp32", 3, loss_fraction, 0.001, p_different, p_equivalent, 1.0, 0.005)


# tests over seeds


def test_three_seeds_by_hand():
    found = losing(0.001, 0.002, 0.003, margin_fraction=0.01)
    assert (found.name, found.baseline, found.seeds) == ("levels_3", "fp32", 3)
    # d = 0.002, s = 0.001, s/√3 = 0.00057735; t(0.975, 2) = 4.302653
    assert found.loss_fraction == pytest.approx(0.002)
    assert found.half_width_fraction == pytest.approx(4.302653 * 0.00057735, rel=1e-5)
    # with 2 degrees of freedom P(T > t) = (1 - t/√(2 + t²)) / 2
    # against 0: t = 2√3, t² = 12, two-sided 1 - √(12/14)
    assert found.p_different == pytest.approx(1 - math.sqrt(12 / 14))
    # against +0.010: t = 8√3, t² = 192; against -0.010: t = 12√3, which has the smaller p
    assert found.p_not_worse == pytest.approx((1 - math.sqrt(192 / 194)) / 2)
    assert found.p_equivalent == found.p_not_worse
    assert found.margin_fraction == 0.01


def test_two_seeds_by_hand():
    found = losing(0.001, 0.003, margin_fraction=0.005)
    # d = 0.002, s = 0.001·√2, s/√2 = 0.001; with 1 degree of freedom P(T > t) = 1/2 - atan(t)/π
    # against 0: t = 2; against +0.005: t = 3; against -0.005: t = 7
    assert found.p_different == pytest.approx(1 - 2 * math.atan(2) / math.pi)
    assert found.p_not_worse == pytest.approx(0.5 - math.atan(3) / math.pi)
    assert found.p_equivalent == found.p_not_worse


def test_a_gain_is_not_worse_but_may_be_no_equivalent():
    found = losing(-0.009, -0.011, margin_fraction=0.005)
    # d = -0.010, s/√2 = 0.001: against +0.005 t = 15; against -0.005 t = -5, p above one half
    assert found.p_not_worse == pytest.approx(0.5 - math.atan(15) / math.pi)
    assert found.p_equivalent == pytest.approx(0.5 + math.atan(5) / math.pi)


def test_only_shared_seeds_count_and_they_are_paired():
    # shared: 1 and 2, losses 0.01 and 0.03; t = 0.02 / (0.0141421/√2) = 2
    found = compare("a", {2: 0.77, 9: 0.1, 1: 0.89}, "b", {1: 0.9, 2: 0.8, 3: 0.5})
    assert found.seeds == 2
    assert found.loss_fraction == pytest.approx(0.02)
    assert found.p_different == pytest.approx(1 - 2 * math.atan(2) / math.pi)


@FEW
@given(thousandths)
def test_every_p_equals_scipys(drawn):
    assume(len(set(drawn)) > 1)
    before = [0.9 + 0.01 * (seed % 3) for seed in range(len(drawn))]
    after = [value - loss / 1000 for value, loss in zip(before, drawn, strict=True)]
    losses = [b - a for a, b in zip(after, before, strict=True)]
    found = compare("a", by_seed(after), "b", by_seed(before))
    less = stats.ttest_1samp(losses, 0.005, alternative="less").pvalue
    greater = stats.ttest_1samp(losses, -0.005, alternative="greater").pvalue
    close = {"rel": 1e-6, "abs": 1e-12}
    assert found.p_different == pytest.approx(stats.ttest_rel(before, after).pvalue, **close)
    assert found.p_not_worse == pytest.approx(less, **close)
    assert found.p_equivalent == pytest.approx(max(less, greater), **close)


@FEW
@given(thousandths, st.integers(1, 20))
@example([0, 1, -1], 5)
@example([-2, -3, -2, -3], 4)
@example([9, 10, 11], 5)
def test_equivalent_at_5_percent_if_and_only_if_the_90_percent_interval_is_inside(drawn, margin):
    assume(len(set(drawn)) > 1)
    found = losing(*(lost / 1000 for lost in drawn), margin_fraction=margin / 1000)
    assume(abs(found.p_equivalent - 0.05) > 1e-6)
    mean, error = sum(drawn) / len(drawn) / 1000, stats.sem(drawn) / 1000
    low, high = stats.t.interval(0.9, len(drawn) - 1, loc=mean, scale=error)
    inside = -margin / 1000 < low and high < margin / 1000
    assert (found.p_equivalent < 0.05) == inside


@FEW
@given(thousandths, st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_does_not_matter(drawn, random):
    after = [(seed, 0.9 - lost / 1000) for seed, lost in enumerate(drawn)]
    before = by_seed(0.9 + 0.01 * (seed % 3) for seed in range(len(drawn)))
    shuffled = random.sample(after, len(after))
    assert compare("a", dict(shuffled), "b", before) == compare("a", dict(after), "b", before)


@FEW
@given(thousandths)
def test_swapping_candidate_and_baseline_turns_the_loss_alone(drawn):
    after, before = by_seed(0.9 - lost / 1000 for lost in drawn), by_seed([0.9] * len(drawn))
    one, other = compare("a", after, "b", before), compare("b", before, "a", after)
    assert one.loss_fraction == -other.loss_fraction
    assert one.p_different == other.p_different
    assert one.p_equivalent == other.p_equivalent
    assert one.p_equivalent == max(one.p_not_worse, other.p_not_worse)


def test_a_single_seed_proves_nothing():
    found = losing(0.0)
    assert (found.p_different, found.p_equivalent, found.p_not_worse) == (1.0, 1.0, 1.0)
    assert math.isinf(found.half_width_fraction)
    assert verdicts([found]) == {"levels_3": "undecided"}


@pytest.mark.parametrize(
    ("lost", "p_different", "p_equivalent", "p_not_worse"),
    [
        (0.0, 1.0, 0.0, 0.0),
        (0.004, 0.0, 0.0, 0.0),
        (-0.004, 0.0, 0.0, 0.0),
        (0.005, 0.0, 1.0, 1.0),  # on the margin: not inside it
        (-0.005, 0.0, 1.0, 0.0),
        (0.006, 0.0, 1.0, 1.0),
        (-0.006, 0.0, 1.0, 0.0),
    ],
)
def test_equal_losses_of_all_seeds_leave_no_doubt(lost, p_different, p_equivalent, p_not_worse):
    found = losing(lost, lost, lost)
    assert found.p_different == p_different
    assert found.p_equivalent == p_equivalent
    assert found.p_not_worse == p_not_worse


@pytest.mark.parametrize("lost", [0.0, 0.004, -0.02])
def test_two_seeds_that_lose_the_same_prove_nothing(lost):
    found = losing(lost, lost)
    assert (found.p_different, found.p_equivalent, found.p_not_worse) == (1.0, 1.0, 1.0)
    assert found.half_width_fraction == 0
    assert verdicts([found]) == {"levels_3": "undecided"}


def test_a_loss_on_the_margin_is_not_inside_it_by_rounding():
    assert 0.563 - 0.558 < 0.005
    found = compare("a", dict.fromkeys(range(3), 0.558), "b", dict.fromkeys(range(3), 0.563))
    assert (found.p_equivalent, found.p_not_worse) == (1.0, 1.0)


def test_losses_that_cancel_show_no_difference():
    assert losing(0.01, -0.01).p_different == pytest.approx(1.0)


def test_the_default_margin_is_half_a_point():
    assert compare("a", {0: 0.5}, "b", {0: 0.5}).margin_fraction == 0.005


@pytest.mark.parametrize("margin_fraction", [0.0, -0.005, math.nan])
def test_a_margin_that_is_not_positive_is_refused(margin_fraction):
    with pytest.raises(ValueError, match="margin must be positive"):
        losing(0.0, 0.001, margin_fraction=margin_fraction)


def test_no_shared_seed_is_an_error():
    with pytest.raises(ValueError, match="levels_3 and fp32 share no seed"):
        compare("levels_3", {0: 0.9}, "fp32", {1: 0.9})


# many formats


def test_holm_by_hand():
    # rising: 0.005 · 4 = 0.02, 0.01 · 3 = 0.03, 0.03 · 2 = 0.06, 0.04 · 1 = 0.04 raised to 0.06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_clips_at_one_and_takes_none_and_one():
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    # 0.4 · 3 = 1.2 becomes 1, and so do the larger ones
    assert holm([0.9, 0.4, 0.5]) == [1.0, 1.0, 1.0]


@FEW
@given(probabilities)
def test_holm_equals_the_closed_test_of_bonferroni(drawn):
    # p of one hypothesis is the largest Bonferroni p of all the sets that hold it
    indices = range(len(drawn))
    sets = [chosen for n in indices for chosen in combinations(indices, n + 1)]
    closed = [
        max(min(1.0, len(s) * min(drawn[i] for i in s)) for s in sets if index in s)
        for index in indices
    ]
    assert holm(drawn) == pytest.approx(closed)


@FEW
@given(probabilities, st.randoms(use_true_random=False))
def test_holm_does_not_depend_on_the_order(drawn, random):
    places = random.sample(range(len(drawn)), len(drawn))
    adjusted = holm(drawn)
    assert holm([drawn[place] for place in places]) == [adjusted[place] for place in places]


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_holm_refuses_what_is_no_probability(wrong):
    with pytest.raises(ValueError, match="p values must be 0 to 1"):
        holm([0.5, wrong])


def test_each_verdict():
    # the smallest of four p counts four times, 4 · 0.001 = 0.004; the next 3 · 0.002, 2 · 0.003
    made = [
        judged("levels_9", p_different=0.001, p_equivalent=0.001),  # different, but within
        judged("levels_2", p_different=0.002, p_equivalent=0.9, loss_fraction=0.02),
        judged("bf16", p_different=0.003, p_equivalent=0.9, loss_fraction=-0.02),
        judged("levels_3", p_different=0.2, p_equivalent=0.2),
    ]
    expected = ["comparable", "worse", "better", "undecided"]
    assert list(verdicts(made).values()) == expected
    assert list(verdicts(made)) == ["levels_9", "levels_2", "bf16", "levels_3"]


def test_a_verdict_grows_weaker_with_the_formats_beside_it():
    alone = judged("levels_3", p_different=0.03, p_equivalent=0.5)
    # beside another format 2 · 0.03 = 0.06 is no longer below 0.05
    beside = judged("levels_5", p_different=0.5, p_equivalent=0.5)
    assert verdicts([alone]) == {"levels_3": "worse"}
    assert verdicts([alone, beside])["levels_3"] == "undecided"
    assert verdicts([alone, beside], significance=0.07)["levels_3"] == "worse"


def test_equivalence_is_adjusted_apart_from_difference():
    one = judged("levels_3", p_different=0.5, p_equivalent=0.03)
    certain = judged("levels_5", p_different=0.0, p_equivalent=0.5)
    # the other's difference leaves the family of equivalence as it is: 2 · 0.03 = 0.06
    assert verdicts([one, certain]) == {"levels_3": "undecided", "levels_5": "worse"}
    # two equivalences: 2 · 0.02 = 0.04, then 1 · 0.03 raised to 0.04
    close = replace(certain, p_equivalent=0.02)
    assert verdicts([one, close]) == {"levels_3": "comparable", "levels_5": "comparable"}


def test_significance_itself_is_not_significant():
    assert verdicts([judged("a", p_different=0.05, p_equivalent=0.05)]) == {"a": "undecided"}


def test_a_format_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="stands twice"):
        verdicts([judged("levels_3", 0.5, 0.5)] * 2)
