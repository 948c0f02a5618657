import dataclasses
from pathlib import Path

import pytest

from lowbit_sim.energy.table import energy_table, memory_rows
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.pe import vector_unit
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.bit_brick import BitBrick
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.bit_serial_both import BitSerialBoth
from lowbit_sim.pe.bit_serial_skip import BitSerialSkip
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_popcount import TernaryPopcount
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.pe.xnor_popcount import XnorPopcount

TWOS = "twos_complement"
#: DDR4: 4233.6 pJ for a row of 8 KiB
SHARE_PJ = 4233.6 / 65536


def one(element, accumulator_bits=24):
    return PEArray(element, rows=1, cols=1, accumulator_bits=accumulator_bits)


def test_memories_cost_by_their_own_capacity(technology, machine):
    table = energy_table(technology, machine())
    # 8 KiB is the law's point: 10 pJ / 64 bit; 2 KiB is a quarter of it, so half the energy
    assert table["shared.read_bit"].energy_pj == 0.15625
    assert table["weights.read_bit"].energy_pj == 0.078125
    assert table["weights.write_bit"].energy_pj == pytest.approx(0.078125 * 1.1, rel=1e-12)
    assert table["dram.read_bit"].energy_pj == table["dram.write_bit"].energy_pj == 1300 / 64


def with_memory(machine, index, **change):
    made = machine()
    memories = list(made.memories)
    memories[index] = dataclasses.replace(memories[index], **change)
    return dataclasses.replace(made, memories=tuple(memories))


@pytest.mark.parametrize(
    ("capacity_bits", "banks", "pj"),
    [
        (32 * 8192, 0, 0.3125),  # 20 pJ / 64 bit
        (32 * 8192, 4, 0.15625),  # parts of 8 KiB
        (8 * 8192, 64, 0.15625 / 8),  # parts of 128 B: a sixty-fourth, hence an eighth
        (1 << 23, 0, 10 * 128**0.5 / 64),  # 1 MiB, the largest that the law holds for
        (24 << 23, 0, 10 * 128**0.5 / 64),  # built of parts of 1 MiB
        (24 << 23, 32, 10 * 96**0.5 / 64),  # 768 KiB each
    ],
)
def test_an_access_wakes_one_bank_or_part(technology, machine, capacity_bits, banks, pj):
    small = with_memory(machine, 1, capacity_bits=capacity_bits, banks=banks)
    table = energy_table(technology, small)
    assert table["shared.read_bit"].energy_pj == pytest.approx(pj, rel=1e-12)
    assert table["shared.write_bit"].energy_pj == pytest.approx(1.1 * pj, rel=1e-12)


@pytest.mark.parametrize("row_bits", [0, 65536])
def test_the_rows_of_one_memory_are_those_of_the_machine(technology, machine, row_bits):
    whole = machine(row_bits=row_bits)
    table = energy_table(technology, whole)
    found = {}
    for level in whole.memories:
        rows = memory_rows(technology, level)
        sides = {f"{level.name}.read_bit", f"{level.name}.write_bit"}
        activates = {f"{level.name}.activate"} if level.row_bits else set()
        assert set(rows) == sides | activates
        found |= rows
    names = {name for name in table.rows if name.startswith(("dram.", "shared.", "weights."))}
    assert found == {name: table[name] for name in names}


@pytest.mark.parametrize("row_bits", [65536, 8192])
def test_rows_that_are_told_apart_are_activated_and_taken_off_the_bits(
    technology, machine, row_bits
):
    table = energy_table(technology, machine(row_bits=row_bits))
    activate_pj = table["dram.activate"].energy_pj
    assert activate_pj == pytest.approx(SHARE_PJ * row_bits, rel=1e-12)
    for side in ("read", "write"):
        bit_pj = table[f"dram.{side}_bit"].energy_pj
        assert bit_pj == pytest.approx(20.3125 - SHARE_PJ, rel=1e-12)
        # a row read whole costs as much as where rows are not told apart
        assert activate_pj + row_bits * bit_pj == pytest.approx(20.3125 * row_bits, rel=1e-12)
    assert table["dram.activate"].confidence == "simulated"
    assert "DDR4-3200" in table["dram.activate"].source


def test_without_rows_nothing_is_activated(technology, machine):
    assert "dram.activate" not in energy_table(technology, machine()).rows


def test_a_single_burst_pays_its_whole_row(technology, machine):
    # 64 B: 4233.6 / 512 = 8.27 pJ/bit on top, as the data book says
    table = energy_table(technology, machine(row_bits=65536))
    assert table["dram.activate"].energy_pj / 512 == pytest.approx(8.27, abs=5e-3)


