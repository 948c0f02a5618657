import math
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import published, refused, result, study

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.study.ranking import dominates, pareto_set, rank

FP32 = result("fp32", (98, 98), 400, {"dram": 100.0}, 3200)


def order(ranking):
    return [ranked.result.weight_format for ranked in ranking.formats]


def test_least_energy_delay_among_the_accurate_wins():
    # products: 2 levels 10·10 (but 3 point below), 3 levels 20·10, 5 levels 15·20, fp32 400·100
    two = result("levels_2", (95, 95), 10, {"dram": 10.0}, 100)
    three = result("levels_3", (98, 97.5), 20, {"dram": 10.0}, 160)
    five = result("levels_5", (98, 98), 15, {"dram": 20.0}, 240)
    ranking = rank(study(five, two, FP32, three), 0.005)
    assert order(ranking) == ["levels_3", "levels_5", "fp32", "levels_2"]
    assert [r.standing for r in ranking.formats] == ["eligible"] * 3 + ["less accurate"]
    assert ranking.winner.result is three
    assert ranking.runner_up.result is five
    assert ranking.winner.loss_fraction == pytest.approx(0.0025)


def test_a_loss_equal_to_the_margin_is_within_it():
    edge = result("levels_3", (97.5, 97.5), 20, {"dram": 10.0})
    assert rank(study(edge, FP32), 0.005).formats[0].standing == "eligible"
    assert rank(study(edge, FP32), 0.0049).formats[0].result is FP32


def test_equal_products_go_to_the_more_accurate_then_to_the_smaller():
    same = {"dram": 10.0}
    a = result("levels_3", (98, 98), 20, same, 300)
    b = result("levels_5", (99, 99), 20, same, 500)
    c = result("levels_7", (98, 98), 20, same, 200)
    assert order(rank(study(a, b, c, FP32), 0.005)) == ["levels_5", "levels_7", "levels_3", "fp32"]


def test_refused_formats_come_last_and_the_baseline_may_be_one():
    three = result("levels_3", (98, 98), 20, {"dram": 10.0})
    ranking = rank(study(refused("fp32", (98, 98)), three), 0.005)
    assert order(ranking) == ["levels_3", "fp32"]
    assert ranking.formats[1].standing == "refused"
    assert not ranking.formats[1].pareto


def test_no_winner_where_nothing_is_accurate_enough():
    poor = result("levels_2", (50, 50), 1, {"dram": 1.0})
    ranking = rank(study(poor, refused("fp32", (98, 98))), 0.005)
    assert ranking.winner is None
    assert ranking.runner_up is None
    assert ranking.overturned_by == ()


def test_the_baseline_must_be_there():
    with pytest.raises(LowbitSimError, match="baseline fp32"):
        rank(study(result("levels_3", (98, 98), 20, {"dram": 10.0})), 0.005)


def test_a_swing_of_one_component_can_overturn_the_winner():
    # at equal cycles: 3 levels 10 + 10 = 20 pJ, 5 levels 2 + 19 = 21 pJ
    three = result("levels_3", (98, 98), 20, {"adder": 10.0, "dram": 10.0})
    five = result("levels_5", (98, 98), 20, {"adder": 2.0, "dram": 19.0})
    # adder × 1.3: 23 > 21.6; dram × 0.7: 17 > 15.3; the other two keep the winner
    expected = ("adder × 1.3 → levels_5", "dram × 0.7 → levels_5")
    assert rank(study(three, five, FP32), 0.005).overturned_by == expected


def test_pareto_set_by_hand():
    best_energy = result("levels_2", (95, 95), 30, {"dram": 1.0}, 100)
    beaten = result("levels_3", (95, 95), 30, {"dram": 2.0}, 100)
    fastest = result("levels_5", (95, 95), 20, {"dram": 9.0}, 200)
    assert pareto_set((best_energy, beaten, fastest, FP32)) == {"levels_2", "levels_5", "fp32"}


