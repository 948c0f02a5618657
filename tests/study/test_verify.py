from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from machines import make_machine, make_op, make_workload

from lowbit_sim.engines.closed_form import timing
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.activations import shipped_operands
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.network import NetworkMapper
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.study import fold_execution
from lowbit_sim.study.verify import verify
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.levels import layer_levels
from lowbit_sim.workload.operands import random_operands
from lowbit_sim.workload.store import read_graph

WORKLOADS = Path(__file__).parents[2] / "workloads"
TRAINED = {"fcnn_digits": "levels_9", "cvnn_digits": "levels_5", "vit_digits": "levels_4"}


def mapped(workload, element, **change):
    """Return the operators of `workload`, mapped on 8 × 8 elements."""
    machine = make_machine(pe=PEArray(element, 8, 8, 24), lanes=16, **change)
    wide = [
        replace(level, read_bits_per_cycle=2048, write_bits_per_cycle=2048)
        for level in machine.memories
    ]
    machine = replace(machine, memories=tuple(wide))
    mapper = Mapper(timing, defaultdict(lambda: 1.0), 1.0)
    return NetworkMapper(machine, mapper).map(workload).ops


@cache
def trained(name):
    """Return a shipped network's workload, levels and operands on a test image."""
    folder, weight_format = WORKLOADS / name, TRAINED[name]
    workload = read_graph(folder / f"{weight_format}.graph.json")
    checkpoint = load_packed(folder / f"{weight_format}.safetensors")
    operands = shipped_operands(WORKLOADS / f"{name}.yaml", workload)
    return workload, dict(layer_levels(workload, checkpoint)), operands


@pytest.mark.parametrize("element", [TernaryAdder(), BitSerial("sign_magnitude"), LookupTable()])
@pytest.mark.parametrize("name", TRAINED)
def test_a_trained_network_is_computed_bit_for_bit(name, element):
    workload, levels, operands = trained(name)
    found = verify(mapped(workload, element, packing="word_8"), levels, operands)
    assert [row.op.name for row in found] == [op.name for op in workload.ops if op.is_gemm]
    for row in found:
        assert row.equal
        assert (row.differing, row.differing_from_network) == (0, 0)
        assert (row.source, row.kind, row.unit) == ("network", element.kind, "adders")
        assert row.work.macs == row.op.macs


def test_an_array_that_errs_is_told(monkeypatch):
    workload, levels, operands = trained("fcnn_digits")
    right = fold_execution.dot
    monkeypatch.setattr(fold_execution, "dot", lambda *given: right(*given) + 1)
    for row in verify(mapped(workload, TernaryAdder()), levels, operands):
        assert not row.equal
        assert row.differing == row.differing_from_network == row.op.output_elements


def test_weights_that_are_not_the_networks_differ_from_it_alone():
    workload, levels, operands = trained("fcnn_digits")
    other = {name: -one for name, one in levels.items()}
    for row in verify(mapped(workload, TernaryAdder()), other, operands):
        assert row.differing == 0
        assert row.differing_from_network > 0
        assert not row.equal


def test_without_activations_they_are_drawn():
    op = make_op("fc", "linear", 3, 5, k=20)
    levels = {"fc": np.random.default_rng(1).integers(-1, 2, (20, 5))}
    (row,) = verify(mapped(make_workload([op]), TernaryAdder()), levels, {})
    assert row.equal
    assert (row.source, row.differing_from_network) == ("random", None)
    assert random_operands(op).inputs.shape == (1, 3, 20)


def test_vector_operators_and_floats_are_not_carried_out():
    first = make_op("fc", "linear", 3, 5, k=20, weight="bf16", activation="bf16", output="bf16")
    relu = make_op("relu", "relu", 3, 5, activation="bf16", output="bf16")
    (row,) = verify(mapped(make_workload([first, relu]), FloatMac()), {}, {})
    assert row.op.name == "fc"
    assert row.work is None
    assert row.equal


def test_a_layer_without_levels_and_operands_of_other_extents_are_refused():
    ops = mapped(make_workload([make_op("fc", "linear", 3, 5, k=20)]), TernaryAdder())
    with pytest.raises(SpecError, match="'fc' cannot be carried out: its weights are not given"):
        verify(ops, {}, {})
    wrong = random_operands(make_op("fc", "linear", 4, 5, k=20))
    levels = {"fc": np.ones((20, 5), np.int8)}
    with pytest.raises(SpecError, match=r"its operands are \(1, 4, 20\) and \(1, 20, 5\), not"):
        verify(ops, levels, {"fc": wrong})


def test_levels_beyond_their_format_do_not_pass():
    op = make_op("fc", "linear", 3, 5, k=20)
    levels = {"fc": np.full((20, 5), 4)}
    assert max(FORMATS[op.weight].levels) < 4
    with pytest.raises(SpecError, match="codes run from 0 to 2"):
        verify(mapped(make_workload([op]), TernaryAdder()), levels, {})
