import dataclasses

import pytest

from lowbit_sim.energy.area import (
    area_um2_by_component,
    silicon_apart_from_memories,
    silicon_by_component,
)
from lowbit_sim.energy.technology import Silicon
from lowbit_sim.errors import SpecError
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.bit_brick import BitBrick
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.bit_serial_both import BitSerialBoth
from lowbit_sim.pe.bit_serial_skip import BitSerialSkip
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_popcount import TernaryPopcount
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.pe.xnor_popcount import XnorPopcount

TWOS, SECOND_UM2, SECOND_NW = "twos_complement", 5.393, 80.8


def one(element, accumulator_bits=24, **more):
    return PEArray(element, rows=1, cols=1, accumulator_bits=accumulator_bits, **more)


def test_by_hand(technology, machine):
    assert area_um2_by_component(technology, machine()) == pytest.approx(
        {
            "adders": 6 * 237.3,
            "vector_unit": 4 * 3984,
            "shared": 65536 * 0.4111,  # 8 KiB
            "weights": 16384 * 0.4111,  # 2 KiB
        },
        rel=1e-12,
    )


@pytest.mark.parametrize("packing", ["word_8", "word_64"])
@pytest.mark.parametrize(("depth", "port_bits"), [(0, 64), (1, 128)])
def test_digit_words_need_a_decoder_as_wide_as_the_port_before_it(
    technology, machine, packing, depth, port_bits
):
    areas = area_um2_by_component(technology, machine(packing=packing, decoder_depth=depth))
    assert areas["decoder"] == pytest.approx(port_bits * 19.82, rel=1e-12)


def test_the_decoder_follows_the_port_that_is_read(technology, machine):
    small = machine(packing="word_8")
    dram, shared, *others = small.memories
    narrow = dataclasses.replace(shared, write_bits_per_cycle=8)
    small = dataclasses.replace(small, memories=(dram, narrow, *others))
    assert area_um2_by_component(technology, small)["decoder"] == pytest.approx(128 * 19.82)


@pytest.mark.parametrize("packing", ["whole_field", "byte"])
def test_fields_need_no_decoder(technology, machine, packing):
    assert "decoder" not in area_um2_by_component(technology, machine(packing=packing))


BROADCAST = {"organisation": "broadcast"}
SKIPS, LANES = ({**BROADCAST, "stationary": (stays,)} for stays in ("weight", "output"))


@pytest.mark.parametrize(
    ("pe", "area_um2", "leakage_nw"),
    [
        (one(TernaryAdder(), 32), 237.3 + 8 * 7.433, 3860 + 8 * 125.5),
        (one(TernaryAdder(), 16), 237.3 - 8 * 7.433, 3860 - 8 * 125.5),
        (one(BitSerial(TWOS), 32), 284.864, 3691 + 8 * 125.5),
        (one(BitSerial(TWOS, planes_per_cycle=2)), 225.4 + 110.1, 3691 + 2039),
        (one(BitSerialSkip("each"), **SKIPS), 311.3, 5061),
        (one(BitSerialSkip("column"), **SKIPS), 251.5, 4117),
        (one(BitSerialSkip("interleave"), **LANES), 6679, 111600),
        (
            one(BitSerialSkip("interleave", weights_per_group=16), **LANES),
            *(6679 - 48 * 96.20, 111600 - 48 * 1593),
        ),
        (one(TernarySkip(), **LANES), 470.0, 7606),
        (one(TernarySkip(weights_per_group=8), **LANES), 470.0 - 8 * 18.94, 7606 - 8 * 298.6),
        (one(ShiftAdd()), 309.2, 5004),
        (one(BitSerialBoth(TWOS)), 668.8, 10330),
        (one(BitSerialBoth(TWOS, lanes=8)), 668.8 - 8 * 30.67, 10330 - 8 * 457.4),
        (one(BitBrick(), 32), 1277 + 8 * 7.108, 24840 + 8 * 120.2),
        (one(BitBrick(bricks=4)), 1277 - 12 * 69.64, 24840 - 12 * 1382),
        (one(LookupTable(group=4), **BROADCAST), 579.2, 9569),
        (one(LookupTable(group=3), **BROADCAST), 393.1, 6471),
        (one(XnorPopcount()), 504.4, 8306),
        (one(XnorPopcount(lanes=64)), 504.4 + 32 * 10.20, 8306 + 32 * 165.4),
        (one(TernaryPopcount()), 897.1, 14700),
        (one(TernaryPopcount(lanes=96), 16), 897.1 + 64 * 22.47 - 8 * 7.433, 14700 + 22375.2),
        (one(IntegerMac(), 32), 506.8 + 8 * 7.108, 8865 + 8 * 120.2),
        (one(IntegerMac(operand_bits=16)), 1463, 26720),
        (one(FloatMac(), 32), 12168, 222600),
    ],
)
def test_a_pe_follows_accumulator_and_parameters(technology, machine, pe, area_um2, leakage_nw):
    part = silicon_by_component(technology, machine({"a": pe}))["a"]
    assert part.area_um2 == pytest.approx(area_um2, rel=1e-9)
    assert part.leakage_nw == pytest.approx(leakage_nw, rel=1e-9)


SYSTOLIC = "no area and leakage for the PE kind 'lookup_table' with organisation systolic and group"


