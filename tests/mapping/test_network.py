from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hand_tables import evaluate, read_table, whole
from machines import make_machine, make_op, make_workload
from test_gemm import make_convolution

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.mapping.mapper import UnmappableError
from lowbit_sim.mapping.network import map_workload
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.workload.statistics import WeightStatistics

ROOT = Path(__file__).parents[2]
ONE_EACH = defaultdict(lambda: 1.0)
SPECS = sorted((ROOT / "arch_specs").glob("*.yaml"))


#: wide enough for sums of int8 products, as attention has them
WIDE = TernaryAdder(2, 2, accumulator_bits=24)


def one_layer_machine():
    ports = {"read_bits_per_cycle": 32, "write_bits_per_cycle": 32}
    return make_machine(
        pe=TernaryAdder(4, 4, accumulator_bits=16),
        packing="word_8",
        dram={"read_bits_per_cycle": 16, "write_bits_per_cycle": 16, "latency_cycles": 10},
        sram={"capacity_bits": 640, "latency_cycles": 2, **ports},
        weight={"capacity_bits": 64, **ports},
        inputs={"capacity_bits": 256, **ports},
        output={"capacity_bits": 512, "read_bits_per_cycle": 64, "write_bits_per_cycle": 64},
    )


@pytest.fixture(scope="module")
def one_layer():
    statistics = WeightStatistics((20, 24, 20), (5, 5, 5, 5, 5, 5, 5, 5))
    ops = [
        make_op("input", "input", 4, 8),
        make_op("fc", "linear", 4, 8, k=8, statistics=statistics),
    ]
    mapped = map_workload(make_workload(ops), one_layer_machine(), closed_form.timing, ONE_EACH)
    (layer,) = mapped.ops
    return mapped, layer


def test_one_layer_by_hand(one_layer):
    mapped, layer = one_layer
    table = {row["what"]: row for row in read_table(Path(__file__).with_name("one_layer.md"))}
    by_hand = {what: whole(row["value"]) for what, row in table.items()}
    assert {what: evaluate(row["by hand"]) for what, row in table.items()} == by_hand
    assert mapped.activations_on_chip
    for engine in (closed_form, event_driven):
        timing = engine.timing(layer.schedule)
        assert timing.total_cycles == by_hand["total"]
        for cause in ("fill", "compute", "stall_load", "stall_store", "drain"):
            assert getattr(timing, f"{cause}_cycles") == by_hand[cause], cause
    actions = {what: count for what, count in by_hand.items() if "." in what}
    assert dict(layer.actions) == actions
    schedule, inner = layer.schedule, layer.schedule.inner[0]
    assert schedule.load_bits == (
        by_hand["bits of the first load"],
        by_hand["weight bits of a block"],
    )
    assert schedule.load_cycles == (
        by_hand["cycles of the first load"],
        by_hand["cycles of the second load"],
    )
    assert schedule.store_bits == (by_hand["store bits of a block"],) * 2
    assert schedule.store_cycles == (by_hand["cycles of a store"],) * 2
    assert set(inner.load_bits) == {by_hand["load bits of a tile"]}
    assert set(inner.load_cycles) == {by_hand["cycles of a tile's load"]}
    assert set(inner.compute_cycles) == {by_hand["cycles of a tile's computation"]}
    assert inner.store_cycles[-1] == by_hand["cycles of a block's store"]
    assert closed_form.timing(inner).total_cycles == by_hand["cycles of a block"]


def transformer(m=4, wide=8):
    """One attention head and a residual, small: the input is read by two operators."""
    ops = [
        make_op("input", "input", m, wide),
        make_op("norm", "layer_norm", m, wide),
        make_op("qkv", "linear", m, 3 * wide, k=wide),
        make_op("scores", "matmul", m, m, k=wide, output="fp32"),
        make_op("softmax", "softmax", m, m, activation="fp32"),
        make_op("context", "matmul", m, wide, k=m),
        make_op("proj", "linear", m, wide, k=wide),
        make_op("add", "add", m, wide, k=2),
        make_op("head", "linear", 1, 10, k=wide),
    ]
    pairs = [
        ("input", "norm"), ("norm", "qkv"), ("qkv", "scores"), ("scores", "softmax"),
        ("softmax", "context"), ("qkv", "context"), ("context", "proj"), ("proj", "add"),
        ("input", "add"), ("add", "head"),
    ]  # fmt: skip
    return make_workload(ops, pairs)


