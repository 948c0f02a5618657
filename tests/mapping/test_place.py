"""What one step moves, worked out by hand."""

import pytest
from machines import (
    Serial,
    make_conv_gemm,
    make_convolution,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_place,
)

from lowbit_sim.mapping.mapping import Extent
from lowbit_sim.mapping.walk import TileStep
from lowbit_sim.pe.array import PEArray

NOTHING = dict.fromkeys(
    ["loads_weight", "loads_input", "loads_partial", "loads_channels",
     "accumulates", "stores", "final", "first"], False
)  # fmt: skip


def step(batch, m, k, n, **flags):
    return TileStep(Extent(batch, m, k, n), **(NOTHING | flags))


def told(transfers):
    """Return {(memory, side): (bits, bits on the port, rows)}."""
    found = {(t.level.name, t.side): (t.bits_moved, t.port_bits, t.rows) for t in transfers}
    assert len(found) == len(transfers)
    return found


@pytest.mark.parametrize(
    ("packing", "packed", "held"),
    [
        # 2 · (5 · 3) ternary weights: 5 in a byte, 2 bit each in whole bytes, a byte each
        ("word_8", 6 * 8, 30 * 2),
        ("whole_field", 64, 30 * 2),
        ("byte", 30 * 8, 30 * 8),
    ],
)
def test_weights_cross_the_decoder_once(packing, packed, held):
    gemm = make_gemm(4, 10, 6, batch=2, packing=packing)
    loads = step(2, 4, 5, 3, loads_weight=True)
    behind = make_place(gemm, make_machine(packing=packing))
    assert told(behind.loads(0, loads)) == {
        ("dram", "read"): (packed, packed, 0),
        ("sram", "write"): (packed, packed, 0),
    }
    assert told(behind.loads(1, loads)) == {
        ("sram", "read"): (packed, packed, 0),
        ("weights", "write"): (held, held, 0),
    }
    before = make_place(gemm, make_machine(packing=packing, decoder_depth=0))
    assert told(before.loads(0, loads))["sram", "write"] == (held, held, 0)
    assert told(before.loads(1, loads)) == {
        ("sram", "read"): (held, held, 0),
        ("weights", "write"): (held, held, 0),
    }


def test_activations_in_the_place_of_weights_are_not_packed():
    gemm = make_gemm(4, 4, 4, weight="int8", packing="word_8", weights_are_activations=True)
    place = make_place(gemm, make_machine(packing="word_8"))
    moved = told(place.loads(0, step(1, 4, 4, 4, loads_weight=True)))
    assert moved["dram", "read"] == moved["sram", "write"] == (128, 128, 0)


def test_biases_and_scales_go_past_the_innermost_memory():
    # 4 ternary weights in a byte, 64 bit for each of 2 columns
    gemm = make_gemm(4, 2, 2, channel_bits=64)
    place = make_place(gemm, make_machine())
    last = step(1, 4, 2, 2, loads_weight=True, loads_channels=True)
    assert told(place.loads(0, last)) == {
        ("dram", "read"): (8 + 128, 136, 0),
        ("sram", "write"): (8 + 128, 136, 0),
    }
    assert told(place.loads(1, last)) == {
        ("sram", "read"): (8 + 128, 136, 0),
        ("weights", "write"): (8, 8, 0),
    }
    earlier = step(1, 4, 2, 2, loads_weight=True)
    assert told(place.loads(1, earlier))["sram", "read"] == (8, 8, 0)


def test_inputs_are_loaded_if_they_are_new():
    place = make_place(make_gemm(4, 6, 2), make_machine())
    assert place.loads(0, step(1, 4, 6, 2)) == []
    assert told(place.loads(1, step(1, 4, 3, 2, loads_input=True))) == {
        ("sram", "read"): (96, 96, 0),
        ("inputs", "write"): (96, 96, 0),
    }


