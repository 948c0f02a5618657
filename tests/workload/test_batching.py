"""Several inputs at once: by hand, and as a trace of that many inputs says."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.models import build_model
from lowbit_sim.workload.batching import batched
from lowbit_sim.workload.network_graph import load_network
from lowbit_sim.workload.spec import load_workload_spec
from lowbit_sim.workload.store import read_graph

ROOT = Path(__file__).parents[2]


def graph(name, weight_format="levels_5"):
    return read_graph(ROOT / f"workloads/{name}/{weight_format}.graph.json")


def test_one_input_is_the_network_itself():
    assert batched(graph("fcnn"), 1) is graph("fcnn") or batched(graph("fcnn"), 1) == graph("fcnn")


@pytest.mark.parametrize("name", ["fcnn", "vit"])
def test_macs_go_with_the_inputs_and_weights_do_not(name):
    one, five = graph(name), batched(graph(name), 5)
    assert five.macs == 5 * one.macs
    assert five.weights == one.weights
    assert five.name == f"{name} × 5"
    assert [edge.tensor_bits for edge in five.edges] == [5 * e.tensor_bits for e in one.edges]


def test_a_trace_of_three_inputs_says_the_same():
    spec = load_workload_spec(ROOT / "workloads/fcnn_digits.yaml")
    model = build_model(spec, "levels_5").eval()
    one, three = (
        trace(model, torch.zeros(count, 1, 8, 8), "fcnn_digits", "levels_5") for count in (1, 3)
    )
    found = batched(one, 3)
    assert found.ops == three.ops
    assert found.edges == three.edges


def test_patches_are_stacked():
    one = graph("vit")
    embed = next(op for op in one.ops if op.convolution is not None)
    stacked = batched(one, 4).op(embed.name)
    assert stacked.m == 4 * embed.m
    assert stacked.convolution.in_height == 4 * embed.convolution.in_height
    assert stacked.convolution.out_width == embed.convolution.out_width
    assert stacked.input_elements == 4 * embed.input_elements


def test_attention_has_so_many_times_the_products():
    one = graph("vit")
    scores = next(op for op in one.ops if op.kind == "matmul")
    assert batched(one, 4).op(scores.name) == replace(scores, batch=4 * scores.batch)


def test_windows_over_the_end_of_an_image_are_refused():
    with pytest.raises(ValueError, match="windows reach over the end of an image"):
        batched(graph("cvnn"), 2)


def test_looked_up_rows_are_read_for_every_input():
    (one,) = load_network(ROOT / "workloads/llama_decode.yaml", ("levels_5",))
    table = next(op for op in one.ops if op.kind == "embedding")
    found = batched(one, 2).op(table.name)
    assert (found.m, found.side_parameter_bits) == (2 * table.m, 2 * table.side_parameter_bits)