def run(workload, machine):
    return map_workload(workload, machine, closed_form.timing, ONE_EACH)


def dram_bits(mapped):
    """Return the bits read from and written to the DRAM, by operator."""
    return {
        done.op.name: (done.actions["dram.read_bit"], done.actions["dram.write_bit"])
        for done in mapped.ops
    }


def test_on_the_chip_only_weights_input_and_output_cross():
    mapped = run(transformer(), make_machine(pe=WIDE))
    assert mapped.activations_on_chip
    crossing = dram_bits(mapped)
    assert crossing.pop("norm") == (4 * 8 * 8, 0)  # the network's input, and only here
    assert crossing.pop("qkv") == (8 * 24 * 2, 0)
    assert crossing.pop("proj") == (8 * 8 * 2, 0)
    assert crossing.pop("head") == (8 * 10 * 2, 10 * 8)  # the network's output
    assert set(crossing.values()) == {(0, 0)}
    assert set(crossing) == {"scores", "softmax", "context", "add"}


def test_a_tiny_sram_sends_every_activation_through_the_dram():
    machine = make_machine(pe=WIDE, sram={"capacity_bits": 1400})
    mapped = run(transformer(), machine)
    assert not mapped.activations_on_chip
    for done in mapped.ops:
        read, written = dram_bits(mapped)[done.op.name]
        assert written == done.op.output_bits
        unique = done.op.input_elements * number_format(done.op.activation).field_bits
        assert read >= unique + done.op.weight_elements * 2
    assert mapped.peak_live_bits > 0


def test_activations_stay_if_and_only_if_they_fit_beside_two_blocks_of_weights():
    workload = transformer()
    live_bits = run(workload, make_machine(pe=WIDE)).peak_live_bits
    least = live_bits + 2 * 8 * 2 * 2  # two columns of 8 ternary weights, in two buffers
    for capacity_bits, fits in ((least, True), (least - 1, False)):
        mapped = run(workload, make_machine(pe=WIDE, sram={"capacity_bits": capacity_bits}))
        assert mapped.activations_on_chip is fits


def test_every_network_input_is_read_once_by_its_first_reader():
    ops = [
        make_op("left", "input", 4, 8),
        make_op("right", "input", 4, 8),
        make_op("sum", "add", 4, 8, k=2),
        make_op("act", "relu", 4, 8),
        make_op("again", "add", 4, 8, k=2),
    ]
    pairs = [
        ("left", "sum"), ("right", "sum"), ("sum", "act"), ("act", "again"), ("left", "again"),
    ]  # fmt: skip
    crossing = dram_bits(run(make_workload(ops, pairs), make_machine()))
    assert crossing == {"sum": (2 * 256, 0), "act": (0, 0), "again": (0, 256)}


def test_two_outputs_both_leave():
    ops = [
        make_op("input", "input", 4, 8),
        make_op("one", "relu", 4, 8),
        make_op("two", "relu", 4, 8),
    ]
    crossing = dram_bits(
        run(make_workload(ops, [("input", "one"), ("input", "two")]), make_machine())
    )
    assert crossing == {"one": (256, 256), "two": (0, 256)}


