import hashlib
import math

import numpy as np
import pytest
import torch
from torch import nn

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.trace_workload import graph_path, trace_workload
from lowbit_sim.training.export import packed_checkpoint
from lowbit_sim.training.models import build_model
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.network_graph import load_network, network_graph_path
from lowbit_sim.workload.network_spec import load_network_spec, network_spec_hash
from lowbit_sim.workload.spec import load_workload_spec, spec_hash
from lowbit_sim.workload.store import read_graph, read_provenance

FORMATS = ("levels_4", "levels_5", "bf16", "fp32")
MODELS = {
    "fcnn": "{family: fcnn, hidden_features: [20]}",
    "cvnn": "{family: cvnn, stage_channels: [[4, 6], [8]]}",
    "vit": "{family: vit, patch_side: 4, width: 8, depth: 1, heads: 2, hidden_features: 12}",
}
SPEC = """
name: toy
description: A network too small to be trained.
data: {{dataset: digits, test_fraction: 0.3, validation_fraction: 0.0, split_seed: 0}}
model: {model}
quantisation:
  weight_formats: [{formats}]
  activation_format: int8
  first_layer: int8
  last_layer: same
recipe:
  pretraining: {{epochs: 1, learning_rate: 0.002}}
  finetuning: {{epochs: 1, learning_rate: 0.001}}
  batch_size: 64
  weight_decay: 0.01
  warmup_fraction: 0.05
  augmentation: {{max_shift_pixels: 1, flip: false, cutout_pixels: 0, noise_fraction: 0.0}}
  quantiser:
    {{step: learned, granularity: channel, gradient_mask: none, step_learning_rate_factor: 3.0}}
  batch_norm_images: 0
seeds: [0, 5]
"""


def untrained(spec, weight_format):
    """Give the network steps with which its random weights take several levels."""
    torch.manual_seed(11)
    model = build_model(spec, weight_format)
    for name, tensor in model.named_parameters():
        if name.endswith("weight_step"):
            tensor.data.uniform_(0.02, 0.2)
    return model