@pytest.mark.parametrize(
    ("pe", "told"),
    [
        (
            one(IntegerMac(operand_bits=12)),
            (
                "pes: no area and leakage for the PE kind 'integer_mac' with operand 12; "
                "there is one with operand 8, or operand 16"
            ),
        ),
        (one(LookupTable(group=3)), f"{SYSTOLIC} 3; there is one with group 4 and organisation"),
        (one(LookupTable(group=5), **BROADCAST), "organisation broadcast and group 5; there is"),
        (
            one(BitSerialBoth(TWOS, weight_planes_per_cycle=2)),
            "lanes 16 and weight_planes_per_cycle 2 and activation_planes_per_cycle 1; there is",
        ),
    ],
)
def test_parameters_that_no_row_holds_for_are_refused(technology, machine, pe, told):
    with pytest.raises(SpecError) as caught:
        area_um2_by_component(technology, machine({"a": pe}))
    assert told in str(caught.value)
    assert caught.value.faults[0].file == technology.path


HIDDEN = Conventions(preload="hidden")
OVERLAPPED = Conventions(folds="overlapped")


@pytest.mark.parametrize(
    ("pe", "second_bits"),
    [
        (one(IntegerMac()), 0),
        (one(IntegerMac(), conventions=HIDDEN), 8),
        (one(IntegerMac(operand_bits=16), conventions=HIDDEN), 16),
        (one(TernaryAdder(), conventions=HIDDEN), 12),  # six trits
        (one(ShiftAdd(), conventions=HIDDEN), 20),  # four terms of five bit
        (one(BitBrick(), conventions=HIDDEN, stationary=("weight",)), 32),  # 16 by 2 bit
        (one(TernaryPopcount(lanes=96), conventions=HIDDEN, stationary=("weight",)), 192),
        (one(IntegerMac(), conventions=HIDDEN, stationary=("output",)), 0),
        (one(IntegerMac(), conventions=OVERLAPPED), 24),  # sums that drain meanwhile
        (one(IntegerMac(), conventions=OVERLAPPED, stationary=("weight",)), 0),
        (one(IntegerMac(), conventions=Conventions(folds="overlapped", drain="direct")), 0),
        (one(IntegerMac(), conventions=Conventions("hidden", "overlapped")), 32),
    ],
)
def test_second_registers(technology, machine, pe, second_bits):
    plain = dataclasses.replace(pe, conventions=Conventions())
    found, usual = (silicon_by_component(technology, machine({"a": a}))["a"] for a in (pe, plain))
    area_um2, leakage_nw = second_bits * SECOND_UM2, second_bits * SECOND_NW
    assert found.area_um2 - usual.area_um2 == pytest.approx(area_um2, abs=1e-6)
    assert found.leakage_nw - usual.leakage_nw == pytest.approx(leakage_nw, abs=1e-6)


def test_twice_the_rows_take_twice_the_area(technology, machine):
    small, large = (
        area_um2_by_component(
            technology,
            machine({"a": PEArray(TernaryAdder(), rows=r, cols=5, accumulator_bits=24)}),
        )
        for r in (7, 14)
    )
    assert large.pop("a") == pytest.approx(2 * small.pop("a"))
    assert large == small


def test_two_arrays_are_two_parts(technology, machine):
    arrays = {"a": one(ShiftAdd()), "b": one(IntegerMac(), 32)}
    areas = area_um2_by_component(technology, machine(arrays))
    assert (areas["a"], areas["b"]) == pytest.approx((309.2, 506.8 + 8 * 7.108))


@pytest.mark.parametrize("packing", ["whole_field", "word_8"])
def test_what_is_no_memory_comes_apart(technology, machine, packing):
    whole = machine({"a": one(ShiftAdd()), "b": one(IntegerMac(), 32)}, packing=packing)
    parts = dict(silicon_apart_from_memories(technology, whole))
    every = silicon_by_component(technology, whole)
    assert parts == {name: part for name, part in every.items() if name in parts}
    assert set(every) - set(parts) == {"shared", "weights"}
    # larger memories change nothing of it
    memories = (*whole.memories[:1], *(
        dataclasses.replace(level, capacity_bits=3 * level.capacity_bits, cell="hp")
        for level in whole.memories[1:]
    ))  # fmt: skip
    larger = dataclasses.replace(whole, memories=memories)
    assert dict(silicon_apart_from_memories(technology, larger)) == parts


def test_a_dram_takes_no_area(technology, machine):
    assert "dram" not in silicon_by_component(technology, machine())


def test_a_kind_without_a_row_is_an_error_that_names_it(technology, machine):
    known = {name: row for name, row in technology.pes.items() if row.kind != "ternary_adder"}
    poorer = dataclasses.replace(technology, pes=known)
    with pytest.raises(SpecError, match=r"PE kind 'ternary_adder'; .*allowed: bit_brick"):
        area_um2_by_component(poorer, machine())


def test_an_accumulator_too_narrow_for_a_row_is_an_error(technology, machine):
    # 3860 nW are used up by 24 - 1 bits of 168 nW each
    row = technology.pes["ternary_adder"]
    steep = dataclasses.replace(row, per_accumulator_bit=Silicon(1.0, 168.0))
    steeper = dataclasses.replace(technology, pes={"ternary_adder": steep})
    with pytest.raises(SpecError, match="no area or leakage for the 1 bit accumulators of 'a'"):
        area_um2_by_component(steeper, machine({"a": one(TernaryAdder(), 1)}))


def test_two_parts_cannot_share_a_name(technology, machine):
    with pytest.raises(SpecError, match="two parts are called 'shared'"):
        area_um2_by_component(technology, machine({"shared": one(TernaryAdder())}))


def test_every_part_has_area_and_leaks(technology, machine):
    for part in silicon_by_component(technology, machine(packing="word_8")).values():
        assert isinstance(part, Silicon)
        assert min(part.area_um2, part.leakage_nw) > 0
