import math
import re
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.workload.liveness import live_bits
from lowbit_sim.workload.store import write_graph


class TinyResidualNet(nn.Module):
    """One convolution block with a shortcut, on 3 × 8 × 8 pixels; 10 classes."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(4)
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
        self.depthwise_norm = nn.BatchNorm2d(4)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(4, 10)

    def forward(self, x):
        x = functional.relu(self.stem_norm(self.stem(x)))
        x = functional.relu(x + self.depthwise_norm(self.depthwise(x)))
        return self.head(self.pool(x).flatten(1))


def test_a_residual_network_by_hand(listed):
    workload = trace(TinyResidualNet(), torch.randn(1, 3, 8, 8), "tiny", "fp32")
    fp32 = ("fp32", "fp32", "fp32")
    assert listed(workload) == [
        ("input", "input", (1, 64, 1, 3), None, "fp32", "fp32"),
        ("stem", "conv2d", (1, 16, 27, 4), *fp32),
        ("relu", "relu", (1, 16, 1, 4), None, "fp32", "fp32"),
        ("depthwise", "conv2d", (4, 16, 9, 1), *fp32),
        ("add", "add", (1, 16, 2, 4), None, "fp32", "fp32"),
        ("relu_2", "relu", (1, 16, 1, 4), None, "fp32", "fp32"),
        ("pool", "avg_pool", (1, 1, 16, 4), None, "fp32", "fp32"),
        ("head", "linear", (1, 1, 4, 10), *fp32),
    ]
    map_bits = 16 * 4 * 32
    assert [(e.source, e.target, e.tensor_bits) for e in workload.edges] == [
        ("input", "stem", 3 * 64 * 32),
        ("stem", "relu", map_bits),
        ("relu", "depthwise", map_bits),
        ("relu", "add", map_bits),
        ("depthwise", "add", map_bits),
        ("add", "relu_2", map_bits),
        ("relu_2", "pool", map_bits),
        ("pool", "head", 4 * 32),
    ]
    assert workload.macs == 16 * 27 * 4 + 4 * 16 * 9 + 40
    assert workload.weights == 4 * 27 + 4 * 9 + 40
    # relu, depthwise and add live together while the shortcut is added
    assert max(live_bits(workload)[3:6]) == 3 * map_bits


class TinyVit(nn.Module):
    """Patches of 4 × 4 on 8 × 8 pixels (4 tokens), width 6, 2 heads of 3, 1 block."""

    def __init__(self, parts, levels):
        super().__init__()
        low_bit, int8 = parts["LowBitLinear"], parts["Int8"]
        self.embed = nn.Conv2d(1, 6, 4, stride=4)
        self.position = nn.Parameter(torch.randn(1, 4, 6))
        self.norm = nn.LayerNorm(6)
        self.qkv = low_bit(6, 18, levels)
        self.round_query, self.round_key = int8(), int8()
        self.round_value, self.round_softmax = int8(), int8()
        self.project = low_bit(6, 6, levels)
        self.expand = low_bit(6, 12, levels)
        self.contract = low_bit(12, 6, levels)
        self.head = low_bit(6, 10, tuple(range(-128, 128)))

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2) + self.position
        x = x + self.attend(self.norm(x))
        x = x + self.contract(functional.gelu(self.expand(x.clone())))
        return self.head(x.mean(1))

    def attend(self, x):
        split = self.qkv(x).reshape(1, 4, 3, 2, 3).permute(2, 0, 3, 1, 4)
        query, key, value = split[0], split[1], split[2]
        scores = self.round_query(query) @ self.round_key(key).transpose(-2, -1)
        weights = self.round_softmax((scores * 3**-0.5).softmax(-1))
        return self.project((weights @ self.round_value(value)).transpose(1, 2).reshape(1, 4, 6))


@pytest.mark.parametrize("name", ["levels_3", "levels_5", "levels_7_pow2"])
def test_a_vision_transformer_by_hand(parts, listed, name):
    torch.manual_seed(1)
    model = TinyVit(parts, FORMATS[name].levels)
    workload = trace(model, torch.randn(1, 1, 8, 8), "tiny", name)
    assert listed(workload) == [
        ("input", "input", (1, 64, 1, 1), None, "fp32", "fp32"),
        ("embed", "conv2d", (1, 4, 16, 6), "fp32", "fp32", "fp32"),
        ("add", "add", (1, 4, 2, 6), None, "fp32", "fp32"),
        ("norm", "layer_norm", (1, 4, 1, 6), None, "fp32", "int8"),
        ("qkv", "linear", (1, 4, 6, 18), name, "int8", "int8"),
        ("scores", "matmul", (2, 4, 3, 4), "int8", "int8", "fp32"),
        ("softmax", "softmax", (2, 4, 1, 4), None, "fp32", "int8"),
        ("context", "matmul", (2, 4, 4, 3), "int8", "int8", "int8"),
        ("project", "linear", (1, 4, 6, 6), name, "int8", "fp32"),
        ("add_2", "add", (1, 4, 2, 6), None, "fp32", "fp32"),
        ("expand.quantise.quantise", "quantise", (1, 4, 1, 6), None, "fp32", "int8"),
        ("expand", "linear", (1, 4, 6, 12), name, "int8", "fp32"),
        ("gelu", "gelu", (1, 4, 1, 12), None, "fp32", "int8"),
        ("contract", "linear", (1, 4, 12, 6), name, "int8", "fp32"),
        ("add_3", "add", (1, 4, 2, 6), None, "fp32", "fp32"),
        ("avg_pool", "avg_pool", (1, 1, 4, 6), None, "fp32", "int8"),
        ("head", "linear", (1, 1, 6, 10), "int8", "int8", "fp32"),
    ]
    # patches 4·16·6, qkv 4·6·18, two products of 2·4·3·4, project, expand, contract, head
    assert workload.macs == 384 + 432 + 2 * 96 + 144 + 288 + 288 + 60 == 1788
    assert workload.weights == 96 + 108 + 36 + 72 + 72 + 60


def hooked_macs(model, example_input):
    """Count the multiply-accumulates of the layers while they run."""
    counted = []

    def count(layer, _, output):
        if isinstance(layer, nn.Linear):
            counted.append(output.numel() * layer.in_features)
        else:
            taps = math.prod(layer.kernel_size) * layer.in_channels // layer.groups
            counted.append(output.numel() * taps)

    handles = [
        layer.register_forward_hook(count)
        for layer in model.modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    ]
    model.eval()(example_input)
    for handle in handles:
        handle.remove()
    return sum(counted)


def test_totals_against_hooks_that_count_while_the_network_runs(parts):
    example_input = torch.randn(1, 1, 8, 8)
    vit = TinyVit(parts, (-1, 0, 1))
    expected = hooked_macs(vit, example_input) + 2 * 96
    assert trace(vit, example_input, "tiny", "levels_3").macs == expected
    images = torch.randn(1, 3, 8, 8)
    net = TinyResidualNet()
    assert trace(net, images, "tiny", "fp32").macs == hooked_macs(net, images)
    layers = [part.weight for part in net.modules() if isinstance(part, nn.Linear | nn.Conv2d)]
    assert trace(net, images, "tiny", "fp32").weights == sum(w.numel() for w in layers)


def test_the_file_is_the_same_bytes_every_time(tmp_path, parts):
    paths = [tmp_path / "first.graph.json", tmp_path / "second.graph.json"]
    for path in paths:
        torch.manual_seed(7)
        model = TinyVit(parts, (-2, -1, 0, 1, 2))
        write_graph(path, trace(model, torch.randn(1, 1, 8, 8), "tiny", "levels_5"), {"seed": 7})
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_only_the_shape_of_the_example_matters(parts):
    model = TinyVit(parts, (-1, 0, 1))
    traces = [trace(model, torch.full((1, 1, 8, 8), x), "tiny", "levels_3") for x in (0.0, 9.0)]
    assert traces[0].content_hash == traces[1].content_hash


def test_unknown_operators_are_all_named_with_module_and_line(traced):
    class Odd(nn.Module):
        def forward(self, x):
            return x.cumsum(-1)

    def forward(net, x):
        return torch.flip(net.odd(net.fc(x)), [0]).sin()

    held = {"fc": nn.Linear(4, 4), "odd": Odd()}
    with pytest.raises(SpecError) as caught:
        traced(forward, 3, 4, **held)
    first, second, third = caught.value.faults
    assert first.reason.startswith("aten.cumsum.default: has no lowering")
    assert first.key == "module 'odd'"
    assert first.line == Odd.forward.__code__.co_firstlineno + 1
    assert str(first.file) == __file__
    assert "aten.flip.default" in second.reason
    assert "aten.sin.default" in third.reason
    assert re.match(rf"{__file__}:\d+: module 'odd': aten.cumsum", str(caught.value))


def test_layers_that_are_not_in_yet_are_refused():
    with pytest.raises(SpecError, match=r"aten\.conv1d.*has no lowering"):
        trace(nn.Sequential(nn.Conv1d(3, 3, 1)), torch.randn(1, 3, 4), "toy", "fp32")


def test_a_model_on_meta_has_the_same_operators_and_no_statistics(parts):
    torch.manual_seed(1)
    real = trace(TinyVit(parts, (-1, 0, 1)), torch.randn(1, 1, 8, 8), "tiny", "levels_3")
    with torch.device("meta"):
        model, images = TinyVit(parts, (-1, 0, 1)), torch.zeros(1, 1, 8, 8)
    traced = trace(model, images, "tiny", "levels_3")
    assert all(op.statistics is None for op in traced.ops)
    assert traced.ops == tuple(replace(op, statistics=None) for op in real.ops)
    assert traced.edges == real.edges


def test_an_unknown_format_is_refused_before_anything_is_traced():
    with pytest.raises(SpecError, match="unknown number format 'levels_6'"):
        trace(nn.Linear(2, 2), torch.randn(1, 2), "toy", "levels_6")