points = st.lists(
    st.tuples(st.integers(90, 95), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    min_size=1,
    max_size=8,
)


@given(points)
def test_pareto_set_equals_brute_force(drawn):
    names = [f"levels_{n}" for n in (2, 3, 4, 5, 7, 8, 9, 15)]
    made = tuple(
        result(name, (percent, percent), cycles, {"dram": float(pj)}, model)
        for name, (percent, cycles, pj, model) in zip(names, drawn, strict=False)
    )
    beaten = {
        names[i]
        for (i, a), (_, b) in product(enumerate(drawn), enumerate(drawn))
        if b[0] >= a[0] and b[1] <= a[1] and b[2] <= a[2] and b[3] <= a[3] and a != b
    }
    assert pareto_set(made) == set(names[: len(drawn)]) - beaten


@given(points)
def test_dominance_is_a_strict_order(drawn):
    for a, b in product(drawn, drawn):
        assert not (dominates(a, b) and dominates(b, a))
        assert not dominates(a, a)


def test_what_the_seeds_leave_open_is_only_what_could_win():
    open_and_cheap = result("levels_2", (96.6, 98), 10, {"dram": 1.0})
    open_but_dear = result("levels_5", (96.6, 98), 300, {"dram": 90.0})
    three = result("levels_3", (98, 98), 20, {"dram": 10.0})
    ranking = rank(study(open_and_cheap, three, open_but_dear, FP32), 0.005)
    assert ranking.winner.result is three
    assert [ranked.result.weight_format for ranked in ranking.unsettled] == ["levels_2"]


# networks without weights


def test_without_accuracies_cost_alone_decides():
    # products: 100, 200, 300; the machine refuses fp32
    two = result("levels_2", (), 10, {"dram": 10.0}, 100)
    three = result("levels_3", (), 20, {"dram": 10.0}, 160)
    five = result("levels_5", (), 15, {"dram": 20.0}, 240)
    ranking = rank(study(five, refused("fp32", ()), three, two), 0.005)
    assert order(ranking) == ["levels_2", "levels_3", "levels_5", "fp32"]
    assert [r.standing for r in ranking.formats] == ["eligible"] * 3 + ["refused"]
    assert {(r.loss_fraction, r.loss_half_width_fraction) for r in ranking.formats} == {(0, 0)}
    assert ranking.unsettled == ()
    # two levels beat the others in everything
    assert [r.pareto for r in ranking.formats] == [True, False, False, False]


def test_without_accuracies_the_smaller_of_equal_cost_comes_first():
    a = result("levels_5", (), 20, {"dram": 10.0}, 300)
    b = result("levels_3", (), 20, {"dram": 10.0}, 200)
    assert order(rank(study(a, b), 0.005)) == ["levels_3", "levels_5"]


def test_no_baseline_is_needed_where_nothing_is_compared_with_it():
    assert rank(study(result("levels_3", (), 20, {"dram": 1.0})), 0.005).winner is not None


def test_leakage_is_swung_like_any_other_component():
    # energies 12 and 13.4; dram × 0.7: 5.6 + 4 = 9.6 and 9.1 + 0.4 = 9.5
    # leakage × 1.3: 8 + 5.2 = 13.2 and 13 + 0.52 = 13.52
    a = result("levels_3", (98, 98), 10, {"dram": 8.0, "leakage": 4.0})
    b = result("levels_5", (98, 98), 10, {"dram": 13.0, "leakage": 0.4})
    assert rank(study(a, b, FP32), 0.005).overturned_by == ("dram × 0.7 → levels_5",)
    # leakage × 1.3 and 14 instead of 13 of the dram: 12 + 5.2 against 15.7 + 0.52
    a = result("levels_3", (98, 98), 10, {"dram": 12.0, "leakage": 4.0})
    b = result("levels_5", (98, 98), 10, {"dram": 15.7, "leakage": 0.4})
    found = rank(study(a, b, FP32), 0.005).overturned_by
    assert "leakage × 1.3 → levels_5" in found


# published accuracies


def of_others(**changes):
    """Return a study of which 5 levels have no accuracy; products 100, 200, 300, 40,000."""
    percents = {"levels_2": 95, "levels_3": 97.7, "fp32": 98} | changes
    made = {
        "levels_2": result("levels_2", (), 10, {"dram": 10.0}, 100),
        "levels_3": result("levels_3", (), 20, {"dram": 10.0}, 160),
        "levels_5": result("levels_5", (), 30, {"dram": 10.0}, 240),
        "fp32": result("fp32", (), 400, {"dram": 100.0}, 3200),
    }
    given = {name: published(made[name], value) for name, value in percents.items()}
    return replace(study(*(made | given).values()), dataset="tasks")


def test_published_accuracies_rank_and_a_format_without_one_cannot_win():
    ranking = rank(of_others(), 0.005)
    assert ranking.published
    assert [(r.result.weight_format, r.standing) for r in ranking.formats] == [
        ("levels_3", "eligible"),
        ("fp32", "eligible"),
        ("levels_2", "less accurate"),
        ("levels_5", "no accuracy"),
    ]
    last = ranking.formats[-1]
    assert math.isnan(last.loss_fraction)
    assert math.isnan(last.loss_half_width_fraction)
    assert ranking.winner.loss_fraction == pytest.approx(0.003)


def test_a_format_without_accuracy_is_not_efficient_and_beats_none():
    cheap = of_others()
    results = tuple(
        replace(r, layers=of_others().results[0].layers, model_bits=1)
        if r.weight_format == "levels_5"
        else r
        for r in cheap.results
    )
    assert pareto_set(results) == {"levels_2", "levels_3", "fp32"}


def test_published_accuracies_without_an_interval_stand_where_they_stand():
    # 97.6 is 0.4 point below, no interval would tell; 97 is 1 point below
    assert rank(of_others(levels_2=97.6), 0.005).unsettled == ()
    wide = of_others()
    results = [
        published(r, r.accuracy.mean_fraction * 100, half_percent=1) if r.accuracy else r
        for r in wide.results
    ]
    ranking = rank(replace(wide, results=tuple(results)), 0.005)
    # 2 levels lose 3 ± 1.4 point, 3 levels 0.3 ± 1.4
    assert [r.result.weight_format for r in ranking.unsettled] == ["levels_3"]


def test_published_accuracies_need_the_baseline():
    given = of_others()
    without = tuple(r for r in given.results if r.weight_format != "fp32")
    with pytest.raises(LowbitSimError, match="needs the baseline fp32"):
        rank(replace(given, results=without), 0.005)


def test_measured_accuracies_are_not_published():
    assert not rank(study(FP32), 0.005).published
