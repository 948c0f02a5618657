from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cycle_by_cycle import every_step
from hand_tables import evaluate, read_table, whole
from machines import (
    Serial,
    Skipping,
    make_convolution,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_op,
    make_place,
    make_workload,
)

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.mapping.crossing import dram_traffic
from lowbit_sim.mapping.mapper import Mapper, UnmappableError
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.network import NetworkMapper
from lowbit_sim.mapping.placing import reserved_bits_of
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.workload.parameters import parameter_bits
from lowbit_sim.workload.statistics import WeightStatistics

ROOT = Path(__file__).parents[2]
ONE_EACH = defaultdict(lambda: 1.0)
SHIPPED = ("ternary_pe", "int8_packed")

#: wide enough for sums of int8 products, as attention has them
WIDE = PEArray(TernaryAdder(), 2, 2, 24)


def one_layer_machine():
    ports = {"read_bits_per_cycle": 32, "write_bits_per_cycle": 32}
    return make_machine(
        pe=PEArray(TernaryAdder(), 4, 4, 16),
        packing="word_8",
        dram={"read_bits_per_cycle": 16, "write_bits_per_cycle": 16, "latency_cycles": 10},
        sram={"capacity_bits": 640, "latency_cycles": 2, **ports},
        weight={"capacity_bits": 64, **ports},
        inputs={"capacity_bits": 256, **ports},
        output={"capacity_bits": 512, "read_bits_per_cycle": 64, "write_bits_per_cycle": 64},
    )


def test_one_layer_by_hand():
    table = {row["what"]: row for row in read_table(Path(__file__).with_name("one_layer.md"))}
    by_hand = {what: whole(row["value"]) for what, row in table.items()}
    assert {what: evaluate(row["by hand"]) for what, row in table.items()} == by_hand
    gemm = make_gemm(
        4, 8, 8, packing="word_8", on_chip=True, input_from_dram_bits=256, output_to_dram=True
    )
    place = make_place(gemm, one_layer_machine())
    extents = Extent(1, 4, 8, 4), Extent(1, 4, 4, 4)
    mapping = Mapping("adders", "weight", extents, ("nkm", "nkm"))
    schedule, counts = Nest(place).unroll(mapping)
    for engine in (closed_form, event_driven):
        timing = engine.timing(schedule)
        assert timing.total_cycles == by_hand["total"]
        for cause in ("fill", "compute", "stall_load", "stall_store", "drain"):
            assert getattr(timing, f"{cause}_cycles") == by_hand[cause], cause
    product = Product(1, gemm.whole, gemm.weight, gemm.activation, "weight", (20, 24, 20))
    actions = Nest(place).actions(counts) + place.array.pe.actions(product)
    assert dict(actions) == {what: count for what, count in by_hand.items() if "." in what}
    first, second = schedule.in_order()
    for step, name in ((first, "first"), (second, "second")):
        assert step.load_cycles == by_hand[f"cycles of the {name} load"]
        assert step.store_cycles == by_hand["cycles of a store"]
        assert step.store_bits == by_hand["store bits of a block"]
        assert closed_form.timing(step.inner).total_cycles == by_hand["cycles of a block"]
    assert first.load_bits == by_hand["bits of the first load"]
    assert second.load_bits == by_hand["weight bits of a block"]
    tiles = list(first.inner.in_order())
    assert {tile.load_bits for tile in tiles} == {by_hand["load bits of a tile"]}
    assert {tile.load_cycles for tile in tiles} == {by_hand["cycles of a tile's load"]}
    assert {tile.compute_cycles for tile in tiles} == {by_hand["cycles of a tile's computation"]}
    assert tiles[-1].store_cycles == by_hand["cycles of a block's store"]


def test_the_mapping_of_that_layer_is_found_or_a_better_one():
    statistics = WeightStatistics((20, 24, 20), (5, 5, 5, 5, 5, 5, 5, 5))
    ops = [
        make_op("input", "input", 4, 8),
        make_op("fc", "linear", 4, 8, k=8, statistics=statistics),
    ]
    mapped = run(make_workload(ops), one_layer_machine(), "cycles")
    (layer,) = mapped.ops
    assert closed_form.timing(layer.schedule).total_cycles <= 130
    assert (layer.actions["adder.add"], layer.actions["adder.skip"]) == (4 * 40, 4 * 24)


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


