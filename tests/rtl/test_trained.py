"""Layers of shipped networks, with the activations of a test image, in hardware."""

from pathlib import Path

import pytest
from hardware_cases import Case, differences

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.frontends.activations import shipped_operands
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.levels import layer_levels
from lowbit_sim.workload.store import read_graph

WORKLOADS = Path(__file__).parents[2] / "workloads"


NETWORK = "vit_digits"


def trained_layer(weight_format):
    """Return the inputs (m, k) and levels (k, n) of the layer after the first attention."""
    folder = WORKLOADS / NETWORK
    graph = read_graph(folder / f"{weight_format}.graph.json")
    levels = layer_levels(graph, load_packed(folder / f"{weight_format}.safetensors"))
    (op,) = (op for op in graph.ops if op.parameter == "blocks.0.attention.project.weight")
    operands = shipped_operands(WORKLOADS / f"{NETWORK}.yaml", graph)[op.name]
    assert operands.source == "network"
    return operands.inputs[0], levels[op.name].astype(int)


@pytest.mark.parametrize(
    ("element", "weight_format", "organisation", "stationary"),
    [
        (TernaryAdder(), "levels_3", "systolic", "weight"),
        (ShiftAdd(), "levels_5", "systolic", "output"),
        (TernaryAdder(), "levels_9", "broadcast", "weight"),
        (TernarySkip(4), "levels_3", "broadcast", "output"),
        (TernarySkip(4), "levels_5", "broadcast", "output"),
    ],
)
def test_a_layer_of_the_transformer(
    element, weight_format, organisation, stationary, record_property
):
    weight = number_format(weight_format)
    case = Case(element, weight, organisation, stationary, Conventions(), 8, 8)
    layer = trained_layer(weight_format)
    assert differences(case, case.design(), [layer]) == []
    record_property("rtl_configurations", 1)
    record_property("rtl_cycles", case.cycles(*layer))
