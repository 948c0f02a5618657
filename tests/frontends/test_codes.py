import numpy as np
import pytest
import torch
from torch import nn

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.activations import captured_operands
from lowbit_sim.frontends.codes import codes_of, product_sums
from lowbit_sim.frontends.exported import export, network_outputs
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.quantizers import quant_act


def captured(model, image):
    return captured_operands(model, image, trace(model, image, "toy", "levels_3"))


def test_results_over_their_steps_are_rounded():
    result = torch.tensor([[0.7499, -1.2501], [0.0, 30.0]])
    assert product_sums(result, 0.25).tolist() == [[3, -5], [0, 120]]


def test_codes_are_the_nearest_levels(parts):
    exported = export(parts["Int8"](), (torch.zeros(1, 4),))
    (node,) = network_outputs(exported)
    step = torch.tensor(0.1)
    held = quant_act(torch.tensor([[0.26, -0.11, 100.0, -100.0]]), step, -128, 127)
    codes, found_step = codes_of(exported, {node: held}, node)
    assert codes.tolist() == [[3, -1, 127, -128]]
    assert found_step == step.item()
    with pytest.raises(SpecError, match="no whole numbers of their step"):
        codes_of(exported, {node: held + 0.01}, node)


def test_a_relu_between_quantiser_and_product_leaves_the_codes(parts):
    torch.manual_seed(3)
    model = parts["Lambda"](
        lambda own, x: own.layer(torch.relu(x)), layer=parts["LowBitLinear"](6, 4)
    )
    model.layer.quantise = nn.Identity()
    image = torch.randn(1, 3, 6)
    outer = parts["Lambda"](
        lambda own, x: own.inner(quant_act(x, own.step, -128, 127)),
        inner=model,
        step=nn.Parameter(torch.tensor(0.25)),
    )
    (found,) = captured(outer, image).values()
    nearest = torch.round(torch.relu(image) / 0.25).to(torch.int64).numpy()
    np.testing.assert_array_equal(found.inputs, nearest)


def test_operands_that_are_not_quantised_are_refused(parts):
    layer = parts["LowBitLinear"](6, 4)
    layer.quantise = nn.Identity()
    image = torch.randn(1, 3, 6)
    workload = trace(layer, image, "toy", "levels_3")
    with pytest.raises(SpecError, match="no quantiser of integers rounds"):
        captured_operands(layer, image, workload)
    with pytest.raises(SpecError, match="weights that no quantiser of integers"):
        captured(nn.Sequential(parts["Int8"](), nn.Linear(6, 4)), image)