def network(machine, objective="edp", price=ONE_EACH):
    return NetworkMapper(machine, Mapper(closed_form.timing, price, 0.0, objective))


def run(workload, machine, objective="edp", **given):
    return network(machine, objective).map(workload, **given)


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
    machine = make_machine(pe=WIDE, sram={"capacity_bits": 1100})
    mapped = run(transformer(), machine)
    assert not mapped.activations_on_chip
    for done in mapped.ops:
        read, written = dram_bits(mapped)[done.op.name]
        assert written >= done.op.output_bits
        unique = done.op.input_elements * number_format(done.op.activation).field_bits
        assert read >= unique + done.op.weight_elements * 2
    assert mapped.peak_live_bits > 0


def test_activations_stay_if_they_fit_beside_some_tile_of_every_operator():
    workload = transformer()
    live_bits = run(workload, make_machine(pe=WIDE)).peak_live_bits
    # two columns of all 8 ternary weights in two buffers: less than sums of half of them need
    least = live_bits + 2 * 8 * 2 * 2
    for capacity_bits, fits in ((least, True), (least - 1, False)):
        mapper = network(make_machine(pe=WIDE, sram={"capacity_bits": capacity_bits}))
        reserved = reserved_bits_of(mapper.machine, workload, live_bits, True, False)
        if fits:
            assert mapper._ops(workload, {}, reserved, True, False)
        else:
            with pytest.raises(UnmappableError, match="operator 'qkv'"):
                mapper._ops(workload, {}, reserved, True, False)
            assert not mapper.map(workload).activations_on_chip


@pytest.mark.parametrize("objective", ["cycles", "energy", "edp"])
@pytest.mark.parametrize("latency_cycles", [0, 200])
def test_the_better_of_both_ways_is_taken(objective, latency_cycles):
    workload = transformer()
    dram = {"latency_cycles": latency_cycles, "read_bits_per_cycle": 512}
    mapper = network(make_machine(pe=WIDE, dram=dram), objective)
    live_bits = mapper.map(workload).peak_live_bits
    scores = {}
    for on_chip in (True, False):
        reserved = reserved_bits_of(mapper.machine, workload, live_bits, on_chip, False)
        ops = mapper._ops(workload, {}, reserved, on_chip, False)
        cycles = sum(closed_form.timing(op.schedule).total_cycles for op in ops)
        energy_pj = sum(sum(op.actions[n] for n in op.actions) for op in ops)
        scores[on_chip] = {"cycles": cycles, "energy": energy_pj, "edp": cycles * energy_pj}
    best = min(scores, key=lambda on_chip: scores[on_chip][objective])
    assert mapper.map(workload).activations_on_chip is best


def test_without_a_home_activations_pass_the_dram():
    mapped = run(transformer(), make_hierarchy("separate", pe=WIDE))
    assert not mapped.activations_on_chip
    assert all(written for _, written in dram_bits(mapped).values())


def test_where_weights_pass_another_memory_their_stand_ins_go_through_the_dram():
    machine = make_hierarchy("bypassed", pe=WIDE)
    crossing = dram_traffic(transformer(), machine)
    # scores multiplies qkv by itself, context multiplies softmax's result by qkv's
    assert [name for name, (_, leaves) in crossing.items() if leaves] == ["qkv", "head"]
    mapped = run(transformer(), machine)
    assert mapped.activations_on_chip
    bits = dram_bits(mapped)
    assert bits["qkv"] == (8 * 24 * 2, 4 * 24 * 8)
    assert bits["scores"] == (4 * 8 * 8, 0)  # the second operand
    assert bits["context"] == (4 * 8 * 8, 0)
    assert bits["softmax"] == (0, 0)  # the first operand stays


def test_an_input_that_is_a_first_operand_is_read_where_weights_pass_another_memory():
    ops = [
        make_op("query", "input", 4, 8),
        make_op("key", "input", 4, 8),
        make_op("scores", "matmul", 4, 4, k=8),
    ]
    workload = make_workload(ops, [("query", "scores"), ("key", "scores")])
    for name in ("bypassed", "scratchpads"):
        bits = dram_bits(run(workload, make_hierarchy(name, pe=WIDE)))
        assert bits["scores"][0] == (4 * 8 + 8 * 4) * 8


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