@pytest.mark.parametrize(
    ("extent", "runs", "run_bits"),
    [
        ((1, 4, 6, 2), 1, 4 * 6 * 8),  # all of k: rows follow one another
        ((1, 4, 3, 2), 4, 3 * 8),  # half of k: a run for each row
        ((3, 4, 6, 2), 3, 4 * 6 * 8),  # a product is far from the next
        ((3, 4, 3, 2), 12, 3 * 8),
    ],
)
def test_runs_are_rounded_up_to_bursts(extent, runs, run_bits):
    gemm = make_gemm(8, 6, 2, batch=3)
    place = make_place(gemm, make_machine(dram={"burst_bits": 64}))
    bits, port_bits, _ = told(place.loads(0, step(*extent, loads_input=True)))["dram", "read"]
    assert bits == runs * run_bits
    assert port_bits == runs * -(-run_bits // 64) * 64


@pytest.mark.parametrize(
    ("extent", "rows"),
    [
        # rows of 100 bit; 8 · 6 inputs of 8 bit a product: 48 bit a row of the matrix
        ((1, 4, 6, 2), 2),  # 192 bit
        ((1, 4, 3, 2), 2),  # 4 runs of 24, 48 apart: within 168 bit
        ((1, 2, 3, 2), 1),  # within 72 bit
        ((3, 4, 6, 2), 6),  # every product begins a row of its own
        ((3, 1, 3, 2), 3),
    ],
)
def test_rows_of_the_dram(extent, rows):
    machine = make_machine(dram={"row_bits": 100, "row_miss_cycles": 7, "read_bits_per_cycle": 10})
    place = make_place(make_gemm(8, 6, 2, batch=3), machine)
    loads = place.loads(0, step(*extent, loads_input=True))
    bits, _, activated = told(loads)["dram", "read"]
    assert activated == rows
    assert place.cycles(loads) == 10 + 7 * rows + -(-bits // 10)


def test_results_that_hold_all_columns_lie_side_by_side():
    machine = make_machine(dram={"burst_bits": 32, "row_bits": 100})
    place = make_place(make_gemm(4, 4, 4, batch=2), machine)
    whole = told(place.stores(0, step(2, 4, 4, 4, stores=True, final=True)))
    assert whole["dram", "write"] == (256, 256, 2 * 2)  # twice 128 bit in two rows each
    part = told(place.stores(0, step(2, 4, 4, 2, stores=True, final=True)))
    # 8 runs of 16 bit in bursts of 32; in each product 4 runs within 3 · 32 + 16 bit
    assert part["dram", "write"] == (128, 256, 2 * 2)


def test_sums_leave_at_their_width_and_results_at_theirs():
    place = make_place(make_gemm(4, 8, 4), make_machine())
    partial = step(1, 2, 2, 2, stores=True)
    final = step(1, 2, 2, 2, stores=True, final=True)
    # 4 sums of 16 bit, 4 results of 8; the innermost memory holds sums to the end
    assert told(place.stores(1, partial)) == {
        ("outputs", "read"): (64, 64, 0),
        ("sram", "write"): (64, 64, 0),
    }
    assert told(place.stores(1, final)) == {
        ("outputs", "read"): (64, 64, 0),
        ("sram", "write"): (32, 32, 0),
    }
    assert told(place.stores(0, final)) == {
        ("sram", "read"): (32, 32, 0),
        ("dram", "write"): (32, 32, 0),
    }
    assert place.stores(1, step(1, 2, 2, 2, final=True)) == []
    back = step(1, 2, 2, 2, loads_partial=True, accumulates=True)
    assert told(place.loads(1, back)) == {
        ("sram", "read"): (64, 64, 0),
        ("outputs", "write"): (64, 64, 0),
    }


def test_what_stays_on_the_chip_does_not_cross():
    everything = {"loads_weight": True, "loads_input": True, "loads_partial": True}
    everything |= {"stores": True, "final": True, "first": True}
    arriving = step(1, 4, 4, 4, **everything)
    gemm = make_gemm(4, 4, 4, on_chip=True, input_from_dram_bits=100, output_to_dram=True)
    place = make_place(gemm, make_machine())
    assert told(place.stores(0, arriving)) == {
        ("sram", "read"): (128, 128, 0),
        ("dram", "write"): (128, 128, 0),
    }
    # the weights, and the network's input with the first step, all at once
    sides = [(t.level.name, t.side, t.bits_moved) for t in place.loads(0, arriving)]
    assert sides == [
        ("dram", "read", 32), ("sram", "write", 32), ("dram", "read", 100), ("sram", "write", 100),
    ]  # fmt: skip
    later = step(1, 4, 4, 4, **(everything | {"first": False}))
    assert len(place.loads(0, later)) == 2
    middle = make_place(make_gemm(4, 4, 4, on_chip=True, weights_stay=True), make_machine())
    assert middle.loads(0, arriving) == []
    assert middle.stores(0, arriving) == []
    assert len(middle.loads(1, arriving)) == 6
    assert [middle.crosses(o, 0) for o in ("weight", "input", "output")] == [False] * 3
    assert [middle.crosses(o, 1) for o in ("weight", "input", "output")] == [True] * 3
    assert [middle.crosses(o, 2) for o in ("weight", "input", "output")] == [False] * 3


def test_activations_in_the_place_of_weights_stay_with_the_activations():
    for on_chip in (True, False):
        gemm = make_gemm(4, 4, 4, weight="int8", weights_are_activations=True, on_chip=on_chip,
                         weights_stay=True)  # fmt: skip
        assert make_place(gemm, make_machine()).crosses("weight", 0) is not on_chip


def test_a_memory_may_be_bypassed():
    # weights have one boundary, sums two
    place = make_place(make_gemm(4, 4, 4), make_hierarchy("bypassed"))
    loads = step(1, 4, 4, 4, loads_weight=True, loads_input=True, stores=True, final=True)
    names = [(t.level.name, t.side) for t in place.loads(0, loads)]
    assert names == [
        ("dram", "read"), ("weights", "write"), ("dram", "read"), ("unified", "write"),
    ]  # fmt: skip
    assert place.loads(1, loads) == []
    assert [t.level.name for t in place.stores(1, loads)] == ["sums", "unified"]


GEOMETRY = make_convolution(in_height=8, in_width=8, stride_width=2)  # 6 × 3 outputs


def test_windows_are_formed_at_the_array_or_in_the_scratchpad():
    gemm = make_conv_gemm(GEOMETRY)
    row = step(1, 3, 18, 3, loads_input=True)
    at_array = make_place(gemm, make_machine())
    # 3 rows of 8 inputs in 2 channels, or 3 windows of 18
    assert told(at_array.loads(0, row))["sram", "write"] == (48 * 8, 48 * 8, 0)
    assert told(at_array.loads(1, row))["inputs", "write"] == (48 * 8, 48 * 8, 0)
    unfolded = make_place(gemm, make_machine(unfolding="scratchpad"))
    assert told(unfolded.loads(0, row))["sram", "write"] == (48 * 8, 48 * 8, 0)
    assert told(unfolded.loads(1, row))["inputs", "write"] == (54 * 8, 54 * 8, 0)
    assert at_array.input_elements(row.extent, 2) == 48
    assert unfolded.input_elements(row.extent, 1) == 48
    assert unfolded.input_elements(row.extent, 2) == 54


@pytest.mark.parametrize(("banks", "factor"), [(0, 1), (2, 1), (4, 2), (8, 2)])
def test_banks_that_a_stride_does_not_meet_stand_idle(banks, factor):
    # half of the banks for each of two buffers; a stride of 2 meets every other one of them
    machine = make_machine(sram={"banks": banks}, unfolding="scratchpad")
    place = make_place(make_conv_gemm(GEOMETRY), machine)
    row = step(1, 3, 18, 3, loads_input=True)
    assert told(place.loads(1, row))["sram", "read"] == (432, 432 * factor, 0)
    assert told(place.loads(0, row))["dram", "read"] == (384, 384, 0)


def test_only_the_innermost_memory_takes_windows():
    # a tile that shares so little that whole rows would be more: as many elements as windows
    machine = make_hierarchy("deep", memories={"global": {"banks": 4}}, unfolding="scratchpad")
    place = make_place(make_conv_gemm(GEOMETRY), machine)
    small = step(1, 1, 9, 3, loads_input=True)
    assert told(place.loads(1, small))["global", "read"] == (72, 72, 0)


@pytest.mark.parametrize(
    ("widths", "cycles"),
    [
        # 18 ternary weights in 5 byte, 18 inputs of 8 bit: 184 bit out of the sram; latency 3
        ({"sram": {"read_bits_per_cycle": 10}}, 3 + 19),
        ({"weight": {"write_bits_per_cycle": 2}}, 3 + 18),
        ({"inputs": {"write_bits_per_cycle": 16}}, 3 + 9),
        ({"inputs": {"write_bits_per_cycle": 1000, "latency_cycles": 9}}, 9 + 1),
        ({}, 3 + 1),
    ],
)
def test_the_slowest_port_decides(widths, cycles):
    changes = {"sram": {"latency_cycles": 3} | widths.pop("sram", {}), **widths}
    machine = make_machine(**changes)
    place = make_place(make_gemm(4, 6, 3, packing="whole_field"), machine)
    assert place.cycles(place.loads(1, step(1, 3, 6, 3, loads_weight=True, loads_input=True))) == (
        cycles
    )


def test_nothing_to_move_takes_no_cycle():
    place = make_place(make_gemm(2, 2, 2), make_machine(sram={"latency_cycles": 5}))
    assert place.cycles([]) == 0


@pytest.mark.parametrize(
    ("stays", "weights", "inputs", "writes"),
    [
        # 5 × 12 × 5 in batches of 2 on 2 × 3 elements of 2 terms: 3 folds over k, 2 over n,
        # of m 3 in the rows or 2 in the columns; times 60 weights, 60 inputs, 25 sums
        ("weight", 1, 2, 3),
        ("input", 2, 1, 3),
        ("output", 3, 2, 1),
    ],
)
def test_what_the_array_reads_and_writes(stays, weights, inputs, writes):
    pe = PEArray(Serial(lanes=2), 2, 3, 16, stationary=("weight", "input", "output"))
    place = make_place(make_gemm(5, 12, 5, batch=2), make_machine(pe=pe))
    for accumulates in (False, True):
        bits = place.array_bits(Extent(2, 5, 12, 5), stays, accumulates=accumulates)
        assert [(level.name, side, moved) for level, side, moved in bits] == [
            ("weights", "read", 2 * 60 * 2 * weights),
            ("inputs", "read", 2 * 60 * 8 * inputs),
            ("outputs", "write", 2 * 25 * 16 * writes),
            ("outputs", "read", 2 * 25 * 16 * (writes - 1 + accumulates)),
        ]
