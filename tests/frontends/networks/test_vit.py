"""Parameters: torchvision's page for vit_b_16 gives 86,567,656, and 17.56 G multiply-accumulates
at 224 × 224; the models vit_tiny_patch16_224 and vit_small_patch16_224 of timm have 5,717,416 and
22,050,664 (5.7 and 22.1 M on their pages).
"""

from pathlib import Path

import pytest
import torch

from lowbit_sim.frontends.networks.vit import Vit, VitShape
from lowbit_sim.training.models import LayerFormats
from lowbit_sim.workload.parameters import parameters
from lowbit_sim.workload.store import read_graph

TOKENS = 14 * 14 + 1


def by_hand(width, heads):
    """Multiply-accumulates product by product: embedding, 12 blocks, head."""
    block = [
        TOKENS * width * 3 * width,
        heads * TOKENS * TOKENS * (width // heads),
        heads * TOKENS * TOKENS * (width // heads),
        TOKENS * width * width,
        TOKENS * width * 4 * width,
        TOKENS * 4 * width * width,
    ]
    return [14 * 14 * 3 * 16 * 16 * width, *(block * 12), width * 1000]


@pytest.mark.parametrize(
    ("name", "width", "heads", "published"),
    [
        ("vit_ti", 192, 3, 5_717_416),
        ("vit_s", 384, 6, 22_050_664),
        ("vit_b", 768, 12, 86_567_656),
    ],
)
def test_published_sizes(shipped, layer_macs, name, width, heads, published):
    workload, of_the_model = shipped(name)
    assert layer_macs(workload) == by_hand(width, heads)
    assert parameters(workload) == of_the_model == published


def test_the_published_work_of_the_largest(shipped):
    assert f"{shipped('vit_b')[0].macs / 1e9:.2f}" == "17.56"


def test_the_shipped_graph_is_what_is_traced(shipped, retraced):
    assert retraced("vit_ti") == shipped("vit_ti")[0]


def test_the_class_token_is_copied_in_and_the_positions_are_added(shipped):
    ops = shipped("vit_ti")[0].ops
    concat, add = ops[2], ops[3]
    assert (concat.kind, concat.output_elements) == ("concat", TOKENS * 192)
    assert concat.side_parameter_bits == 192 * 32
    assert (add.kind, add.side_parameter_bits) == ("add", TOKENS * 192 * 32)


def test_formats_of_a_block_are_those_of_the_trained_network(shipped, trained_vit):
    """The same operators in the same formats, at other sizes."""

    def formats(workload):
        block = [op for op in workload.ops if op.name.startswith("blocks.1.")]
        return [(op.name, op.kind, op.weight, op.activation, op.output) for op in block]

    assert formats(shipped("vit_ti")[0]) == formats(trained_vit)


@pytest.fixture
def trained_vit():
    return read_graph(Path(__file__).parents[3] / "workloads" / "vit" / "levels_2.graph.json")


def test_a_set_format_is_a_traced_format(check_formats):
    shape = VitShape(12, 3, depth=1)
    check_formats(lambda formats: (Vit(shape, 8, 4, formats), (torch.zeros(1, 3, 8, 8),)))


def test_it_runs():
    model = Vit(VitShape(12, 3, depth=1), 8, 4, LayerFormats("fp32", "fp32", "fp32", "fp32"))
    assert model(torch.randn(2, 3, 8, 8).narrow(0, 0, 1)).shape == (1, 1000)
