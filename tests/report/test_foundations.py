import pytest
from made import refused, result, study

from lowbit_sim.report.foundations import assumed_fraction, foundations, side_fraction
from lowbit_sim.study.ranking import rank

FP32 = result("fp32", (98, 98), 400, {"dram": 100.0}, 3200)


def test_what_it_rests_on():
    three = result("levels_3", (98, 98), 20, {"adder": 10.0, "dram": 10.0})
    five = result("levels_5", (98, 98), 20, {"adder": 2.0, "dram": 19.0})
    said = " ".join(foundations(rank(study(three, five, FP32), 0.005)))
    assert "measured on a toy set, 2 seeds, 1000 test images of one split" in said
    assert "cmos_45nm" in said
    assert "adder × 1.3 → levels_5" in said
    assert "dram × 0.7 → levels_5" in said
    steady = " ".join(foundations(rank(study(FP32), 0.005)))
    assert "leaves the winner in place" in steady


def test_share_of_assumed_rows_by_hand():
    ranking = rank(study(result("fp32", (98,), 4, {"dram": 1000 * 1300 / 64})), 0.005)
    cost = ranking.winner.result.cost
    assert dict(cost.actions) == {"dram.read_bit": 1}
    # reading the DRAM is no assumption
    assert assumed_fraction(ranking) == 0
    table = ranking.study.pricing.table
    assert table["dram.write_bit"].confidence == "assumed"
    object.__setattr__(cost, "actions", type(cost.actions)({"dram.write_bit": 250}))
    # 250 of the 1000 bits' worth of energy
    assert assumed_fraction(ranking) == pytest.approx(0.25)


def test_without_a_winner_nothing_is_said_of_it():
    poor = result("levels_2", (50, 50), 1, {"dram": 1.0})
    said = " ".join(foundations(rank(study(poor, refused("fp32", (98, 98))), 0.005)))
    assert "winner" not in said


def test_the_test_sets_own_error_by_hand():
    said = " ".join(foundations(rank(study(FP32), 0.005)))
    # 1.96 · sqrt(0.98 · 0.02 / 1000) = 0.868 %
    assert "sampling error, ± 0.9 point" in said


def test_what_the_seeds_do_not_settle_is_named():
    # losses of 1.4 and 0.0: mean 0.7, half-width 8.9, so the margin of 0.5 lies within
    two = result("levels_2", (96.6, 98), 10, {"dram": 1.0})
    three = result("levels_3", (98, 98), 20, {"dram": 10.0})
    said = " ".join(foundations(rank(study(two, three, FP32), 0.005)))
    assert "do not settle which side of the margin is true for levels_2 (0.7 ± 8.9 point" in said
    settled = " ".join(foundations(rank(study(three, FP32), 0.005)))
    assert "do not settle" not in settled


def test_share_of_side_parameters():
    # the layer made by hand has none
    assert side_fraction(FP32) == 0
