import math

import pytest

from lowbit_sim.training.models import build_model
from lowbit_sim.training.optimisation import is_step, optimisation, rate_factor


def test_only_weights_decay_and_steps_have_rates_in_proportion_to_themselves(make_spec):
    spec = make_spec("vit")  # the factor is 0.1
    model = build_model(spec, "levels_3")
    model.head.weight_step.data[:5] = 3.0  # the other five are 1
    optimiser, _ = optimisation(model, spec.recipe, 0.01, 10)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = {}
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            groups[names[id(parameter)]] = (group["initial_lr"], group["weight_decay"])
    assert len(groups) == len(names)
    assert groups["embed.weight"] == groups["blocks.0.attention.qkv.weight"] == (0.01, 0.01)
    assert groups["position"] == groups["norm.weight"] == groups["head.bias"] == (0.01, 0.0)
    assert groups["head.weight_step"] == (pytest.approx(0.01 * 0.1 * 2), 0.0)
    assert groups["blocks.0.attention.quantise_query.step"] == (pytest.approx(0.001), 0.0)


def test_steps_are_told_by_their_names():
    assert is_step("head.weight_step")
    assert is_step("head.quantise_input.step")
    assert not is_step("head.weight")
    assert not is_step("step.weight")


def test_the_rate_rises_linearly_then_falls_as_a_half_cosine():
    # 20 batches, of which a quarter warm up; then 15 along the cosine
    rates = [rate_factor(done, 20, 0.25) for done in range(20)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5:] == pytest.approx([0.5 + 0.5 * math.cos(math.pi * i / 15) for i in range(15)])


def test_the_schedule_follows_the_rate(make_spec):
    spec = make_spec("fcnn", warmup_fraction=0.5)
    optimiser, schedule = optimisation(build_model(spec, "fp32"), spec.recipe, 0.01, 4)
    seen = []
    for _ in range(4):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert seen == pytest.approx([0.005, 0.01, 0.01, 0.005])