def test_what_an_output_reads_leaves_and_is_read_on():
    ops = [
        make_op("input", "input", 4, 8),
        make_op("one", "relu", 4, 8),
        make_op("kept", "output", 4, 8),
        make_op("two", "relu", 4, 8),
    ]
    pairs = [("input", "one"), ("one", "kept"), ("one", "two")]
    crossing = dram_bits(run(make_workload(ops, pairs), make_machine()))
    assert crossing == {"one": (256, 256), "two": (0, 256)}


def test_a_convolution_reads_its_image_once_on_the_chip():
    geometry = make_convolution()
    batch, m, k, n = geometry.gemm_dims
    ops = [
        make_op("input", "input", 9, 14),
        make_op("conv", "conv2d", m, n, k=k, batch=batch, convolution=geometry),
    ]
    mapped = run(make_workload(ops), make_machine(), "energy")
    (read, written) = dram_bits(mapped)["conv"]
    assert mapped.ops[0].mapping.extents[0].m == m
    assert read == 9 * 14 * 8 + 8 * -(-k * n * 2 // 8)
    assert written == m * n * 8


def test_equal_operators_are_mapped_once():
    def calls(depth):
        ops = [make_op("input", "input", 4, 8)]
        ops += [make_op(f"fc{i}", "linear", 4, 8, k=8) for i in range(depth)]
        counted = []

        def timer(schedule):
            counted.append(schedule)
            return closed_form.timing(schedule)

        mapper = NetworkMapper(machine, Mapper(timer, ONE_EACH, 0.0))
        mapper.map(make_workload(ops))
        searched, known = len(counted), dict(mapper.known)
        counted.clear()
        mapper.map(make_workload(ops))
        assert len(counted) == 2 * depth  # both ways are added up, nothing is searched
        assert mapper.known == known
        return searched - 2 * depth, len(known)

    machine = make_machine(sram={"capacity_bits": 4000})
    # the first reads the network's input, the last writes its output; all between are equal, and
    # off the chip all are
    assert calls(3) == calls(9) > calls(2)
    assert calls(9)[1] == 3 + 1


def test_real_weights_decide_adds_and_skips():
    ops = [make_op("input", "input", 2, 4), make_op("fc", "linear", 2, 4, k=4)]
    statistics = WeightStatistics((3, 8, 5), (2, 2, 2, 2))
    known, unknown = (
        run(make_workload([ops[0], replace(ops[1], statistics=s)]), make_machine()).ops[0].actions
        for s in (statistics, None)
    )
    assert (known["adder.add"], known["adder.skip"]) == (2 * 8, 2 * 8)
    assert (unknown["adder.add"], unknown["adder.skip"]) == (2 * 16, 0)


def test_values_decide_the_beats_where_the_array_asks_for_them():
    pe = PEArray(Skipping(4), 2, 2, 16, stationary=("weight",))
    ops = [
        make_op("input", "input", 5, 4),
        make_op("fc", "linear", 5, 2, k=4, weight="levels_9"),
    ]
    values = np.array([[1, -1], [0, 1], [-3, 0], [2, 1]], np.int8)
    workload, machine = make_workload(ops), make_machine(pe=pe)
    cycles = [
        closed_form.timing(run(workload, machine, "cycles", values=given).ops[0].schedule)
        for given in ({}, {"fc": values})
    ]
    # two folds of 2 preloads, skew 2 and 5 rows of 4 beats each; or of 1 beat, and of 3
    assert cycles[0].compute_cycles == 2 * (2 + 5 * 4 + 2)
    assert cycles[1].compute_cycles == (2 + 5 * 1 + 2) + (2 + 5 * 3 + 2)


def test_an_operator_goes_to_the_first_array_that_takes_it():
    arrays = (
        NamedArray("adders", PEArray(TernaryAdder(), 2, 2, 16)),
        NamedArray("floats", PEArray(FloatMac(), 2, 2, 32)),
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
        ({}, {"capacity_bits": 100}, "operator 'fc': the smallest tile, .* in sram"),
    ],
)
def test_what_cannot_be_mapped_names_the_operator(change, sram, message):
    ops = [make_op("input", "input", 4, 8), make_op("fc", "linear", 4, 8, k=8, **change)]
    with pytest.raises(UnmappableError, match=message):
        run(make_workload(ops), make_machine(sram=sram))


