from dataclasses import replace

import pytest
from machines import (
    Serial,
    make_conv_gemm,
    make_convolution,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_place,
    with_memory,
)

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.mapping.refusal import UnmappableError, fed, feeding, too_large
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.folding import Conventions

ALL_STAY = ("weight", "output", "input")


def place_of(gemm=None, *, beats=1, lanes=1, stationary=ALL_STAY, **change):
    """Return a product on 2 × 3 elements with sums of 16 bit."""
    pe = PEArray(Serial(beats, lanes), 2, 3, 16, stationary=stationary)
    return make_place(gemm or make_gemm(8, 8, 8), make_machine(pe=pe, **change))


def test_memories_that_are_wide_enough_feed_whatever_stays():
    assert fed(place_of()) == list(ALL_STAY)
    assert fed(place_of(stationary=("output",))) == ["output"]


# ternary weights of 2 bit for 3 columns or 2 rows, inputs of 8 bit for 2 rows or 3 columns,
# 3 sums of 16 bit
@pytest.mark.parametrize(
    ("memory", "side", "needed"),
    [
        ("weight", "read", {"weight": 6, "output": 6, "input": 4}),
        ("inputs", "read", {"weight": 16, "output": 16, "input": 24}),
        ("output", "write", {"weight": 48, "output": 48, "input": 48}),
        ("output", "read", {"weight": 48, "output": 48, "input": 48}),
    ],
)
def test_each_memory_feeds_the_array_once_a_cycle(memory, side, needed):
    for stays, bits in needed.items():
        enough = {memory: {f"{side}_bits_per_cycle": bits}}
        assert fed(place_of(stationary=(stays,), **enough)) == [stays]
        if bits > 1:
            less = {memory: {f"{side}_bits_per_cycle": bits - 1}}
            with pytest.raises(UnmappableError, match=f"{side}s {bits - 1} bit/cycle; .* {bits} b"):
                fed(place_of(stationary=(stays,), **less))


def test_only_what_is_fed_is_tried():
    # inputs that stay want 24 bit a cycle, what streams 16
    assert fed(place_of(inputs={"read_bits_per_cycle": 16})) == ["weight", "output"]


def test_what_streams_comes_once_for_all_beats():
    # 4 beats: 16 bit of inputs in 4 cycles; what stays comes a row a cycle
    enough = {"inputs": {"read_bits_per_cycle": 4}, "weight": {"read_bits_per_cycle": 6}}
    assert fed(place_of(beats=4, stationary=("weight",), **enough)) == ["weight"]
    assert fed(place_of(beats=4, stationary=("output",), **enough)) == ["output"]
    less = {"inputs": {"read_bits_per_cycle": 3}}
    with pytest.raises(UnmappableError, match="needs 4 bit/cycle"):
        fed(place_of(beats=4, stationary=("weight",), **less))


def test_terms_side_by_side_come_side_by_side():
    assert fed(place_of(lanes=2, inputs={"read_bits_per_cycle": 32}, stationary=("weight",)))
    with pytest.raises(UnmappableError, match="needs 32 bit/cycle"):
        fed(place_of(lanes=2, inputs={"read_bits_per_cycle": 31}, stationary=("weight",)))


def test_sums_that_never_come_back_need_no_wide_read_port():
    narrow = {"read_bits_per_cycle": 1}
    assert fed(place_of(make_gemm(8, 2, 8), output=narrow)) == list(ALL_STAY)
    with pytest.raises(UnmappableError, match=r"outputs reads 1 bit/cycle"):
        fed(place_of(make_gemm(8, 3, 8), output=narrow))


def test_packed_weights_are_read_as_fields():
    # in bytes: 3 columns of 8 bit
    gemm = make_gemm(8, 8, 8, packing="byte")
    with pytest.raises(UnmappableError, match="needs 24 bit/cycle"):
        fed(place_of(gemm, stationary=("weight",), weight={"read_bits_per_cycle": 23}))


@pytest.mark.parametrize(("banks", "needed"), [(0, 16), (2, 16), (4, 32), (8, 32)])
def test_a_stride_meets_fewer_banks(banks, needed):
    gemm = make_conv_gemm(make_convolution(stride_width=2))
    enough = {"inputs": {"banks": banks, "read_bits_per_cycle": needed}}
    assert fed(place_of(gemm, stationary=("weight",), **enough)) == ["weight"]
    less = {"inputs": {"banks": banks, "read_bits_per_cycle": needed - 1}}
    with pytest.raises(UnmappableError, match=f"needs {needed} bit/cycle"):
        fed(place_of(gemm, stationary=("weight",), **less))
    # windows that were formed before lie side by side
    unfolded = place_of(gemm, stationary=("weight",), unfolding="scratchpad",
                        inputs={"banks": banks, "read_bits_per_cycle": 16})  # fmt: skip
    assert fed(unfolded) == ["weight"]