def test_rows_need_a_price(technology, machine):
    dram = dataclasses.replace(technology.dram, activate_pj_per_bit=None, activate=None)
    poorer = dataclasses.replace(technology, dram=dram)
    with pytest.raises(
        SpecError, match=r"dram\.activate: no energy for activating a row of 'dram'"
    ):
        energy_table(poorer, machine(row_bits=65536))
    energy_table(poorer, machine())  # not needed where rows are not told apart


def test_an_activation_dearer_than_the_bits_of_its_row_is_an_error(technology, machine):
    dram = dataclasses.replace(technology.dram, activate_pj_per_bit=21.0)
    dearer = dataclasses.replace(technology, dram=dram)
    with pytest.raises(SpecError, match=r"more than all of a read, 20\.3125 pJ/bit \(got 21\.0\)"):
        energy_table(dearer, machine(row_bits=65536))


def test_a_written_bit_is_only_as_sure_as_its_weakest_number(technology, machine):
    table = energy_table(technology, machine())
    assert table["shared.read_bit"].confidence == "scaled"
    assert table["shared.write_bit"].confidence == "assumed"
    assert all(row.source for row in table.rows.values())


def test_a_row_at_the_technology_s_own_width_is_the_file_s(technology, machine):
    row = energy_table(technology, machine())["adder.add"]
    assert row.energy_pj == pytest.approx(0.1114, rel=1e-12)
    assert row.confidence == "synthesised"


def test_a_wider_accumulator_costs_more_and_is_scaled(technology, machine):
    table = energy_table(technology, machine({"a": one(TernaryAdder(), 32)}))
    # 111.4 fJ + 8 · 4.642 fJ = 148.536 fJ; 36.34 fJ + 8 · 1.514 fJ = 48.452 fJ
    assert table["adder.add"].energy_pj == pytest.approx(0.148536, rel=1e-9)
    assert table["adder.skip"].energy_pj == pytest.approx(0.048452, rel=1e-9)
    assert table["adder.add"].confidence == "scaled"
    assert table["integer_mac.mac_int8"].energy_pj == pytest.approx(0.3174, rel=1e-12)


@pytest.mark.parametrize(("group", "pj"), [(4, 0.0536), (3, 0.0402), (5, 0.067)])
def test_an_entry_s_energy_follows_the_group(technology, machine, group, pj):
    # a level of 10 multiplexer bits, 13.4 fJ, for each activation of a group
    row = energy_table(technology, machine({"a": one(LookupTable(group=group))}))["lookup.read"]
    assert row.energy_pj == pytest.approx(pj, rel=1e-9)


def test_the_technology_says_which_width_its_rows_are_for(technology, machine):
    wide = dataclasses.replace(technology, accumulator_bits=32)
    # the machine's 24 bit are 8 fewer: 111.4 fJ - 8 · 4.642 fJ = 74.264 fJ
    row = energy_table(wide, machine())["adder.add"]
    assert row.energy_pj == pytest.approx(0.074264, rel=1e-9)


def test_only_the_row_s_own_kinds_count(technology, machine):
    arrays = {
        "adders": one(TernaryAdder()),
        "macs": one(IntegerMac(), 32),
        "floats": one(FloatMac(), 32),
    }
    table = energy_table(technology, machine(arrays))
    assert table["adder.add"].energy_pj == pytest.approx(0.1114, rel=1e-12)
    # 317.4 fJ + 8 · 3.116 fJ = 342.328 fJ
    assert table["integer_mac.mac_int8"].energy_pj == pytest.approx(0.342328, rel=1e-9)
    assert table["float_mac.mac_fp32"].energy_pj == 4.6


@pytest.mark.parametrize("widths", [(24, 32), (32, 24), (16, 32)])
def test_arrays_that_share_an_action_share_the_dearest_row(technology, machine, widths):
    arrays = {"a": one(TernaryAdder(), widths[0]), "b": one(BitSerial(TWOS), widths[1])}
    row = energy_table(technology, machine(arrays))["adder.add"]
    assert row.energy_pj == pytest.approx(0.148536, rel=1e-9)  # that of 32 bit
    assert row.confidence == "scaled"


def test_the_dearest_row_is_a_scaled_one_even_at_the_technology_s_width(technology, machine):
    arrays = {"a": one(TernaryAdder(), 24), "b": one(BitSerial(TWOS), 16)}
    row = energy_table(technology, machine(arrays))["adder.add"]
    assert row.energy_pj == pytest.approx(0.1114, rel=1e-12)
    assert row.confidence == "scaled"  # an upper bound for one of the two


