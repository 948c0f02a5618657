from pathlib import Path

import pytest

from lowbit_sim.frontends.networks import cutie, llama, mobilenet, resnet, vit
from lowbit_sim.frontends.networks.build import build_network
from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.workload import network_spec
from lowbit_sim.workload.network_spec import (
    CutieNetwork,
    LlamaNetwork,
    MobilenetNetwork,
    ResnetNetwork,
    VitNetwork,
    load_network_spec,
)

WORKLOADS = Path(__file__).parents[3] / "workloads"


@pytest.mark.parametrize(
    ("section", "variants"),
    [
        (ResnetNetwork, resnet.VARIANTS),
        (MobilenetNetwork, mobilenet.VARIANTS),
        (VitNetwork, vit.VARIANTS),
        (LlamaNetwork, llama.VARIANTS),
        (CutieNetwork, cutie.VARIANTS),
    ],
)
def test_every_variant_that_a_file_may_name_can_be_built(section, variants):
    assert section.model_fields["variant"].annotation.__args__ == tuple(variants)


def test_the_variants_of_one_table_are_those_whose_ends_must_be_equal():
    shared = [name for name, shape in llama.VARIANTS.items() if shape.shared_table]
    assert shared == [name for name in llama.VARIANTS if name.startswith(network_spec._SHARING)]


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "vit_ti", "llama_decode"])
def test_the_first_and_the_last_layer_are_int8_and_all_others_are_the_body(name):
    model, inputs = build_network(load_network_spec(WORKLOADS / f"{name}.yaml"), "levels_5")
    layers = [part for part in model.modules() if isinstance(part, QuantisedWeight)]
    formats = [layer.weight_format for layer in layers]
    assert formats == ["int8", *["levels_5"] * (len(layers) - 2), "int8"]
    assert all(parameter.is_meta for parameter in model.parameters())
    assert inputs[0].is_meta


def test_a_floating_point_network_has_one_format_and_no_steps():
    model, _ = build_network(load_network_spec(WORKLOADS / "vit_ti.yaml"), "fp32")
    assert not [name for name, _ in model.named_parameters() if name.endswith("step")]


@pytest.mark.parametrize("weight_format", ["levels_2", "levels_3"])
def test_ends_that_are_the_same_are_the_body_too(weight_format):
    spec = load_network_spec(WORKLOADS / "cutie_cifar10.yaml")
    model, (trits,) = build_network(spec, weight_format)
    layers = [part for part in model.modules() if isinstance(part, QuantisedWeight)]
    assert {layer.weight_format for layer in layers} == {weight_format}
    assert trits.shape == (1, 96, 32, 32)
