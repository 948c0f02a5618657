from pathlib import Path

import pytest
import torch
from torch.nn import functional

from lowbit_sim.training.layers import ActivationQuantiser, Cast, QuantisedWeight
from lowbit_sim.training.measuring import quantised_layers
from lowbit_sim.training.models import (
    Attention,
    LayerFormats,
    build_model,
    deployed_model,
    layer_formats,
)
from lowbit_sim.workload.data_spec import FileData
from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.spec import load_workload_spec

WORKLOADS = Path(__file__).parents[2] / "workloads"
FAMILIES = ["fcnn", "cvnn", "vit"]


def weights(model):
    return [part for part in model.modules() if isinstance(part, QuantisedWeight)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fcnn", 784 * 256 + 256 * 192 + 192 * 10),
        ("fcnn_small", 784 * 32 + 32 * 32 + 32 * 10),
        ("fcnn_digits", 64 * 128 + 128 * 128 + 128 * 10),
        ("cvnn", 9 * (1 * 16 + 16 * 48 + 48 * 96 + 96 * 96) + 96 * 10),
        ("cvnn_small", 9 * (1 * 8 + 8 * 16 + 16 * 24 + 24 * 32) + 32 * 10),
        ("cvnn_digits", 9 * (1 * 16 + 16 * 32 + 32 * 32 + 32 * 64) + 64 * 10),
        ("vit", 49 * 64 + 4 * (64 * 192 + 64 * 64 + 2 * 64 * 128) + 64 * 10),
        ("vit_small", 49 * 24 + 2 * (24 * 72 + 24 * 24 + 2 * 24 * 48) + 24 * 10),
        ("vit_digits", 4 * 64 + 3 * (64 * 192 + 64 * 64 + 2 * 64 * 128) + 64 * 10),
    ],
)
def test_the_delivered_networks_have_as_many_weights_as_a_hand_count(name, expected):
    studied = name.endswith(("_small", "_large"))
    folder = WORKLOADS.parent / "reports" / "networks" if studied else WORKLOADS
    model = build_model(load_workload_spec(folder / f"{name}.yaml"), "levels_3")
    assert sum(layer.weight.numel() for layer in weights(model)) == expected


@pytest.mark.parametrize(
    ("name", "weight_format", "expected"),
    [
        ("fcnn", "levels_5", ["levels_5", "levels_5", "int8"]),
        ("cvnn", "levels_5", ["int8", *["levels_5"] * 3, "int8"]),
        ("vit_digits", "levels_5", ["int8", *["levels_5"] * 12, "int8"]),
        ("cvnn", "bf16", ["bf16"] * 5),
        ("vit", "fp32", ["fp32"] * 18),
    ],
)
def test_the_ends_follow_their_rule_and_floats_know_no_ends(name, weight_format, expected):
    model = build_model(load_workload_spec(WORKLOADS / f"{name}.yaml"), weight_format)
    assert [layer.weight_format for layer in weights(model)] == expected


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("weight_format", ["levels_4", "int8", "bf16", "fp32"])
def test_every_family_maps_images_to_ten_logits(make_spec, family, weight_format):
    model = build_model(make_spec(family), weight_format).eval()
    assert model(torch.rand(3, 1, 8, 8)).shape == (3, 10)


@pytest.mark.parametrize("family", FAMILIES)
def test_shared_parameters_have_the_same_names_in_every_format(make_spec, family):
    plain = build_model(make_spec(family), "fp32").state_dict().keys()
    low = build_model(make_spec(family), "levels_3").state_dict().keys()
    assert plain < low
    assert {name.rpartition(".")[2] for name in low - plain} == {"weight_step", "step"}
    assert build_model(make_spec(family), "bf16").state_dict().keys() == plain


def test_a_transformer_quantises_the_input_of_every_product(make_spec):
    # embedding, head, and per block: qkv, project, expand, contract, and the four operands of
    # the two products of activations
    low = build_model(make_spec("vit"), "levels_3")
    kinds = [type(part) for part in low.modules()]
    assert kinds.count(ActivationQuantiser) == 2 + 4 + 4
    half = [type(part) for part in build_model(make_spec("vit"), "bf16").modules()]
    assert half.count(Cast) == 2 + 4 + 4
    assert ActivationQuantiser not in half


def test_attention_agrees_with_torchs_own():
    torch.manual_seed(0)
    attention = Attention(8, 2, LayerFormats("fp32", "fp32", "fp32", "fp32"))
    x = torch.randn(3, 5, 8)
    heads = attention.qkv(x).chunk(3, dim=-1)
    query, key, value = (part.reshape(3, 5, 2, 4).transpose(1, 2) for part in heads)
    mixed = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
    expected = attention.project(mixed.transpose(1, 2).reshape(3, 5, 8))
    torch.testing.assert_close(attention(x), expected)


