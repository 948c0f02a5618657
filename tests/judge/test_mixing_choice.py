"""Choices against a hand-made table of costs and an enumeration of all mixtures."""

import itertools
from dataclasses import replace

import pytest
from made_mixing import LOSSES, WEIGHTS, study_text

from lowbit_sim.judge.assignment import InfeasibleError
from lowbit_sim.judge.mixing_choice import Offer, choose, cost_ratio
from lowbit_sim.judge.mixing_spec import load_mixing
from lowbit_sim.judge.network_cost import Expense, NetworkCost

FORMATS = ("levels_2", "levels_3", "levels_5", "int8")
#: energy, cycles, bits of each layer; other operators take 10 pJ, 5 cycles and 100 bit
LAYERS = {
    "levels_2": (Expense(10.0, 40, 1024), Expense(2.0, 4, 160)),
    "levels_3": (Expense(15.0, 40, 1700), Expense(3.0, 4, 260)),
    "levels_5": (Expense(25.0, 60, 2400), Expense(5.0, 6, 380)),
    "int8": (Expense(60.0, 200, 8192), Expense(12.0, 20, 1280)),
}


def cost(name):
    first, last = LAYERS[name]
    whole = Expense(
        10 + first.energy_pj + last.energy_pj,
        5 + first.cycles + last.cycles,
        100 + first.stored_bits + last.stored_bits,
    )
    return NetworkCost(whole, {"1": first, "3": last})


@pytest.fixture
def offer(tmp_path):
    network = load_mixing(study_text(tmp_path)).networks[0]
    costs = {name: cost(name) for name in FORMATS}
    return Offer(network, WEIGHTS, costs, ("levels_2", "levels_3", "levels_5"), "levels_5")


def test_the_budget_is_the_uniform_networks_and_its_ends_are_free(offer):
    # uniform: 5 levels and an int8 end lose 0.01 + 0.01; 3 levels in front lose 0.015 + 0.01
    found = choose(offer, LOSSES, "energy")
    assert found.budget == pytest.approx(0.02)
    assert found.formats == ("levels_5", "int8")
    assert found.mixture.spec.quantisation.layer_formats is None
    assert (found.rival, found.estimated_ratio) == ("levels_5", 1.0)


@pytest.mark.parametrize("objective", ["energy", "cycles", "memory"])
@pytest.mark.parametrize("spare", [0.0, 0.005, 0.3])
def test_no_mixture_within_the_budget_is_cheaper(offer, objective, spare):
    losses = {**LOSSES, ("1", "levels_5"): LOSSES["1", "levels_5"] + spare}
    found = choose(offer, losses, objective)
    part = {"energy": "energy_pj", "memory": "stored_bits"}.get(objective, objective)

    def sums(formats):
        places = list(zip(("1", "3"), formats, strict=True))
        paid = sum(getattr(offer.costs[name].layers[layer], part) for layer, name in places)
        return paid, sum(losses[place] for place in places)

    within = [
        sums(formats)
        for formats in itertools.product(FORMATS, repeat=2)
        if sums(formats)[1] <= found.budget + 1e-12
    ]
    assert sums(found.formats) == pytest.approx(min(within))
    assert found.estimated_loss == pytest.approx(sums(found.formats)[1])


def test_the_stand_in_of_energy_times_delay_is_its_first_order_change(offer):
    # by hand: the reference takes 10 + 25 + 12 = 47 pJ and 5 + 60 + 20 = 85 cycles
    losses = {**LOSSES, ("1", "levels_5"): 0.5}
    found = choose(offer, losses, "energy_delay")
    assert found.formats == ("levels_2", "levels_3")
    layers = (10 + 3) / 47 + (40 + 4) / 85, (25 + 12) / 47 + (60 + 20) / 85
    assert found.estimated_ratio == pytest.approx(layers[0] / layers[1])
    mixed = (10 + 10 + 3) * (5 + 40 + 4)
    assert mixed < 47 * 85


def test_the_rival_is_the_cheapest_uniform_network_within_the_budget(offer):
    losses = {**LOSSES, ("1", "levels_5"): 0.016}  # now 3 levels lose less than 5
    found = choose(offer, losses, "energy")
    assert found.rival == "levels_3"
    losses = {**LOSSES, ("1", "levels_5"): 0.02}  # and 2 levels as much
    assert choose(offer, losses, "energy").rival == "levels_2"


def test_a_refused_format_is_not_taken(offer):
    costs = {**offer.costs, "levels_2": None}
    losses = {**LOSSES, ("1", "levels_5"): 0.5}
    bare = Offer(offer.spec, WEIGHTS, costs, ("levels_3", "levels_5"), "levels_5")
    assert "levels_2" in choose(offer, losses, "memory").formats
    assert "levels_2" not in choose(bare, losses, "memory").formats


def test_a_machine_that_refuses_the_reference_has_no_budget(offer):
    bare = replace(offer, costs={**offer.costs, "int8": None})
    with pytest.raises(InfeasibleError, match="refuses int8, which levels_5 needs"):
        choose(bare, LOSSES, "energy")


def test_a_budget_that_is_stated_takes_the_place_of_the_references_loss(offer):
    found = choose(replace(offer, budget=0.425), LOSSES, "memory")
    assert (found.formats, found.budget) == (("levels_2", "levels_3"), 0.425)
    assert found.rival == "levels_2"
    tight = choose(replace(offer, budget=0.015), LOSSES, "memory")
    assert (tight.formats, tight.rival) == (("int8", "int8"), "levels_5")
    with pytest.raises(InfeasibleError, match=r"loses 0\.005 or less.* lost is 0\.01"):
        choose(replace(offer, budget=0.005), LOSSES, "memory")


def test_a_ratio_is_of_the_sum_or_of_the_product():
    one, other = Expense(2.0, 30, 7), Expense(4.0, 20, 14)
    objectives = ("energy", "cycles", "memory", "energy_delay")
    ratios = [cost_ratio(objective, one, other) for objective in objectives]
    assert ratios == [0.5, 1.5, 0.5, 0.75]
