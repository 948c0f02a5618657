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
    fix_input_step,
)
from lowbit_sim.training.models import build_model
from lowbit_sim.workload.recipe_spec import QuantiserSpec


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
    torch.manual_seed(0)
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


def quantiser(**knobs):
    plain = {"step": "learned", "granularity": "channel", "gradient_mask": "none"}
    return QuantiserSpec(**plain | knobs, step_learning_rate_factor=1.0)


def test_a_step_for_the_whole_tensor():
    layer = QuantLinear(3, 4, "levels_5", "int8")
    layer.set_quantiser(quantiser(granularity="tensor"))
    layer.choose_weight_step()
    assert layer.weight_step.shape == (1, 1)
    assert isinstance(layer.weight_step, nn.Parameter)
    conv = QuantConv2d(2, 4, 3, "levels_5", "int8")
    conv.set_quantiser(quantiser(granularity="tensor", step="absmean"))
    conv.choose_weight_step()
    assert conv.weight_step.shape == (1, 1, 1, 1)
    assert "weight_step" in dict(conv.named_buffers())


def test_absmean_follows_the_weights_while_they_train_and_stays_afterwards():
    layer = QuantLinear(2, 2, "levels_3", "int8")
    layer.set_quantiser(quantiser(step="absmean"))
    layer.weight.data = torch.tensor([[1.0, -3.0], [0.5, 0.1]])
    layer.train()
    # the steps are 2 and 0.3: weights round to 0 or 1 steps (a tie goes to the lower level)
    expected = torch.tensor([[0.0, -2.0], [0.3, 0.0]])
    torch.testing.assert_close(layer.rounded_weight(), expected)
    layer.eval()
    layer.weight.data *= 10
    assert layer.weight_step.flatten().tolist() == pytest.approx([2.0, 0.3])


def test_a_floating_point_layer_knows_no_quantiser():
    layer = QuantLinear(2, 2, "fp32", "fp32")
    layer.set_quantiser(quantiser(step="absmean"))
    layer.choose_weight_step()
    assert not hasattr(layer, "weight_step")
    with pytest.raises(ValueError, match="fp32 has no levels"):
        layer.codes()


def test_a_mask_is_for_training_alone():
    layer = QuantLinear(2, 1, "levels_2", "int8")
    layer.set_quantiser(quantiser(gradient_mask="clip"))
    layer.weight.data = torch.tensor([[0.5, 5.0]])
    layer.weight_step.data = torch.ones(1, 1)
    layer.train()
    layer.rounded_weight().sum().backward()
    assert layer.weight.grad.tolist() == [[1.0, 0.0]]


def test_codes_are_indices_into_the_levels():
    layer = QuantLinear(4, 1, "levels_4", "int8")
    layer.weight.data = torch.tensor([[-9.0, -1.0, 1.2, 2.5]])
    assert layer.codes().tolist() == [[0, 1, 2, 3]]


def test_a_codebook_layer_has_at_most_as_many_values_as_its_codebook():
    torch.manual_seed(0)
    layer = QuantLinear(50, 20, "levels_3", "int8")
    layer.set_quantiser(quantiser(step="codebook"))
    layer.choose_weight_step()
    assert layer.codebook.tolist() == pytest.approx([-1.224, 0, 1.224], abs=1e-3)
    layer.codebook.data = torch.tensor([-1.0, 0.3, 1.5])
    ratio = layer.rounded_weight() / layer.weight_step
    assert sorted(set(ratio.flatten().tolist())) == pytest.approx([-1.0, 0.3, 1.5])
    assert torch.equal(layer.codebook[layer.codes()], ratio)


def test_only_the_step_of_the_image_is_fixed(make_spec):
    model = build_model(make_spec("vit"), "levels_3")
    fix_input_step(model)
    steps = [p.step for p in model.modules() if isinstance(p, ActivationQuantiser)]
    assert [step.requires_grad for step in steps] == [False] + [True] * (len(steps) - 1)
    assert steps[0] is model.embed.quantise_input.step
