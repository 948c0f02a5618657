"""Laws of the whole experiment, on what is shipped."""

from functools import cache
from itertools import pairwise

import pytest
from made import pricing
from process import ROOT

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.study.experiment import confirm, model_bits, simulate
from lowbit_sim.study.shipped import load_shipped

WORKLOADS = ("fcnn", "cvnn", "vit")
MACHINES = ("ternary_pe", "bit_serial_pe", "int8_systolic", "int8_packed", "float_systolic")
EVERYWHERE = pytest.mark.parametrize(
    ("workload", "machine"), [(w, m) for w in WORKLOADS for m in MACHINES]
)


@cache
def shipped(workload):
    return load_shipped(ROOT / f"workloads/{workload}.yaml", [])


@cache
def study(workload, machine, engine="closed_form"):
    given = shipped(workload)
    return simulate(given.workloads, given.accuracies, given.dataset, pricing(machine), engine)


def computed(workload, machine):
    return [result for result in study(workload, machine).results if result.refusal is None]


@EVERYWHERE
def test_each_parameter_and_input_crosses_the_dram_port_once(workload, machine):
    graphs = {graph.weight_format: graph for graph in shipped(workload).workloads}
    for result in computed(workload, machine):
        graph = graphs[result.weight_format]
        sources = {op.name for op in graph.ops if op.kind == "input"}
        first = next(edge for edge in graph.edges if edge.source in sources)
        compulsory = result.model_bits + first.tensor_bits
        read = result.cost.actions["dram.read_bit"]
        # a column block of weights is padded to whole words of at most 128 bit, or whole bytes
        blocks = sum(op.n for op in graph.ops if op.is_gemm)
        assert result.activations_on_chip
        assert compulsory <= read <= compulsory + 8 * blocks
        last = graph.ops[-1]
        assert result.cost.actions["dram.write_bit"] == last.output_bits


@EVERYWHERE
def test_macs_are_conserved_and_no_layer_beats_its_array(workload, machine):
    arrays = {array.name: array.pe for array in pricing(machine).machine.arrays}
    for result in computed(workload, machine):
        graph = next(
            g for g in shipped(workload).workloads if g.weight_format == result.weight_format
        )
        assert result.cost.macs == graph.macs
        for layer in result.layers:
            if layer.mapped.op.is_gemm:
                pe = arrays[layer.mapped.unit]
                assert layer.cost.macs <= pe.rows * pe.cols * layer.cost.timing.compute_cycles


@EVERYWHERE
def test_both_engines_agree_on_every_layer(workload, machine):
    assert {confirm(result) for result in computed(workload, machine)} == {0}


def test_searching_with_the_other_engine_finds_the_same():
    one, other = study("cvnn", "ternary_pe"), study("cvnn", "ternary_pe", "event_driven")
    for a, b in zip(one.results, other.results, strict=True):
        if a.refusal is None:
            assert a.cost.timing == b.cost.timing
            assert a.cost.energy_pj == b.cost.energy_pj


def test_adders_add_what_the_real_weights_hold():
    """Adds and skips of a ternary layer are counted over its trained weights."""
    result = next(r for r in computed("vit", "ternary_pe") if r.weight_format == "levels_3")
    for layer in result.layers:
        op = layer.mapped.op
        if op.weight == "levels_3":
            negatives, zeros, positives = op.statistics.level_counts
            assert layer.mapped.actions["adder.add"] == op.m * (negatives + positives)
            assert layer.mapped.actions["adder.skip"] == op.m * zeros


@EVERYWHERE
def test_fewer_stored_bits_never_take_more_dram_energy(workload, machine):
    ordered = sorted(computed(workload, machine), key=lambda result: result.model_bits)
    energies = [result.cost.energy_pj_by_component["dram"] for result in ordered]
    slack = 0.001 * energies[-1]  # padding of blocks to whole words
    assert all(low <= high + slack for low, high in pairwise(energies))


def test_a_float_machine_runs_everything_and_an_adder_machine_no_floats():
    assert len(computed("vit", "float_systolic")) == len(FORMATS)
    refused = {r.weight_format: r.refusal for r in study("vit", "ternary_pe").results if r.refusal}
    assert set(refused) == {"bf16", "fp32"}
    assert all("floating-point" in reason for reason in refused.values())


def test_model_bits_by_hand():
    graph = next(g for g in shipped("fcnn").workloads if g.weight_format == "levels_5")
    # 64-128-128-10: two low-bit layers, an int8 head; a bias and a scale for each output
    weights = [stored_bits(FORMATS["levels_5"], "word_8", 64 * 128)]
    weights += [stored_bits(FORMATS["levels_5"], "word_8", 128 * 128)]
    weights += [8 * 128 * 10]
    assert weights[0] == 8 * 2731  # three weights a byte: 8192 / 3 = 2730.67
    assert model_bits(graph, "word_8") == sum(weights) + 64 * (128 + 128 + 10)
