"""Laws of the whole experiment, on what is shipped."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from made import made_layer, pricing
from process import ROOT

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.study.experiment import FormatResult, confirm, simulate
from lowbit_sim.study.shipped import load_shipped

#: what workload files offer; the other is for studies of training
OFFERED = [name for name in FORMATS if name != "levels_4_zero"]

WORKLOADS = ("fcnn_digits", "cvnn_digits", "vit_digits")
MACHINES = ("ternary_pe", "bit_serial_pe", "int8_systolic", "int8_packed", "float_systolic")
EVERYWHERE = pytest.mark.parametrize(
    ("workload", "machine"),
    [
        *(("vit_digits", machine) for machine in MACHINES),
        *((workload, "ternary_pe") for workload in ("fcnn_digits", "cvnn_digits")),
        *((workload, "int8_systolic") for workload in ("fcnn_digits", "cvnn_digits")),
    ],
)


@cache
def shipped(workload):
    return load_shipped(ROOT / f"workloads/{workload}.yaml", [])


@cache
def study(workload, machine, engine="closed_form"):
    return simulate(shipped(workload), pricing(machine), engine)


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
    one, other = (
        study("cvnn_digits", "ternary_pe"),
        study("cvnn_digits", "ternary_pe", "event_driven"),
    )
    for a, b in zip(one.results, other.results, strict=True):
        if a.refusal is None:
            assert a.cost.timing == b.cost.timing
            assert a.cost.energy_pj == b.cost.energy_pj


def test_adders_add_what_the_real_weights_hold():
    """Adds and skips of a ternary layer are counted over its trained weights."""
    result = next(r for r in computed("vit_digits", "ternary_pe") if r.weight_format == "levels_3")
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
    assert len(computed("vit_digits", "float_systolic")) == len(OFFERED)
    refused = {
        r.weight_format: r.refusal for r in study("vit_digits", "ternary_pe").results if r.refusal
    }
    assert set(refused) == {"bf16", "fp32"}
    assert all("floating-point" in reason for reason in refused.values())


def test_model_bits_by_hand():
    result = next(r for r in computed("fcnn_digits", "ternary_pe") if r.weight_format == "levels_5")
    # 64-128-128-10: two low-bit layers, an int8 head; a bias and a scale for each output
    weights = [stored_bits(FORMATS["levels_5"], "word_8", 64 * 128)]
    weights += [stored_bits(FORMATS["levels_5"], "word_8", 128 * 128)]
    weights += [8 * 128 * 10]
    assert weights[0] == 8 * 2731  # three weights a byte: 8192 / 3 = 2730.67
    assert result.model_bits == sum(weights) + 64 * (128 + 128 + 10)


def test_layers_run_one_after_another_and_add_up():
    for result in computed("vit_digits", "ternary_pe"):
        assert [layer.begin_cycles for layer in result.layers] == [
            0,
            *(layer.end_cycles for layer in result.layers[:-1]),
        ]
        assert result.total_cycles == result.cost.timing.total_cycles
        assert result.energy_pj == pytest.approx(result.cost.energy_pj)
        assert not result.overlaps


# weights that stay on the chip


@EVERYWHERE
def test_weights_that_stay_leave_the_input_alone_to_be_read(workload, machine):
    graphs = {graph.weight_format: graph for graph in shipped(workload).workloads}
    held = [result for result in computed(workload, machine) if result.steady is not None]
    assert held
    for result in held:
        graph, steady = graphs[result.weight_format], result.steady
        assert steady.cost.macs == result.cost.macs
        assert steady.steady is None
        if steady.activations_on_chip:
            sources = {op.name for op in graph.ops if op.kind == "input"}
            entering_bits = sum(e.tensor_bits for e in graph.edges if e.source in sources)
            assert steady.cost.actions["dram.read_bit"] == entering_bits
            assert steady.cost.actions["dram.write_bit"] == graph.ops[-1].output_bits
            assert steady.energy_delay_pj_cycles() < result.energy_delay_pj_cycles()


@pytest.mark.parametrize("workload", ["fcnn_digits", "cvnn_digits"])
def test_the_stored_parameters_are_what_is_read_less(workload):
    """Bytes are not padded, so that not a bit more than the parameters comes in when cold."""
    for result in computed(workload, "int8_systolic"):
        cold, steady = (r.cost.actions["dram.read_bit"] for r in (result, result.steady))
        assert cold - steady == result.model_bits


def test_what_does_not_fit_the_chip_is_not_held():
    home_bits = pricing("float_systolic").machine.home.capacity_bits
    for result in computed("vit_digits", "float_systolic"):
        if result.model_bits > home_bits:
            assert result.steady is None
        elif result.model_bits + result.peak_live_bits > home_bits:
            # no room for both: what stays drives the activations out
            assert result.steady is None or not result.steady.activations_on_chip
    by_format = {r.weight_format: r for r in computed("vit_digits", "float_systolic")}
    assert by_format["levels_3"].steady.activations_on_chip
    assert by_format["fp32"].steady is None


# objectives


def totals(result):
    return result.total_cycles, result.energy_pj


def test_each_objective_is_best_at_its_own():
    given = load_shipped(ROOT / "workloads/cvnn_digits.yaml", ["levels_5"])
    found = {
        objective: simulate(given, pricing(), "closed_form", objective).results[0]
        for objective in ("cycles", "energy", "edp")
    }
    products = {name: one.energy_delay_pj_cycles() for name, one in found.items()}
    slack = 1 + 1e-12
    assert found["cycles"].total_cycles == min(one.total_cycles for one in found.values())
    assert found["energy"].energy_pj <= slack * min(one.energy_pj for one in found.values())
    # each operator is mapped by itself, so that the network's product is best only about
    assert products["edp"] <= 1.01 * min(products.values())


# networks without weights


def test_a_network_without_weights_has_costs_and_no_accuracy():
    given = load_shipped(ROOT / "workloads/mobilenet_v2.yaml", ["levels_3"])
    study = simulate(given, with_accumulators(pricing(), 32), "closed_form")
    three = study.results[0]
    assert study.dataset is None
    assert [result.weight_format for result in study.results] == ["levels_3", "fp32"]
    assert all(result.accuracy is None for result in study.results)
    assert three.refusal is None
    assert three.steady is None  # 3.5 million parameters, 128 KiB
    assert not three.activations_on_chip
    # MobileNetV2 at 224 × 224 is published with 300 million multiply-adds (Sandler et al., 2018)
    assert round(three.cost.macs / 1e6, -1) == 300
    assumed = [op for op in given.workloads[0].ops if op.statistics and op.statistics.assumed]
    assert len(assumed) == sum(op.parameter is not None for op in given.workloads[0].ops)


def with_accumulators(priced, accumulator_bits):
    arrays = tuple(
        replace(array, pe=replace(array.pe, accumulator_bits=accumulator_bits))
        for array in priced.machine.arrays
    )
    machine = replace(priced.machine, arrays=arrays)
    return replace(priced, machine=machine)


# operators at once


def test_a_chain_gains_nothing_from_units_that_work_at_once():
    priced = pricing("int8_systolic")
    at_once = replace(priced, machine=replace(priced.machine, concurrent=True))
    given = load_shipped(ROOT / "workloads/fcnn_digits.yaml", ["levels_3"])
    alone, chain = (simulate(given, one, "event_driven").results[0] for one in (priced, at_once))
    assert totals(alone) == totals(chain)
    assert not chain.overlaps


def test_leakage_lasts_as_long_as_the_inference():
    one, other = (made_layer(name, 40, {"dram": 6.0, "leakage": 2.0}) for name in ("a", "b"))
    at_once = FormatResult("levels_3", None, 1000, (one, other))
    chained = replace(at_once, layers=(one, replace(other, begin_cycles=40, end_cycles=80)))
    assert (chained.total_cycles, at_once.total_cycles) == (80, 40)
    assert (chained.overlaps, at_once.overlaps) == (False, True)
    assert chained.energy_pj_by_component == {"dram": 12, "leakage": 4}
    assert at_once.energy_pj_by_component == {"dram": 12, "leakage": 2}
    assert at_once.energy_pj == 14
    assert at_once.energy_delay_pj_cycles() == 14 * 40
