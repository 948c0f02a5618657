import pytest
from made_runs import BETTER, FP32, OPEN, SAME, WORSE, arm

from lowbit_sim.study.analyses.bit_width import ARM_NAMES, analyse, is_low_bit

MARGIN = 0.005
NAMES = ("levels_2", "levels_3", "levels_5", "levels_9", "fp32")


def network(name, two=WORSE, three=WORSE, five=WORSE, nine=SAME):
    return arm(name, dict(zip(NAMES, (two, three, five, nine, FP32), strict=True)))


def comparable(*arms):
    return analyse(arms, MARGIN).comparable.verdict


def balance(*arms):
    return analyse(arms, MARGIN).balance.verdict


@pytest.mark.parametrize("good", [SAME, BETTER])
def test_comparable_is_supported_if_every_large_network_shows_it(good):
    shown, small = network("fcnn_large", three=good), network("fcnn_small")
    assert comparable(shown, small) == "supported"
    # nine levels are too many
    assert comparable(network("fcnn_large", nine=good)) == "not supported"
    assert comparable(shown, network("vit_large", five=good)) == "supported"


def test_comparable_is_not_supported_if_one_family_refutes_it():
    assert comparable(network("fcnn_large", five=SAME), network("vit_large")) == "not supported"


def test_comparable_is_undecided_if_a_family_shows_nothing():
    shown = network("fcnn_large", five=SAME)
    assert comparable(shown, network("vit_large", two=OPEN)) == "undecided"
    assert comparable(shown, arm("vit_large", {}, formats=NAMES)) == "undecided"
    assert comparable(shown, network("vit_small", two=SAME)) == "undecided"
    # of five levels nothing is known, so not all are worse
    partial = arm("vit_large", {"levels_2": WORSE, "fp32": FP32}, formats=NAMES)
    assert comparable(shown, partial) == "undecided"


def test_families_say_which():
    found = analyse([network("fcnn_large", five=SAME), network("vit_large")], MARGIN)
    assert found.families == {"fcnn": "shown", "vit": "refuted"}
    assert found.arms[0].comparable == ("levels_5", "levels_9")
    assert (found.arms[0].family, found.arms[0].scale) == ("fcnn", "large")


def test_five_levels_are_best_where_they_are_the_smallest_comparable():
    best, not_best = network("a_small", five=SAME), network("b_small", three=SAME, five=SAME)
    assert [one.five_levels for one in analyse([best, not_best], MARGIN).arms] == [
        "best",
        "not best",
    ]
    assert balance(*3 * [best]) == "supported"
    assert balance(*2 * [best]) == "undecided"
    assert balance(*3 * [not_best]) == "not supported"
    # neither more than half
    assert balance(best, best, not_best, not_best) == "undecided"


def test_worse_five_levels_are_not_best_and_open_ones_are_open():
    assert balance(*3 * [network("a_small")]) == "not supported"
    assert balance(*3 * [network("a_small", five=OPEN)]) == "undecided"
    # better counts as comparable
    assert balance(*3 * [network("a_small", five=BETTER)]) == "supported"


def test_arms_without_runs_count_as_open():
    best, empty = network("a_small", five=SAME), arm("b_small", {}, formats=NAMES)
    assert balance(best, empty, empty) == "undecided"
    assert balance(best, best, empty) == "supported"
    assert len(analyse([best, empty], MARGIN).arms) == 1


def test_memory_by_hand():
    (found,) = analyse([network("a_small", five=SAME)], MARGIN).arms
    # 100 weights of 32 bit, and of 4
    assert found.memory_factor == 8
    # nine levels need as many bits as five here, and are as accurate: neither beats the other
    assert found.pareto == ("levels_2", "levels_5", "levels_9")
    assert found.smallest == "levels_5"
    (without,) = analyse([arm("a_small", {"levels_2": SAME, "fp32": FP32})], MARGIN).arms
    assert without.memory_factor is None


def test_low_bit_means_at_most_five_levels():
    low = [name for name in (*NAMES, "levels_4_zero", "int8") if is_low_bit(name)]
    assert low == ["levels_2", "levels_3", "levels_5", "levels_4_zero"]


def test_arm_names():
    assert ARM_NAMES.parts("my_net_small") == {"family": "my_net", "scale": "small"}
    assert ARM_NAMES.parts("vit_medium") is None
