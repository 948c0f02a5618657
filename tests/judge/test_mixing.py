import pytest
from made_mixing import LOSSES, made, write_losses
from made_runs import ROOT

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.mixing import choices, compared, mean_losses, rank_correlation, trained
from lowbit_sim.judge.mixing_files import read_losses
from lowbit_sim.workload.run_key import run_key

#: 5 levels lose so much in front that few levels are within their budget
GENEROUS = {**LOSSES, ("1", "levels_5"): 0.03}


def test_every_question_is_answered_in_the_order_of_the_file(tmp_path):
    machines = [str(ROOT / "arch_specs" / f"{name}.yaml") for name in ("int8_packed", "ternary_pe")]
    mixing = made(tmp_path, accelerators=machines, estimates=["measured", "second_order"])
    asked = [
        (one.question.accelerator.stem, one.question.objective, one.question.estimate)
        for one in choices(mixing)
    ]
    assert asked == [
        (machine, objective, estimate)
        for machine in ("int8_packed", "ternary_pe")
        for objective in ("energy", "memory")
        for estimate in ("measured", "second_order")
    ]


def test_a_mixture_keeps_the_budget_and_costs_less_by_the_simulator(tmp_path):
    mixing = made(tmp_path)
    write_losses(mixing, GENEROUS)
    for one in choices(mixing):
        assert one.choice.budget == pytest.approx(0.03 + 0.01)
        assert one.choice.estimated_loss <= one.choice.budget
        assert one.choice.formats == ("levels_2", "int8")
        assert one.choice.estimated_ratio < 1


def test_what_is_trained_is_every_network_that_is_compared_and_all_uniform_ones(tmp_path):
    mixing = made(tmp_path)
    network = mixing.networks[0]
    uniform = ("levels_2", "levels_3", "levels_5", "fp32")
    # the budget leaves only the reference itself
    assert set(compared(mixing, choices(mixing))) == {run_key(network, "levels_5", 0)}
    wanted = trained(mixing, choices(mixing))
    assert set(wanted) == {run_key(network, name, 0) for name in uniform}
    write_losses(mixing, {**LOSSES, ("1", "levels_5"): 0.5})
    (mixed,) = {one.choice.formats for one in choices(mixing)}
    assert mixed == ("levels_2", "levels_3")
    assert len(compared(mixing, choices(mixing))) == 3  # the mixture, the reference, the rival
    assert len(trained(mixing, choices(mixing))) == 1 + len(uniform)


def test_losses_are_means_over_seeds(tmp_path):
    mixing = made(tmp_path)
    rows = read_losses(mixing)
    assert mean_losses(rows, "tiny", "measured") == pytest.approx(LOSSES)
    doubled = {place: 2 * loss for place, loss in LOSSES.items()}
    assert mean_losses(rows, "tiny", "second_order") == pytest.approx(doubled)
    assert mean_losses(rows, "other", "measured") == {}
    assert rank_correlation(rows, "tiny") == pytest.approx(1)


def test_an_infeasible_budget_says_what_is_feasible(tmp_path):
    mixing = made(tmp_path, budget_nat=0.001)
    with pytest.raises(SpecError) as caught:
        choices(mixing)
    assert "tiny on ternary_pe: no assignment loses 0.001 or less" in str(caught.value)
    assert "the least that can be lost is 0.01" in str(caught.value)
    assert str(caught.value).startswith(f"{mixing.path}: ")


def test_a_machine_that_refuses_the_reference_is_told(tmp_path):
    machine = str(ROOT / "arch_specs" / "ternary_popcount.yaml")
    mixing = made(tmp_path, accelerators=[machine])
    with pytest.raises(SpecError, match="tiny on ternary_popcount: the machine refuses"):
        choices(mixing)
