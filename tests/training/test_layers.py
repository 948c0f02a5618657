import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.training.layers import (
    ActivationQuantiser,
    Cast,
    QuantConv2d,
    QuantisedWeight,
    QuantLinear,
    activation_quantiser,
    calibration,
)
from lowbit_sim.training.models import build_model


def weights(model):
    return [part for part in model.modules() if isinstance(part, QuantisedWeight)]


def test_quantised_weights_have_at_most_as_many_values_as_levels(make_spec):
    model = build_model(make_spec("cvnn"), "levels_7_pow2")
    layer = weights(model)[1]
    layer.choose_weight_step()
    ratio = (layer.rounded_weight() / layer.weight_step).round().unique()
    assert set(ratio.tolist()) <= {-4, -2, -1, 0, 1, 2, 4}
    assert len(ratio) > 3


def test_steps_of_activations_are_chosen_once_and_then_stay(make_spec):
    model = build_model(make_spec("fcnn"), "levels_3").eval()
    quantisers = [part for part in model.modules() if isinstance(part, ActivationQuantiser)]
    with torch.no_grad(), calibration(model):
        model(torch.rand(9, 1, 8, 8))
    chosen = [part.step.item() for part in quantisers]
    assert chosen[0] == pytest.approx(1 / 127, rel=0.02)  # pixels from 0 to 1
    model(100 * torch.rand(9, 1, 8, 8))
    assert [part.step.item() for part in quantisers] == chosen


def test_calibration_ends_with_its_block_also_after_an_error():
    quantiser = ActivationQuantiser("int8")

    def fail_while_calibrating():
        with calibration(nn.Sequential(quantiser)):
            assert quantiser.calibrating
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_while_calibrating()
    assert not quantiser.calibrating


def test_a_linear_layer_by_hand():
    layer = QuantLinear(2, 2, "levels_3", "int8")
    layer.weight.data = torch.tensor([[0.9, -0.2], [-3.0, 1.1]])
    layer.weight_step.data = torch.tensor([[1.0], [2.0]])
    layer.bias.data = torch.tensor([0.5, 0.0])
    layer.quantise_input.step.data = torch.tensor(0.25)
    # weights round to [1 0] and 2*[-1 1]; inputs 0.6, 1.4 round to 0.5, 1.5 (2 and 6 steps)
    assert layer(torch.tensor([0.6, 1.4])).tolist() == [1.0, 2.0]


def test_a_convolution_by_hand():
    layer = QuantConv2d(1, 1, 2, "levels_2", "int8", stride=2)
    layer.weight.data = torch.tensor([[[[0.3, -0.1], [2.0, -5.0]]]])
    layer.weight_step.data = torch.full((1, 1, 1, 1), 0.5)
    layer.bias.data = torch.tensor([0.0])
    layer.quantise_input.step.data = torch.tensor(1.0)
    # weights are 0.5 * [[1 -1] [1 -1]]: half the left column less half the right
    image = torch.tensor([[[[4.0, 2.0, 1.0, 0.0], [6.0, 0.0, 1.0, 4.0]]]])
    assert layer(image).tolist() == [[[[4.0, -1.0]]]]


@pytest.mark.parametrize("weight_format", ["fp32", "bf16"])
def test_floating_point_layers(weight_format):
    layer = QuantLinear(3, 2, weight_format, weight_format)
    x = torch.randn(4, 3)
    weight = layer.weight.detach()
    if weight_format == "bf16":
        x_seen, weight = x.bfloat16().float(), weight.bfloat16().float()
    else:
        x_seen = x
    assert torch.equal(layer(x), functional.linear(x_seen, weight, layer.bias))
    assert not hasattr(layer, "weight_step")


def test_the_module_for_an_activation_format():
    kinds = {name: type(activation_quantiser(name)) for name in ("fp32", "bf16", "int8")}
    assert kinds == {"fp32": nn.Identity, "bf16": Cast, "int8": ActivationQuantiser}
    with pytest.raises(Exception, match="unknown number format 'int4'"):
        activation_quantiser("int4")
