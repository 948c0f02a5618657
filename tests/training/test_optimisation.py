import math

import pytest

from lowbit_sim.training.layers import fix_input_step
from lowbit_sim.training.models import build_model
from lowbit_sim.training.optimisation import is_step, optimiser_of, rate_factor, set_rates


def test_only_weights_decay_and_steps_have_rates_in_proportion_to_themselves(make_spec):
    spec = make_spec("vit")  # the factor is 0.1
    model = build_model(spec, "levels_3")
    model.head.weight_step.data[:5] = 3.0  # the other five are 1
    optimiser = optimiser_of(model, spec.recipe, 0.01)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = {}
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            groups[names[id(parameter)]] = (group["highest_rate"], group["weight_decay"])
    assert len(groups) == len(names)
    assert groups["embed.weight"] == groups["blocks.0.attention.qkv.weight"] == (0.01, 0.01)
    assert groups["position"] == groups["norm.weight"] == groups["head.bias"] == (0.01, 0.0)
    assert groups["head.weight_step"] == (pytest.approx(0.01 * 0.1 * 2), 0.0)
    assert groups["blocks.0.attention.quantise_query.step"] == (pytest.approx(0.001), 0.0)


def test_steps_are_told_by_their_names():
    assert is_step("head.weight_step")
    assert is_step("head.quantise_input.step")
    assert is_step("head.codebook")
    assert not is_step("head.weight")
    assert not is_step("step.weight")


def test_the_rate_rises_linearly_then_falls_as_a_half_cosine():
    # 20 batches, of which a quarter warm up; then 15 along the cosine
    rates = [rate_factor(done, 20, 0.25) for done in range(20)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5:] == pytest.approx([0.5 + 0.5 * math.cos(math.pi * i / 15) for i in range(15)])


def test_rates_are_parts_of_the_highest(make_spec):
    spec = make_spec("fcnn")
    optimiser = optimiser_of(build_model(spec, "levels_3"), spec.recipe, 0.01)
    for factor in (0.5, 1.0, 0.25):
        set_rates(optimiser, factor)
        rates = [group["lr"] for group in optimiser.param_groups]
        assert rates == [factor * group["highest_rate"] for group in optimiser.param_groups]
    assert optimiser.param_groups[0]["lr"] == 0.0025


def test_what_is_fixed_is_not_moved(make_spec):
    model = build_model(make_spec("fcnn"), "levels_3")
    fix_input_step(model)
    optimiser = optimiser_of(model, make_spec("fcnn").recipe, 0.01)
    moved = {id(p) for group in optimiser.param_groups for p in group["params"]}
    fixed = [name for name, p in model.named_parameters() if id(p) not in moved]
    assert fixed == ["1.quantise_input.step"]
