from dataclasses import replace

import pytest
from made import refused, result, small_study, study

from lowbit_sim.memory.sram import PowerLaw
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


def said_of(*results, **change):
    return " ".join(foundations(rank(study(*results, **change), 0.005)))


def test_a_network_without_weights_has_no_margin_and_assumed_values():
    said = said_of(result("levels_3", (), 20, {"dram": 10.0}))
    assert "least energy × delay alone" in said
    assert "nothing is known of its accuracy" in said
    assert "seeds" not in said
    assert "are assumed" not in said  # the layer made by hand has no statistics
    said = " ".join(foundations(rank(small_study(), 0.005)))
    assert "The values of 4,096 of the winner's weights are assumed (Gaussian" in said


@pytest.mark.parametrize(
    ("objective", "words"),
    [("edp", "least energy × delay"), ("cycles", "fewest cycles"), ("energy", "least energy.")],
)
def test_what_was_searched_for_is_said(objective, words):
    said = said_of(result("levels_3", (), 20, {"dram": 10.0}), objective=objective)
    assert f"each is mapped for {words}" in said


def test_whether_operators_run_at_once_is_said():
    chain = " ".join(foundations(rank(small_study(), 0.005)))
    assert "operators run one after another; each" in chain
    closed = " ".join(foundations(rank(small_study(at_once=True), 0.005)))
    assert "--engine event_driven lets independent ones run at once" in closed
    events = " ".join(foundations(rank(small_study(at_once=True, engine="event_driven"), 0.005)))
    assert "independent operators run at once, each on a unit of its own" in events


# weights that stay on the chip


def test_what_the_winner_takes_once_its_weights_stay():
    steady = result("levels_3", (98, 98), 50_000, {"dram": 2e6})
    three = result("levels_3", (98, 98), 100_000, {"dram": 10e6}, steady=steady)
    # 500 MHz / 100,000 and / 50,000 cycles
    assert (
        "Once its weights stay in shared_sram, the winner takes 50,000 cycles and 2.00 µJ an "
        "inference, 10,000 a second instead of 5,000." in said_of(three, FP32_DEAR)
    )


FP32_DEAR = result("fp32", (98, 98), 400_000, {"dram": 100e6}, 3200)


def test_that_the_winners_weights_do_not_fit_is_said():
    three = result("levels_3", (98, 98), 20, {"dram": 10.0}, 8 * 2**20 * 16)
    said = said_of(three, FP32_DEAR)
    assert (
        "The winner's parameters (16.0 MiB) find no room in shared_sram (128 KiB): every "
        "inference reads them." in said
    )


def test_that_staying_does_not_pay_is_said():
    steady = result("levels_3", (98, 98), 30, {"dram": 10.0})
    three = result("levels_3", (98, 98), 20, {"dram": 10.0}, 8 * 2**10, steady=steady)
    said = said_of(three, FP32_DEAR)
    assert "The winner's parameters (1.00 KiB) could stay in shared_sram (128 KiB), but" in said
    assert "Once its weights stay" not in said


def test_who_would_win_if_weights_stayed_is_said_if_it_is_another():
    # cold 200 and 300; with weights that stay 150 and 100
    steadies = [result(n, (98, 98), 10, {"dram": pj}) for n, pj in (("a", 15.0), ("b", 10.0))]
    three = result("levels_3", (98, 98), 20, {"dram": 10.0}, steady=steadies[0])
    five = result("levels_5", (98, 98), 20, {"dram": 15.0}, steady=steadies[1])
    said = said_of(three, five, FP32_DEAR)
    assert "If weights stayed wherever that pays, levels_5 would be first." in said
    assert "would be first" not in said_of(three, FP32_DEAR)


def test_where_activations_are():
    three = result("levels_3", (98, 98), 20, {"adder": 10.0})
    away = " ".join(foundations(rank(study(three, FP32), 0.005)))
    assert "activations pass through the DRAM" in away
    here = [replace(one, activations_on_chip=True) for one in (three, FP32)]
    told = " ".join(foundations(rank(study(*here), 0.005)))
    assert "activations stay in shared_sram between operators" in told


def test_memories_slower_than_their_cycles_are_named():
    assert "an access takes longer" not in said_of(FP32)  # the technology does not say
    ranking = rank(study(FP32), 0.005)
    pricing = ranking.study.pricing
    # 3 ns at any size: scratchpads have a cycle of 2 ns, shared_sram two
    rows = replace(pricing.technology.sram["lstp"], access_law=PowerLaw(3.0, 1, 1, 0.0, 0.0))
    slow = replace(pricing, technology=replace(pricing.technology, sram={"lstp": rows}))
    said = " ".join(foundations(replace(ranking, study=replace(ranking.study, pricing=slow))))
    assert (
        "Cycles are counted as the machine's file says, but an access takes longer than that in "
        "weight_scratchpad (3.00 ns in 2.00 ns), input_scratchpad (3.00 ns in 2.00 ns), "
        "output_scratchpad (3.00 ns in 2.00 ns)." in said
    )
