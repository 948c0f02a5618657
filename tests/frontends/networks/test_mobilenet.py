"""Parameters and multiply-accumulates: torchvision's page for mobilenet_v2 gives 3,504,872 and
0.30 G at 224 × 224, the paper 3.4 M and 300 M.
"""

import torch

from lowbit_sim.frontends.networks.mobilenet import Mobilenet
from lowbit_sim.training.models import LayerFormats
from lowbit_sim.workload.parameters import parameters


def by_hand():
    """Multiply-accumulates layer by layer, from table 2 of the paper."""
    macs, inside, side = [112 * 112 * 3 * 32 * 9], 32, 112
    for expansion, outside, depth, stride in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for block in range(depth):
            hidden = inside * expansion
            if expansion > 1:
                macs.append(side * side * inside * hidden)
            side = side // stride if not block else side
            macs.append(side * side * hidden * 9)
            macs.append(side * side * hidden * outside)
            inside = outside
    return [*macs, 7 * 7 * 320 * 1280, 1280 * 1000]


def test_published_sizes(shipped, layer_macs):
    workload, of_the_model = shipped("mobilenet_v2")
    assert layer_macs(workload) == by_hand()
    assert f"{workload.macs / 1e9:.2f}" == "0.30"
    assert of_the_model == 3_504_872
    folded = sum(op.batch * op.n for op in workload.ops if op.kind == "conv2d")
    assert parameters(workload) + folded == 3_504_872


def test_the_shipped_graph_is_what_is_traced(shipped, retraced):
    assert retraced("mobilenet_v2") == shipped("mobilenet_v2")[0]


def test_formats_of_a_residual_block(shipped, listed):
    rows = [row for row in listed(shipped("mobilenet_v2")[0]) if row[0].startswith("blocks.2.")]
    assert rows == [
        ("blocks.2.expand", "conv2d", (1, 3136, 24, 144), "levels_2", "int8", "fp32"),
        ("blocks.2.clamp", "clamp", (1, 3136, 1, 144), None, "fp32", "int8"),
        ("blocks.2.depthwise", "conv2d", (144, 3136, 9, 1), "levels_2", "int8", "fp32"),
        ("blocks.2.clamp_2", "clamp", (144, 3136, 1, 1), None, "fp32", "int8"),
        ("blocks.2.project", "conv2d", (1, 3136, 144, 24), "levels_2", "int8", "fp32"),
        ("blocks.2.add", "add", (1, 3136, 2, 24), None, "fp32", "int8"),
    ]


def test_a_set_format_is_a_traced_format(check_formats):
    stages = ((1, 16, 1, 1), (6, 24, 2, 2))
    check_formats(lambda formats: (Mobilenet(stages, formats), (torch.zeros(1, 3, 32, 32),)))


def test_it_runs():
    formats = LayerFormats("fp32", "fp32", "fp32", "fp32")
    model = Mobilenet(((1, 16, 1, 1), (6, 24, 2, 2)), formats).eval()
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 1000)
