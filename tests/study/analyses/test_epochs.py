import pytest
from made_runs import FP32, OPEN, SAME, WORSE, arm

from lowbit_sim.study.analyses.epochs import ARM_NAMES, analyse

MARGIN = 0.005
#: loses more than the margin in the mean, without being shown to
LUCK = (91, 91, 87)


def network(name, **by_epochs):
    """Return an arm for every budget; `by_epochs` maps e1, e2, … to what two levels reach."""
    return [
        arm(f"{name}_{epochs[1:]}", {"levels_2": reached, "fp32": FP32}, epochs=int(epochs[1:]))
        for epochs, reached in by_epochs.items()
    ]


def verdict(*networks):
    return analyse([one for arms in networks for one in arms], MARGIN).answer.verdict


def needs(**by_epochs):
    (found,) = analyse(network("a_small", **by_epochs), MARGIN).networks
    return found.need_by_means("levels_2"), found.need_by_tests("levels_2")


def test_needs_are_the_shortest_budget_from_which_on_it_holds():
    assert needs(e1=WORSE, e2=SAME, e4=SAME) == (2, 2)
    assert needs(e1=SAME, e2=SAME, e4=SAME) == (1, 1)
    assert needs(e1=WORSE, e2=WORSE, e4=WORSE) == (None, None)
    # what holds once and not later does not hold
    assert needs(e1=SAME, e2=WORSE, e4=SAME) == (4, 4)
    assert needs(e1=SAME, e2=SAME, e4=WORSE) == (None, None)


def test_means_say_more_than_tests():
    # losses -3, 0, 3: none in the mean, but nothing is shown
    assert needs(e1=OPEN, e2=SAME) == (1, 2)
    # losses -1, 0, 5: 1.33 in the mean
    assert needs(e1=LUCK, e2=SAME) == (2, 2)


def test_budgets_are_in_the_order_of_epochs():
    arms = network("a_small", e16=SAME, e2=WORSE, e4=SAME)
    (found,) = analyse(arms, MARGIN).networks
    assert [budget.epochs for budget in found.budgets] == [2, 4, 16]
    assert found.need_by_tests("levels_2") == 4
    assert found.at(4).losses["levels_2"] == (0, 0, 0)
    assert found.at(3) is None


def test_a_budget_without_runs_is_passed_over():
    arms = network("a_small", e1=SAME, e4=SAME)
    arms.insert(1, arm("a_small_2", {"levels_2": WORSE}, epochs=2))
    assert analyse(arms, MARGIN).networks[0].need_by_tests("levels_2") == 1


def test_supported_if_the_small_network_needs_more():
    small, large = network("a_small", e1=WORSE, e2=SAME), network("a_large", e1=SAME, e2=SAME)
    found = analyse([*small, *large], MARGIN)
    (pair,) = found.pairs
    assert (pair.small_need, pair.large_need, pair.need) == (2, 1, "more")
    # losses 10, 10, 10 beside 0, 0, 0
    assert pair.p_small_loses_more == 0
    assert found.answer.verdict == "supported"


def test_not_supported_if_it_needs_not_more():
    same = network("a_small", e1=WORSE, e2=SAME), network("a_large", e1=WORSE, e2=SAME)
    assert verdict(*same) == "not supported"
    assert verdict(network("a_small", e1=SAME), network("a_large", e1=SAME)) == "not supported"
    # the large one is never shown to be within the margin: it may not have been tried long enough
    assert verdict(network("a_small", e1=SAME), network("a_large", e1=WORSE)) == "undecided"


def test_undecided_if_nothing_is_shown_or_pairs_disagree():
    large = network("a_large", e1=SAME, e2=SAME)
    # at one epoch the small network is not shown to lose more
    assert verdict(network("a_small", e1=OPEN, e2=SAME), large) == "undecided"
    assert verdict(network("a_small", e1=WORSE), network("a_large", e1=WORSE)) == "undecided"
    other = network("b_small", e1=SAME), network("b_large", e1=SAME)
    assert verdict(network("a_small", e1=WORSE, e2=SAME), large, *other) == "undecided"


def test_one_size_alone_is_no_pair():
    found = analyse(network("a_small", e1=SAME), MARGIN)
    assert found.pairs == ()
    assert found.answer.verdict == "undecided"
    assert analyse([arm("a_small_1", {}, epochs=1)], MARGIN).networks == ()


def test_the_test_between_sizes_by_hand():
    # losses 8, 10, 12 beside -0.1, 0, 0.1: t = 10 / √(4/3 + 0.01/3) with
    # (4/3 + 0.01/3)² / ((4/3)² / 2 + (0.01/3)² / 2) = 2.01 degrees of freedom
    small = network("a_small", e1=(82, 81, 80))
    large = network("a_large", e1=(90.1, 91, 91.9))
    (pair,) = analyse([*small, *large], MARGIN).pairs
    assert pair.large_need == 1
    assert pair.p_small_loses_more == pytest.approx(0.0065, abs=3e-4)
    assert pair.need == "more"


def test_arm_names():
    parts = {"family": "fcnn", "scale": "small", "epochs": "16"}
    assert ARM_NAMES.parts("fcnn_small_16") == parts
    assert ARM_NAMES.parts("fcnn_small") is None
