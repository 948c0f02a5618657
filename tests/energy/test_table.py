import dataclasses
from pathlib import Path

import pytest

from lowbit_sim.energy.table import energy_table
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.pe import vector_unit
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.ternary_adder import TernaryAdder

ADDER_32 = TernaryAdder(rows=1, cols=1, accumulator_bits=32)


def test_memories_cost_by_their_own_capacity(technology, machine):
    table = energy_table(technology, machine())
    # 8 KiB is the law's point: 10 pJ / 64 bit; 2 KiB is a quarter of it, so half the energy
    assert table["shared.read_bit"].energy_pj == 0.15625
    assert table["weights.read_bit"].energy_pj == 0.078125
    assert table["weights.write_bit"].energy_pj == pytest.approx(0.078125 * 1.1, rel=1e-12)
    assert table["dram.read_bit"].energy_pj == table["dram.write_bit"].energy_pj == 1300 / 64


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
    table = energy_table(technology, machine({"a": ADDER_32}))
    # 111.4 fJ + 8 · 4.642 fJ = 148.536 fJ; 36.34 fJ + 8 · 1.514 fJ = 48.452 fJ
    assert table["adder.add"].energy_pj == pytest.approx(0.148536, rel=1e-9)
    assert table["adder.skip"].energy_pj == pytest.approx(0.048452, rel=1e-9)
    assert table["adder.add"].confidence == "scaled"
    assert table["integer_mac.mac_int8"].energy_pj == pytest.approx(0.3174, rel=1e-12)


def test_the_technology_says_which_width_its_rows_are_for(technology, machine):
    wide = dataclasses.replace(technology, accumulator_bits=32)
    # the machine's 24 bit are 8 fewer: 111.4 fJ - 8 · 4.642 fJ = 74.264 fJ
    row = energy_table(wide, machine())["adder.add"]
    assert row.energy_pj == pytest.approx(0.074264, rel=1e-9)


def test_only_the_row_s_own_kinds_count(technology, machine):
    arrays = {
        "adders": TernaryAdder(rows=1, cols=1, accumulator_bits=24),
        "macs": IntegerMac(rows=1, cols=1, accumulator_bits=32),
        "floats": FloatMac(rows=1, cols=1, accumulator_bits=32),
    }
    table = energy_table(technology, machine(arrays))
    assert table["adder.add"].energy_pj == pytest.approx(0.1114, rel=1e-12)
    # 317.4 fJ + 8 · 3.116 fJ = 342.328 fJ
    assert table["integer_mac.mac_int8"].energy_pj == pytest.approx(0.342328, rel=1e-9)
    assert table["float_mac.mac_fp32"].energy_pj == 4.6


def test_one_action_cannot_have_two_accumulator_widths(technology, machine):
    narrow = BitSerial(rows=1, cols=1, accumulator_bits=24, encoding="twos_complement")
    with pytest.raises(SpecError, match=r"adder\.add.*one accumulator width \(got \[24, 32\]\)"):
        energy_table(technology, machine({"a": ADDER_32, "b": narrow}))


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
    ("pe", "weight"),
    [
        (ADDER_32, "levels_5"),
        (BitSerial(rows=1, cols=1, accumulator_bits=24, encoding="twos_complement"), "levels_5"),
        (IntegerMac(rows=1, cols=1, accumulator_bits=24), "levels_5"),
        (FloatMac(rows=1, cols=1, accumulator_bits=32), "fp32"),
        (FloatMac(rows=1, cols=1, accumulator_bits=32), "bf16"),
    ],
)
def test_what_an_array_does_has_a_row(technology, machine, pe, weight):
    activation = weight if isinstance(pe, FloatMac) else "int8"
    formats = FORMATS[weight], FORMATS[activation]
    counts = None if isinstance(pe, FloatMac) else (1, 1, 1, 1, 1)
    actions = pe.actions(1, Tile(m=2, k=5, n=1), *formats, "weight", counts)
    table = energy_table(technology, machine({"a": pe}))
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
