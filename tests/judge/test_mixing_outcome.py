import pytest
from made_mixing import LOSSES, made, write_losses, write_runs

from lowbit_sim.judge.mixing import choices
from lowbit_sim.judge.mixing_files import graph_of_run, run_graph_path
from lowbit_sim.judge.mixing_outcome import Duel, outcomes
from lowbit_sim.judge.network_cost import network_cost, priced
from lowbit_sim.study.comparison import compare, holm

GENEROUS = {**LOSSES, ("1", "levels_5"): 0.03}


@pytest.fixture
def judged(tmp_path):
    """Return the outcomes when mixtures reach so many per cent, 5 levels 90, by seed."""

    def judged(mixture_percents, losses=GENEROUS, **changes):
        mixing = made(tmp_path, **changes)
        write_losses(mixing, losses)

        def percent(one, seed):
            uniform = one.weight_format in {"levels_5", "fp32"}
            return [90.0, 90.5, 91.0][seed] if uniform else mixture_percents[seed]

        runs = write_runs(mixing, percent)
        return outcomes(mixing, choices(mixing), runs)

    return judged


@pytest.mark.parametrize(
    ("percents", "beats"),
    [
        ([90.0, 90.5, 91.0], "yes"),  # the same, shown by three equal losses
        ([92.0, 92.4, 93.1], "yes"),
        ([88.0, 88.6, 89.0], "no"),  # worse beyond doubt
        ([89.0, 91.5, 91.0], "undecided"),
    ],
)
def test_a_cheaper_mixture_beats_if_it_is_shown_to_lose_little(judged, percents, beats):
    found = judged(percents)
    assert {one.reference.beats for one in found.outcomes} == {beats}
    assert all(one.reference.ratio < 1 for one in found.outcomes)


def test_the_reference_itself_never_beats_itself(judged):
    for one in judged([95.0] * 3, losses=LOSSES).outcomes:
        assert one.chosen.choice.mixture.weight_format == "levels_5"
        assert (one.reference.ratio, one.reference.beats) == (1.0, "no")


def test_costs_are_those_of_the_trained_graphs(judged):
    found = judged([90.0, 90.5, 91.0])
    one = found.outcomes[0]
    pricing = priced(one.chosen.question.accelerator)
    keys = [one.chosen.choice.mixture.key(0), one.chosen.uniform("levels_5").key(0)]
    graphs = [graph_of_run(found.mixing, run_graph_path(found.mixing, key), key) for key in keys]
    mixed, uniform = (network_cost(graph, pricing).whole for graph in graphs)
    assert one.reference.ratio == pytest.approx(mixed.energy_pj / uniform.energy_pj, rel=1e-12)
    assert found.outcomes[1].reference.ratio == mixed.stored_bits / uniform.stored_bits


def test_tests_are_paired_over_seeds_and_adjusted_each_pair_once(judged):
    found = judged([89.9, 90.6, 90.8], objectives=["energy", "memory", "cycles"])
    mine = {0: 0.899, 1: 0.906, 2: 0.908}
    theirs = {0: 0.9, 1: 0.905, 2: 0.91}
    for one in found.outcomes:
        expected = compare("mixture", mine, "levels_5", theirs)
        assert one.reference.accuracy.loss_fraction == pytest.approx(expected.loss_fraction)
        assert one.reference.p_not_worse == pytest.approx(holm([expected.p_not_worse])[0])
    assert found.fractions(found.outcomes[0].chosen.choice.mixture) == pytest.approx(mine)


def test_a_mixture_as_dear_as_the_other_does_not_beat_it():
    accuracy = compare("mixture", dict.fromkeys(range(3), 0.95), "b", dict.fromkeys(range(3), 0.9))
    assert Duel("levels_5", 1.0, accuracy, 0.0, 0.0).beats == "no"
    assert Duel("levels_5", 0.99, accuracy, 0.0, 0.0).beats == "yes"
    # worse is only who loses: a mixture that is shown to be better is none
    assert Duel("levels_5", 0.99, accuracy, 0.5, 0.0).beats == "undecided"