def test_arrays_of_a_kind_may_have_a_row_of_their_own(technology, machine):
    own = dataclasses.replace(
        technology.actions["adder.add"],
        energy_pj=0.05,
        pj_per_accumulator_bit=0.001,
        kinds=("bit_serial",),
    )
    told = dataclasses.replace(technology, kind_actions={"bit_serial": {"adder.add": own}})
    planes, trits = one(BitSerial(TWOS), 32), one(TernaryAdder(), 24)
    # 50 fJ + 8 · 1 fJ
    row = energy_table(told, machine({"a": planes}))["adder.add"]
    assert row.energy_pj == pytest.approx(0.058, rel=1e-12)
    # other kinds keep the common row, and of both the dearest counts
    for arrays in ({"a": trits}, {"a": planes, "b": trits}):
        row = energy_table(told, machine(arrays))["adder.add"]
        assert row.energy_pj == pytest.approx(0.1114, rel=1e-12)


def test_an_accumulator_too_narrow_for_a_row_is_an_error(technology, machine):
    action = dataclasses.replace(technology.actions["adder.add"], pj_per_accumulator_bit=0.005)
    actions = {**technology.actions, "adder.add": action}
    steeper = dataclasses.replace(technology, actions=actions)
    # 111.4 fJ - 23 · 5 fJ
    with pytest.raises(SpecError, match=r"actions\.adder\.add: leaves no energy"):
        energy_table(steeper, machine({"a": one(TernaryAdder(), 1)}))


def test_an_action_without_a_row_is_an_error_that_names_it_and_the_file(technology, machine):
    table = energy_table(technology, machine())
    with pytest.raises(SpecError) as caught:
        table["adder.shift"]
    assert "'adder.shift'" in str(caught.value)
    assert "did you mean 'adder.skip'?" in str(caught.value)
    assert caught.value.faults[0].file == technology.path


def test_a_memory_cannot_take_the_name_of_a_component(technology, machine):
    with pytest.raises(SpecError, match="cannot be called 'adder'"):
        energy_table(technology, machine(names=("dram", "adder")))


@pytest.mark.parametrize(
    ("element", "weight", "activation"),
    [
        (TernaryAdder(), "levels_5", "int8"),
        (BitSerial(TWOS), "levels_5", "int8"),
        (TernarySkip(), "levels_5", "int8"),
        (BitSerialSkip("each"), "levels_5", "int8"),
        (BitSerialSkip("column"), "levels_5", "int8"),
        (BitSerialSkip("interleave"), "levels_5", "int8"),
        (ShiftAdd(), "levels_5", "int8"),
        (BitSerialBoth(TWOS), "levels_5", "int8"),
        (BitBrick(), "levels_5", "int8"),
        (LookupTable(), "levels_5", "int8"),
        (XnorPopcount(), "levels_2", "levels_2"),
        (TernaryPopcount(), "levels_3", "levels_3"),
        (IntegerMac(), "levels_5", "int8"),
        (IntegerMac(operand_bits=16), "levels_5", "int8"),
        (FloatMac(), "fp32", "fp32"),
        (FloatMac(), "bf16", "bf16"),
    ],
)
def test_what_an_array_does_has_a_row(technology, machine, element, weight, activation):
    stays = "output" if element in (TernarySkip(), BitSerialSkip("interleave")) else "weight"
    pe = PEArray(element, 1, 1, 32, "broadcast", stationary=(stays,))
    counts = (1,) * FORMATS[weight].count if FORMATS[weight].is_integer else None
    tile = Tile(m=2, k=FORMATS[weight].count or 1, n=1)
    product = Product(1, tile, FORMATS[weight], FORMATS[activation], stays, counts)
    table = energy_table(technology, machine({"a": pe}))
    actions = pe.actions(product)
    assert actions.keys()
    assert all(table[name].energy_pj > 0 for name in actions)


def test_what_the_vector_unit_does_has_a_row(technology, machine):
    table = energy_table(technology, machine())
    for kind in vector_unit.OPERATIONS:
        assert all(table[name].energy_pj > 0 for name in vector_unit.actions(kind, 1))


def test_every_format_that_needs_a_decoder_has_a_row(technology, machine):
    table = energy_table(technology, machine())
    decoded = [f for f in FORMATS.values() if f.is_integer and f.count & (f.count - 1)]
    assert [f.count for f in decoded] == [3, 5, 7, 7, 9, 15, 17]
    assert all(table[f"decoder.{f.name}"].energy_pj > 0 for f in decoded)


def test_scaling_a_component_scales_its_rows_alone(technology, machine):
    table = energy_table(technology, machine())
    dearer = table.scaled({"dram": 1.3})
    for action, row in table.rows.items():
        factor = 1.3 if action.startswith("dram.") else 1.0
        assert dearer[action] == dataclasses.replace(row, energy_pj=row.energy_pj * factor)
    assert table["dram.read_bit"].energy_pj == 20.3125
    with pytest.raises(ValueError, match="no action belongs to: ram"):
        table.scaled({"ram": 1.3})


def test_no_path_of_the_file_is_lost(technology, machine, technology_path):
    assert energy_table(technology, machine()).file == Path(technology_path)
