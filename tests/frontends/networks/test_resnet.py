"""Parameters and multiply-accumulates: torchvision's pages for resnet18 and resnet50 give
11,689,512 and 1.81 G, 25,557,032 and 4.09 G, at 224 × 224.
"""

import pytest
import torch

from lowbit_sim.frontends.networks.resnet import (
    BasicBlock,
    Bottleneck,
    Resnet,
    ResnetShape,
)
from lowbit_sim.training.models import LayerFormats
from lowbit_sim.workload.parameters import parameters


def convolution(inside, outside, kernel, side):
    return side * side * inside * outside * kernel * kernel


def basic_network(depths):
    """Multiply-accumulates layer by layer, from table 1 of the paper."""
    macs, inside = [convolution(3, 64, 7, 112)], 64
    for stage, (depth, side) in enumerate(zip(depths, (56, 28, 14, 7), strict=True)):
        width = 64 << stage
        for block in range(depth):
            macs.append(convolution(inside, width, 3, side))
            macs.append(convolution(width, width, 3, side))
            if stage and not block:
                macs.append(convolution(inside, width, 1, side))
            inside = width
    return [*macs, inside * 1000]


def bottleneck_network(depths):
    macs, inside, in_side = [convolution(3, 64, 7, 112)], 64, 56
    for stage, (depth, side) in enumerate(zip(depths, (56, 28, 14, 7), strict=True)):
        width = 64 << stage
        for block in range(depth):
            macs.append(convolution(inside, width, 1, in_side))
            macs.append(convolution(width, width, 3, side))  # where the stride is
            macs.append(convolution(width, 4 * width, 1, side))
            if not block:
                macs.append(convolution(inside, 4 * width, 1, side))
            inside, in_side = 4 * width, side
    return [*macs, inside * 1000]


@pytest.mark.parametrize(
    ("name", "expected", "published", "gmac"),
    [
        ("resnet18", basic_network((2, 2, 2, 2)), 11_689_512, "1.81"),
        ("resnet50", bottleneck_network((3, 4, 6, 3)), 25_557_032, "4.09"),
    ],
)
def test_published_sizes(shipped, layer_macs, name, expected, published, gmac):
    workload, of_the_model = shipped(name)
    assert layer_macs(workload) == expected
    assert f"{workload.macs / 1e9:.2f}" == gmac
    assert of_the_model == published
    # a folded norm leaves one of its two numbers for each channel
    folded = sum(op.batch * op.n for op in workload.ops if op.kind == "conv2d")
    assert parameters(workload) + folded == published


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_shipped_graph_is_what_is_traced(shipped, retraced, name):
    assert retraced(name) == shipped(name)[0]


def test_every_product_reads_int8_and_the_shortcut_too(shipped, listed):
    rows = {row[0]: row for row in listed(shipped("resnet18")[0])}
    assert {row[4] for row in rows.values() if row[1] in {"conv2d", "linear"}} == {"int8"}
    assert rows["stem"][3:] == ("int8", "int8", "fp32")
    assert rows["pool"][3:] == (None, "fp32", "int8")
    assert rows["stages.0.0.relu_2"] == (
        *("stages.0.0.relu_2", "relu", (1, 56 * 56, 1, 64)),
        *(None, "fp32", "int8"),
    )
    assert rows["stages.1.0.shortcut.conv"][2:] == (
        *((1, 28 * 28, 64, 128), "levels_2", "int8", "fp32"),
    )
    assert not [row for row in rows.values() if row[1] == "quantise"]


def test_the_shortcut_carries_the_rounded_input(shipped, joined):
    pairs = joined(shipped("resnet18")[0])
    assert ("pool", "stages.0.0.add") in pairs
    assert ("stages.1.0.shortcut.conv", "stages.1.0.add") in pairs


@pytest.mark.parametrize(("block", "depths"), [(BasicBlock, (1,)), (Bottleneck, (1, 1))])
def test_a_set_format_is_a_traced_format(check_formats, block, depths):
    shape = ResnetShape(block, depths)
    check_formats(lambda formats: (Resnet(shape, formats), (torch.zeros(1, 3, 32, 32),)))


def test_it_runs():
    formats = LayerFormats("fp32", "fp32", "fp32", "fp32")
    model = Resnet(ResnetShape(Bottleneck, (1, 1)), formats).eval()
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 1000)
