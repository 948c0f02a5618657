"""Leads, flips and reigns against brute force over factors, and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_contest import candidate, contest, machine, rows

from lowbit_sim.judge.comparison_spec import DoubtSpec
from lowbit_sim.judge.sensitivity import margin_flip, reigns, sensitivities

DOUBT = DoubtSpec()


def two(first, second, cycles=(10, 10)):
    return contest(
        [
            candidate("levels_3", first, cycles[0], accuracy=None),
            candidate("levels_5", second, cycles[1], accuracy=None),
        ]
    )


def of_row(found, row):
    return next(one for one in found if one.row == f"made_up {row}")


def test_by_hand():
    # 3 levels: 10 f + 100, 5 levels: 5 f + 110; level at f = 2
    found = sensitivities(two(rows(10.0, 100.0), rows(5.0, 110.0)), [0, 1], 0.005, DOUBT)
    adder = of_row(found, "actions.adder.add")
    assert adder.lead == pytest.approx(115 / 110)
    assert (adder.lead_low, adder.lead_high) == pytest.approx((114 / 108, 116.25 / 112.5))
    assert adder.above.factor == pytest.approx(2)
    assert adder.above.place == 1
    assert adder.below is None
    assert not adder.overturns  # the band of a synthesised row is 1.25
    dram = of_row(found, "dram.read")
    assert dram.below.factor == pytest.approx(0.5)  # 10 + 100 f = 5 + 110 f
    assert not dram.overturns


def test_a_flip_within_the_band_overturns():
    found = sensitivities(two(rows(10.0, 100.0), rows(5.0, 106.0)), [0, 1], 0.005, DOUBT)
    adder = of_row(found, "actions.adder.add")
    assert adder.above.factor == pytest.approx(1.2)
    assert adder.overturns
    assert adder.lead_high < 1


def test_the_widest_swing_stands_first():
    found = sensitivities(two(rows(10.0, 100.0), rows(5.0, 110.0)), [0, 1], 0.005, DOUBT)
    swings = [one.swing for one in found]
    assert swings == sorted(swings, reverse=True)


def test_nothing_to_lose_without_a_rival_or_a_winner():
    assert sensitivities(two(rows(1.0), rows(2.0)), [0], 0.005, DOUBT) == ()
    assert sensitivities(contest(), [0], 0.001, DOUBT) == ()


energies = st.tuples(*[st.floats(0.5, 20)] * 3)


def winner_at(found, column, factor, places):
    names = tuple(found.row_confidences)
    matrix = found.energies_pj_by_row
    factors = np.ones(len(names))
    factors[column] = factor
    costs = (matrix @ factors) * found.seconds
    return costs[places]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(energies, st.integers(1, 5)), min_size=2, max_size=6))
def test_flips_are_where_a_scan_of_factors_finds_another_winner(drawn):
    found = contest(
        [
            candidate("levels_3", rows(*parts), cycles, machine(f"m{place}"), accuracy=None)
            for place, (parts, cycles) in enumerate(drawn)
        ]
    )
    places = list(range(len(drawn)))
    names = list(found.row_confidences)
    for one in sensitivities(found, places, 0.005, DOUBT):
        column = names.index(one.row)
        best = int(winner_at(found, column, 1.0, places).argmin())
        for flip, direction in ((one.above, 1.0), (one.below, -1.0)):
            if flip is None:
                ends = 1e4 if direction > 0 else 1e-9
                costs = winner_at(found, column, ends, places)
                assert costs[best] <= costs.min() * (1 + 1e-6)
                continue
            before = winner_at(found, column, flip.factor * (1 - 1e-6 * direction), places)
            after = winner_at(found, column, flip.factor * (1 + 1e-6 * direction), places)
            assert before[best] <= before.min() * (1 + 1e-9)
            assert after[flip.place] <= after[best] * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(energies, st.integers(1, 5)), min_size=1, max_size=6))
def test_reigns_cover_the_span_and_agree_with_a_scan(drawn):
    found = contest(
        [
            candidate("levels_3", rows(*parts), cycles, machine(f"m{place}"), accuracy=None)
            for place, (parts, cycles) in enumerate(drawn)
        ]
    )
    places = list(range(len(drawn)))
    column = list(found.row_confidences).index("made_up dram.read")
    spans = reigns(found, places, 0.005, ["made_up dram.read", "made_up dram.write"], (0.01, 50.0))
    assert spans[0].low == 0.01
    assert spans[-1].high == 50.0
    for one, other in itertools.pairwise(spans):
        assert one.high == other.low
        assert one.place != other.place
    for one in spans:
        middle = (one.low + one.high) / 2
        costs = winner_at(found, column, middle, places)
        assert costs[one.place] <= costs.min() * (1 + 1e-9)


def test_reigns_by_hand():
    # 10 + f against 5 + 2 f: 5 levels until f = 5, then 3 levels
    found = two(rows(adder=10.0, dram=1.0), rows(adder=5.0, dram=2.0))
    first, second = reigns(found, [0, 1], 0.005, ["made_up dram.read"], (0.5, 8.0))
    assert (first.low, first.place) == (0.5, 1)
    assert first.high == pytest.approx(5)
    assert (second.high, second.place) == (8.0, 0)


def test_the_margin_flips_where_a_loss_lies():
    found = contest()
    flip = margin_flip(found, [0, 1, 2], 0.005)
    assert flip.below_fraction == pytest.approx(0.002)
    assert flip.below == 2
    assert flip.above_fraction == pytest.approx(0.02)
    assert flip.above == 0
    assert margin_flip(found, [0], 0.005) is None


def test_of_equal_candidates_the_more_accurate_reigns():
    same = [
        candidate("levels_3", rows(5.0, 7.0), 10),
        candidate("levels_5", rows(5.0, 7.0), 10),
        candidate("fp32", rows(9.0, 70.0), 10),
    ]
    (only,) = reigns(contest(same), [0, 1, 2], 0.005, ["made_up dram.read"], (0.5, 8.0))
    assert (only.low, only.high, only.place) == (0.5, 8.0, 1)