def test_weights_stay_if_all_of_them_fit():
    workload = transformer()
    packed = parameter_bits(workload, "whole_field")
    assert packed == 2 * (8 * 24 + 8 * 8 + 8 * 10)
    machine = make_machine(pe=WIDE)
    mapped = run(workload, machine, weights_stay=True)
    assert mapped.weights_on_chip
    crossing = {name: bits for name, bits in dram_bits(mapped).items() if bits != (0, 0)}
    assert crossing == {"norm": (4 * 8 * 8, 0), "head": (0, 10 * 8)}
    live_bits = mapped.peak_live_bits
    reserved = reserved_bits_of(machine, workload, live_bits, True, True)
    assert reserved == {"sram": live_bits + packed}
    small = make_machine(pe=WIDE, sram={"capacity_bits": packed})
    assert run(workload, small, weights_stay=True) is None
    assert run(workload, make_machine(pe=WIDE, sram={"capacity_bits": 2000})) is not None


def test_decoded_weights_stay_as_fields():
    ops = [make_op("input", "input", 4, 8), make_op("fc", "linear", 4, 5, k=7)]
    workload = make_workload(ops)
    packed, fields = 8 * 7, 2 * 35  # 35 ternary weights: 5 in a byte, or 2 bit each
    for depth, expected in ((1, packed), (0, fields)):
        machine = make_machine(packing="word_8", decoder_depth=depth)
        mapper = network(machine)
        assert reserved_bits_of(mapper.machine, workload, 0, False, True) == {"sram": expected}


def test_weights_that_stay_leave_less_room_for_vector_operators():
    ops = [
        make_op("input", "input", 4, 64),
        make_op("act", "relu", 4, 64),
        make_op("fc", "linear", 4, 4, k=64),
    ]
    workload = make_workload(ops)
    mapper = network(make_machine(sram={"capacity_bits": 3000}), "cycles")
    kept = [reserved_bits_of(mapper.machine, workload, 0, False, stays) for stays in (False, True)]
    free, stay = kept
    assert kept == [{}, {"sram": 512}]
    blocks = []
    for reserved, stays in ((free, False), (stay, True)):
        (act,) = (op for op in mapper._ops(workload, {}, reserved, False, stays)
                  if op.op.name == "act")  # fmt: skip
        blocks.append(max(step.load_bits for step in every_step(act.schedule.body)))
    # in two buffers of 8 bit in and 8 bit out: up to 64 outputs at once of 93, or of 77
    assert max(blocks) * 2 * 2 <= 3000 - 512


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_machines_by_both_engines(name):
    machine = load_accelerator(ROOT / "arch_specs" / f"{name}.yaml")
    mapped = run(transformer(m=16, wide=48), machine)
    assert mapped.activations_on_chip
    for done in mapped.ops:
        assert closed_form.is_exact(done.schedule)
        assert closed_form.timing(done.schedule) == event_driven.timing(done.schedule)
        read, written = (done.actions[f"dram.{way}_bit"] for way in ("read", "write"))
        assert (done.schedule.load_bits, done.schedule.store_bits) == (read, written)


def test_an_accumulator_too_narrow_for_the_largest_sum_is_refused():
    # 8 products of at most 128 · 1: 1024, in two's complement 12 bit
    (op,) = [op for op in transformer().ops if op.name == "qkv"]
    assert (op.k, op.weight, op.activation) == (8, "levels_3", "int8")
    for accumulator_bits, fits in ((12, True), (11, False)):
        machine = make_machine(pe=PEArray(Serial(), 2, 2, accumulator_bits))
        workload = make_workload([replace(op, statistics=None)])
        if fits:
            assert run(workload, machine).ops
        else:
            with pytest.raises(UnmappableError, match=r"11 bit accumulators .* needs 12 bit"):
                run(workload, machine)