def test_a_convolution_reads_its_image_once_on_the_chip():
    geometry = make_convolution()
    batch, m, k, n = geometry.gemm_dims
    ops = [
        make_op("input", "input", 9, 14),
        make_op("conv", "conv2d", m, n, k=k, batch=batch, convolution=geometry),
    ]
    mapped = run(make_workload(ops), make_machine())
    weights_bits = 8 * -(-k * 2 * 2 // 8) + 8 * -(-k * 2 // 8)  # columns 0 and 1, column 2
    image_bits = 9 * 14 * 8
    (read, written) = dram_bits(mapped)["conv"]
    assert mapped.ops[0].mapping.block.m == m
    assert image_bits + 8 * -(-k * n * 2 // 8) <= read <= image_bits + weights_bits
    assert written == m * n * 8


def test_equal_operators_are_mapped_once():
    def calls(depth):
        ops = [make_op("input", "input", 4, 8)]
        ops += [make_op(f"fc{i}", "linear", 4, 8, k=8) for i in range(depth)]
        counted = []

        def timer(schedule):
            counted.append(schedule)
            return closed_form.timing(schedule)

        known = {}
        map_workload(make_workload(ops), machine, timer, ONE_EACH, known)
        first, second = len(counted), known.copy()
        map_workload(make_workload(ops), machine, timer, ONE_EACH, known)
        assert len(counted) == first
        assert known == second
        return first

    machine = make_machine(sram={"capacity_bits": 4000})
    # the first reads the network's input, the last writes its output; all between are equal
    assert calls(3) == calls(9) > calls(2)


def test_real_weights_decide_adds_and_skips():
    ops = [make_op("input", "input", 2, 4), make_op("fc", "linear", 2, 4, k=4)]
    statistics = WeightStatistics((3, 8, 5), (2, 2, 2, 2))
    known, unknown = (
        run(make_workload([ops[0], replace(ops[1], statistics=s)]), make_machine()).ops[0].actions
        for s in (statistics, None)
    )
    assert (known["adder.add"], known["adder.skip"]) == (2 * 8, 2 * 8)
    assert (unknown["adder.add"], unknown["adder.skip"]) == (2 * 16, 0)


def test_an_operator_goes_to_the_first_array_that_takes_it():
    arrays = (
        NamedArray("adders", TernaryAdder(2, 2, 16)),
        NamedArray("floats", FloatMac(2, 2, 32)),
    )
    machine = replace(make_machine(), arrays=arrays)
    ops = [
        make_op("input", "input", 2, 4),
        make_op("one", "linear", 2, 4, k=4),
        make_op("two", "linear", 2, 4, k=4, weight="bf16"),
        make_op("act", "relu", 2, 4),
    ]
    assert [done.unit for done in run(make_workload(ops), machine).ops] == [
        "adders", "floats", "vector_unit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sram", "message"),
    [
        ({"weight": "fp32"}, {}, "operator 'fc': array 'adders': fp32 is floating-point"),
        ({}, {"capacity_bits": 300}, "operator 'fc': no block fits sram"),
    ],
)
def test_what_cannot_be_mapped_names_the_operator(change, sram, message):
    ops = [make_op("input", "input", 4, 8), make_op("fc", "linear", 4, 8, k=8, **change)]
    with pytest.raises(UnmappableError, match=message):
        run(make_workload(ops), make_machine(sram=sram))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_machines_by_both_engines(path):
    machine = load_accelerator(path)
    mapped = run(transformer(m=16, wide=48), machine)
    assert mapped.activations_on_chip
    for done in mapped.ops:
        assert closed_form.is_exact(done.schedule)
        assert closed_form.timing(done.schedule) == event_driven.timing(done.schedule)
        read, written = (done.actions[f"dram.{way}_bit"] for way in ("read", "write"))
        assert (done.schedule.total_load_bits, done.schedule.total_store_bits) == (read, written)


def test_an_accumulator_too_narrow_for_the_largest_sum_is_refused():
    # 8 products of at most 128 · 1: 1024, in two's complement 12 bit
    (op,) = [op for op in transformer().ops if op.name == "qkv"]
    assert (op.k, op.weight, op.activation) == (8, "levels_3", "int8")
    for accumulator_bits, fits in ((12, True), (11, False)):
        machine = make_machine(pe=TernaryAdder(2, 2, accumulator_bits))
        workload = make_workload([replace(op, statistics=None)])
        if fits:
            assert run(workload, machine).ops
        else:
            with pytest.raises(UnmappableError, match=r"11 bit accumulators .* needs 12 bit"):
                run(workload, machine)