def test_the_query_starts_with_the_factor_of_attention():
    torch.manual_seed(0)
    plain = torch.nn.Linear(8, 24)
    torch.manual_seed(0)
    attention = Attention(8, 2, LayerFormats("fp32", "fp32", "fp32", "fp32"))
    torch.testing.assert_close(attention.qkv.weight[:8], plain.weight[:8] / 2)  # sqrt of 4
    torch.testing.assert_close(attention.qkv.weight[8:], plain.weight[8:])


def test_the_formats_around_a_weight_format(make_spec):
    quantisation = make_spec("fcnn").quantisation
    assert layer_formats(quantisation, "levels_2") == LayerFormats(
        "levels_2", "levels_2", "int8", "int8"
    )
    assert layer_formats(quantisation, "bf16") == LayerFormats("bf16", "bf16", "bf16", "bf16")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_quantiser_is_one_node_of_the_exported_graph(make_spec, family):
    model = build_model(make_spec(family), "levels_3").eval()
    layers = len(weights(model))
    quantisers = sum(isinstance(part, ActivationQuantiser) for part in model.modules())
    exported = torch.export.export(model, (torch.rand(1, 1, 8, 8),), strict=False)
    targets = [str(node.target) for node in exported.graph.nodes]
    assert targets.count("lowbit_sim.quant_weight.default") == layers
    assert targets.count("lowbit_sim.quant_act.default") == quantisers


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32), (3, 64), (1, 28)])
def test_every_family_takes_grey_and_colour_images_of_other_sides(
    make_spec, family, channels, side
):
    spec = make_spec(family)
    data = FileData(
        dataset="npz", path="x", image_channels=channels, image_side=side, classes=7,
        validation_fraction=0.0, split_seed=0,
    )  # fmt: skip
    model = build_model(spec.model_copy(update={"data": data}), "levels_3").eval()
    assert model(torch.rand(2, channels, side, side)).shape == (2, 7)


def test_the_recipe_is_that_of_the_body_and_ends_keep_learned_steps(make_spec):
    spec = make_spec("cvnn", quantiser={"step": "absmean", "granularity": "tensor"})
    first, body, last = weights(build_model(spec, "levels_3"))
    assert (first.step_source, body.step_source, last.step_source) == (
        "learned", "absmean", "learned",
    )  # fmt: skip
    assert (first.weight_step.shape[0], body.weight_step.shape[0]) == (4, 1)


def test_a_deployed_network_has_a_step_for_each_channel_whatever_the_recipe(make_spec):
    spec = make_spec("cvnn", quantiser={"step": "absmean", "granularity": "tensor"})
    plain = make_spec("cvnn")
    shapes = {n: v.shape for n, v in deployed_model(spec, "levels_3").state_dict().items()}
    assert shapes == {n: v.shape for n, v in build_model(plain, "levels_3").state_dict().items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_are_called_as_the_workload_calls_them(make_spec, family):
    spec = make_spec(family)
    assert tuple(quantised_layers(build_model(spec, "levels_3"))) == layer_names(spec.model)


def with_layers(spec, **own):
    formats = {name.replace("_", "."): given for name, given in own["formats"].items()}
    quantisation = spec.quantisation.model_copy(update={"layer_formats": formats})
    return spec.model_copy(update={"quantisation": quantisation})


def test_a_layer_takes_the_format_and_the_quantiser_that_it_is_given(make_spec):
    recipe = {"quantiser": {"granularity": "tensor"}}
    plain = make_spec("cvnn", **recipe)
    mixed = with_layers(plain, formats={"0": "levels_5", "9": "levels_2"})
    before = quantised_layers(build_model(plain, "levels_3"))
    after = quantised_layers(build_model(mixed, "levels_3"))
    assert [layer.weight_format for layer in before.values()] == ["int8", "levels_3", "int8"]
    assert [layer.weight_format for layer in after.values()] == ["levels_5", "levels_3", "levels_2"]
    assert [layer.granularity for layer in before.values()] == ["channel", "tensor", "channel"]
    assert {layer.granularity for layer in after.values()} == {"tensor"}


def test_formats_of_layers_leave_floats_and_the_order_of_parameters_alone(make_spec):
    plain = make_spec("vit")
    mixed = with_layers(plain, formats={"embed": "levels_5", "blocks_0_expand": "levels_2"})
    for weight_format in ("levels_3", "fp32"):
        one, other = (build_model(spec, weight_format) for spec in (plain, mixed))
        assert list(one.state_dict()) == list(other.state_dict())
    assert {layer.weight_format for layer in weights(build_model(mixed, "fp32"))} == {"fp32"}