@pytest.fixture(params=MODELS)
def spec_path(request, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(SPEC.format(model=MODELS[request.param], formats=", ".join(FORMATS)))
    spec = load_workload_spec(path)
    for weight_format in FORMATS:
        state = untrained(spec, weight_format).state_dict()
        target = tmp_path / "toy" / f"{weight_format}.safetensors"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(packed_checkpoint(spec, weight_format, 5, state))
    return path


def test_every_checkpoint_becomes_a_graph(spec_path):
    trace_workload(spec_path)
    for weight_format in FORMATS:
        workload = read_graph(graph_path(spec_path, weight_format))
        assert (workload.name, workload.weight_format) == ("toy", weight_format)
        assert workload.ops[0].kind == "input"
        assert workload.ops[-1].n == 10


def test_statistics_are_those_of_the_stored_codes(spec_path):
    trace_workload(spec_path, ["levels_4", "levels_5"])
    for weight_format in ("levels_4", "levels_5"):
        checkpoint = load_packed(spec_path.parent / "toy" / f"{weight_format}.safetensors")
        workload = read_graph(graph_path(spec_path, weight_format))
        layers = [op for op in workload.ops if op.parameter]
        assert {op.parameter for op in layers} == set(checkpoint.packed)
        assert {op.weight for op in layers} == {"int8", weight_format}
        for op in layers:
            held = checkpoint.packed[op.parameter]
            counts = np.bincount(held.codes.ravel(), minlength=held.format.count)
            rows = np.count_nonzero(held.levels.reshape(op.batch * op.n, -1), axis=1)
            assert op.weight == held.format.name
            assert op.statistics.level_counts == tuple(counts)
            assert op.statistics.row_nonzeros == tuple(rows)
            assert np.count_nonzero(counts) > 1


def test_macs_against_hooks_on_the_running_layers(spec_path):
    trace_workload(spec_path, ["levels_5"])
    workload = read_graph(graph_path(spec_path, "levels_5"))
    model = untrained(load_workload_spec(spec_path), "levels_5").eval()
    macs = []

    def count(layer, _, output):
        macs.append(output.numel() * math.prod(layer.weight.shape[1:]))

    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            layer.register_forward_hook(count)
    model(torch.zeros(1, 1, 8, 8))
    # the two products of attention: 2 heads, 4 tokens, 4 features
    attention = 2 * (2 * 4 * 4 * 4) if "vit" in spec_path.read_text() else 0
    assert workload.macs == sum(macs) + attention


def test_one_floating_point_format_holds_throughout(spec_path):
    trace_workload(spec_path, ["bf16", "fp32"])
    for name in ("bf16", "fp32"):
        workload = read_graph(graph_path(spec_path, name))
        gemms = [op for op in workload.ops if op.is_gemm]
        assert {op.weight for op in gemms} == {op.activation for op in gemms} == {name}


def test_every_integer_product_reads_int8(spec_path):
    trace_workload(spec_path, ["levels_5"])
    gemms = [op for op in read_graph(graph_path(spec_path, "levels_5")).ops if op.is_gemm]
    assert {op.activation for op in gemms} == {"int8"}
    assert not [op for op in gemms if op.weight == "fp32"]


def test_the_graph_says_where_it_comes_from(spec_path):
    trace_workload(spec_path, ["levels_5"])
    checkpoint = spec_path.parent / "toy" / "levels_5.safetensors"
    assert read_provenance(graph_path(spec_path, "levels_5")) == {
        "checkpoint_sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
        "seed": 5,
        "spec_hash": spec_hash(load_workload_spec(spec_path)),
        "torch_version": torch.__version__.partition("+")[0],
    }


def test_the_same_bytes_again(spec_path):
    trace_workload(spec_path, ["levels_4"])
    before = graph_path(spec_path, "levels_4").read_bytes()
    trace_workload(spec_path, ["levels_4"])
    assert graph_path(spec_path, "levels_4").read_bytes() == before


@pytest.fixture
def fcnn_path(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(SPEC.format(model=MODELS["fcnn"], formats=", ".join(FORMATS)))
    return path


def test_a_missing_checkpoint_is_named(fcnn_path):
    with pytest.raises(SpecError, match=r"toy/levels_4\.safetensors: no such checkpoint"):
        trace_workload(fcnn_path)
    assert not graph_path(fcnn_path, "levels_4").exists()


def test_a_format_that_is_not_the_files_is_refused(fcnn_path):
    with pytest.raises(SpecError, match="no weight format 'levels_6'; did you mean"):
        trace_workload(fcnn_path, ["levels_6"])


def test_a_checkpoint_under_another_formats_name_is_refused(fcnn_path):
    spec = load_workload_spec(fcnn_path)
    state = untrained(spec, "levels_5").state_dict()
    target = fcnn_path.parent / "toy" / "levels_4.safetensors"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(packed_checkpoint(spec, "levels_5", 0, state))
    with pytest.raises(SpecError, match="holds toy in levels_5"):
        trace_workload(fcnn_path, ["levels_4"])


NETWORK = """
name: toy
description: A network without weights.
network: {family: resnet, variant: resnet18, image_side: 32}
quantisation:
  weight_formats: [levels_2, levels_5, fp32]
  activation_format: int8
  first_layer: int8
  last_layer: same
"""


@pytest.fixture
def network_path(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(NETWORK)
    return path


def test_a_network_without_weights_has_one_graph_for_all_formats(network_path):
    trace_workload(network_path, ["levels_5"])
    assert [found.name for found in (network_path.parent / "toy").iterdir()] == ["graph.json"]
    path = network_graph_path(network_path)
    assert read_provenance(path) == {
        "parameters": 11_689_512,
        "spec_hash": network_spec_hash(load_network_spec(network_path)),
        "torch_version": torch.__version__.partition("+")[0],
    }
    layers = [op for op in read_graph(path).ops if op.parameter]
    assert [op.weight for op in layers] == ["int8", *["levels_2"] * 20]
    assert all(op.statistics is None for op in layers)
    before = path.read_bytes()
    trace_workload(network_path)
    assert path.read_bytes() == before
    five, fp32 = load_network(network_path, ["levels_5", "fp32"])
    assert [op.weight for op in five.ops if op.parameter] == ["int8", *["levels_5"] * 20]
    assert {op.output for op in fp32.ops} == {"fp32"}


def test_a_format_that_is_not_the_networks_is_refused(network_path):
    with pytest.raises(SpecError, match="no weight format 'levels_3'"):
        trace_workload(network_path, ["levels_3"])


def test_a_file_of_neither_kind_is_refused(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text("name: toy")
    with pytest.raises(SpecError, match="neither a section model nor network"):
        trace_workload(path)