@pytest.mark.parametrize(
    ("stays", "preload", "needed"),
    [
        # 3 weights of 2 bit, 2 inputs of 8 bit, 3 sums of 16 bit that come back
        ("weight", "exposed", 16 + 48),
        ("weight", "hidden", 6 + 16 + 48),
        ("output", "exposed", 6 + 16 + 48),
        # 2 weights, 3 inputs
        ("input", "exposed", 4 + 48),
        ("input", "hidden", 24 + 4 + 48),
    ],
)
def test_a_memory_of_several_operands_feeds_all_of_them(stays, preload, needed):
    pe = PEArray(Serial(), 2, 3, 16, "systolic", Conventions(preload), (stays,))
    for rate, fits in ((needed, True), (needed - 1, False)):
        machine = make_hierarchy("shared", pe=pe, memories={"sram": {"read_bits_per_cycle": rate}})
        place = make_place(make_gemm(8, 8, 8), machine)
        if fits:
            assert fed(place) == [stays]
        else:
            with pytest.raises(UnmappableError, match=f"needs {needed} bit/cycle"):
                fed(place)


# 3 columns of 2 bit weights, 2 rows of 8 bit inputs, 3 sums of 16 bit that come back
@pytest.mark.parametrize(
    ("stays", "weights_bits", "inputs_bits"),
    [("weight", 6, 4), ("output", 2, 4), ("input", 1, 24)],
)
def test_what_each_port_must_pass(stays, weights_bits, inputs_bits):
    """Whatever streams comes in 4 beats, what stays comes a row a cycle."""
    place = place_of(beats=4, stationary=(stays,))
    told = {(level.name, side): bits for (level, side), bits in feeding(place, stays).items()}
    assert told == {
        ("weights", "read"): weights_bits,
        ("inputs", "read"): inputs_bits,
        ("outputs", "write"): 48,
        ("outputs", "read"): 48,
    }
    assert {level for level, _ in feeding(place, stays)} <= set(place.machine.memories)


@pytest.mark.parametrize(("preload", "read_bits"), [("exposed", 64), ("hidden", 70)])
def test_a_shared_memory_passes_what_comes_at_once(preload, read_bits):
    pe = PEArray(Serial(), 2, 3, 16, "systolic", Conventions(preload), ("weight",))
    place = make_place(make_gemm(8, 8, 8), make_hierarchy("shared", pe=pe))
    told = {(level.name, side): bits for (level, side), bits in feeding(place, "weight").items()}
    assert told == {("sram", "read"): read_bits, ("sram", "write"): 48}


@pytest.mark.parametrize("stays", ALL_STAY)
def test_ports_just_wide_enough_feed_and_no_narrower_ones(stays):
    wide = place_of(stationary=(stays,))
    needs = feeding(wide, stays)
    for short in (None, *needs):
        machine = wide.machine
        for (level, side), bits in needs.items():
            index = [one.name for one in machine.memories].index(level.name)
            passed = {f"{side}_bits_per_cycle": bits - ((level, side) == short)}
            machine = with_memory(machine, index, **passed)
        place = replace(wide, machine=machine)
        if short is None:
            assert fed(place) == [stays]
        else:
            with pytest.raises(UnmappableError, match=f"{short[0].name} {short[1]}s"):
                fed(place)


def test_the_smallest_tile_says_what_it_needs():
    machine = make_machine(sram={"capacity_bits": 100})
    place = make_place(make_gemm(8, 8, 8), machine)
    # a byte of weights, 4 inputs of 8 bit, 4 sums of 16, in two buffers
    assert too_large(place, {"sram": 10}) == (
        "the smallest tile, m·k·n = 2·2·2, needs 208 bit in sram (2 buffers), "
        "90 bit are free of 100"
    )


def test_where_activations_stay_the_smallest_tile_has_all_rows():
    # weights alone: 8 · 8 · 2 bit in two buffers do not fit 20 bit, 2 · 2 · 2 bit do
    gemm = make_gemm(8, 8, 8, on_chip=True)
    place = make_place(gemm, make_machine(sram={"capacity_bits": 15}))
    assert "m·k·n = 8·2·2, needs 16 bit in sram" in too_large(place, {})


def test_if_every_memory_alone_has_room_the_product_is_named():
    place = make_place(make_gemm(8, 8, 8), make_machine())
    assert too_large(place, {}) == "no mapping of 8 × 8 × 8 fits the memories of toy"
    other = replace(place, machine=replace(place.machine, name="other"))
    assert too_large(other, {}).endswith("of other")


def test_a_refusal_is_told_to_the_user():
    assert issubclass(UnmappableError, LowbitSimError)
