from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.activations import captured_operands, shipped_operands
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.datasets import load_split
from lowbit_sim.training.quantizers import quant_weight
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.levels import layer_levels
from lowbit_sim.workload.operands import unfolded
from lowbit_sim.workload.spec import load_workload_spec
from lowbit_sim.workload.store import read_graph

WORKLOADS = Path(__file__).parents[2] / "workloads"


class Convolution(nn.Conv2d):
    """A convolution of int8 inputs and five-level weights."""

    def __init__(self, quantise, *given, **more):
        super().__init__(*given, **more)
        self.quantise = quantise
        self.step_of_channels = nn.Parameter(
            torch.linspace(0.05, 0.2, self.out_channels).reshape(-1, 1, 1, 1)
        )

    def forward(self, x):
        weight = quant_weight(self.weight, self.step_of_channels, [-2, -1, 0, 1, 2])
        return functional.conv2d(
            self.quantise(x), weight, self.bias, self.stride, self.padding, (1, 1), self.groups
        )


def codes_of(tensor, step):
    return torch.round(tensor / step).clamp(-128, 127).to(torch.int64).numpy()


def captured(model, image):
    workload = trace(model, image, "toy", "levels_3")
    return captured_operands(model, image, workload)


def test_a_linear_layer_with_a_bias(parts):
    torch.manual_seed(0)
    layer, image = parts["LowBitLinear"](6, 4), torch.randn(1, 3, 6)
    (found,) = captured(layer, image).values()
    codes = codes_of(image, layer.quantise.step.detach())
    np.testing.assert_array_equal(found.inputs, codes)
    levels = torch.round(layer.weight / layer.step_of_rows).clamp(-1, 1).detach().numpy()
    np.testing.assert_array_equal(found.network_sums, codes @ levels.T)
    assert found.source == "network"
    assert found.weights is None


@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_with_stride_padding_and_groups(parts, groups):
    torch.manual_seed(1)
    layer = Convolution(parts["Int8"](), 4, 6, 3, stride=2, padding=1, groups=groups)
    image = torch.randn(1, 4, 7, 5)
    workload = trace(layer, image, "toy", "levels_5")
    (found,) = captured_operands(layer, image, workload).values()
    (op,) = (op for op in workload.ops if op.is_gemm)
    codes = codes_of(image, layer.quantise.step.detach())[0]
    np.testing.assert_array_equal(found.inputs, unfolded(codes, op.convolution))
    levels = torch.round(layer.weight / layer.step_of_channels).clamp(-2, 2).detach().numpy()
    matrix = levels.reshape(op.batch, op.n, op.k).transpose(0, 2, 1)
    np.testing.assert_array_equal(found.network_sums, found.inputs @ matrix)


def test_a_product_of_two_activations_however_laid_out(parts):
    torch.manual_seed(2)
    model = parts["Lambda"](
        lambda own, x: torch.matmul(
            own.first(x), own.second(x + 1).reshape(1, 2, 3, 5).transpose(-2, -1)
        ),
        first=parts["Int8"](),
        second=parts["Int8"](),
    )
    image = torch.randn(1, 2, 3, 5)
    (found,) = captured(model, image).values()
    second = codes_of(image + 1, 0.1).transpose(0, 1, 3, 2)
    np.testing.assert_array_equal(found.inputs, codes_of(image, 0.1)[0])
    np.testing.assert_array_equal(found.weights, second[0])
    np.testing.assert_array_equal(found.network_sums, found.inputs @ second[0])


def test_a_graph_of_another_network_is_refused(parts):
    image = torch.randn(1, 3, 6)
    workload = trace(parts["LowBitLinear"](6, 5), image, "toy", "levels_3")
    with pytest.raises(SpecError, match="toy: the graph's matrix products are not the network's"):
        captured_operands(parts["LowBitLinear"](6, 4), image, workload)


@pytest.mark.parametrize(
    ("name", "weight_format"),
    [("fcnn_digits", "levels_17"), ("cvnn_digits", "levels_4"), ("vit_digits", "levels_7")],
)
def test_integers_reproduce_what_a_shipped_network_computes(name, weight_format):
    spec_path, folder = WORKLOADS / f"{name}.yaml", WORKLOADS / name
    workload = read_graph(folder / f"{weight_format}.graph.json")
    operands = shipped_operands(spec_path, workload, test_image=7)
    levels = layer_levels(workload, load_packed(folder / f"{weight_format}.safetensors"))
    products = [op for op in workload.ops if op.is_gemm]
    assert list(operands) == [op.name for op in products]
    for op in products:
        found = operands[op.name]
        second = levels[op.name] if found.weights is None else found.weights
        sums = found.inputs @ second.reshape(op.batch, op.k, op.n).astype(np.int64)
        np.testing.assert_array_equal(sums, found.network_sums)
        assert abs(sums).max() > 100  # not a product of zeros


def test_the_first_layer_reads_the_test_image():
    spec_path = WORKLOADS / "fcnn_digits.yaml"
    workload = read_graph(WORKLOADS / "fcnn_digits" / "levels_3.graph.json")
    test = load_split(load_workload_spec(spec_path).data).test
    image = test.images(3).reshape(-1).numpy()
    codes = shipped_operands(spec_path, workload, test_image=3)["1.linear"].inputs[0, 0]
    step = (image @ codes) / (codes @ codes)  # the best one that there can be
    assert abs(codes * step - image).max() <= step / 2 * 1.01


def test_without_low_bit_weights_there_is_nothing():
    workload = read_graph(WORKLOADS / "fcnn_digits" / "fp32.graph.json")
    assert shipped_operands(WORKLOADS / "fcnn_digits.yaml", workload) == {}


def test_an_image_that_there_is_not_is_refused():
    workload = read_graph(WORKLOADS / "fcnn_digits" / "levels_3.graph.json")
    with pytest.raises(SpecError, match="test_image"):
        shipped_operands(WORKLOADS / "fcnn_digits.yaml", workload, test_image=100_000)
