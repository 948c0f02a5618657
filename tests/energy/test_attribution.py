from pathlib import Path

import pytest

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.attribution import area_um2_by_row, energy_pj_by_row, row_confidences
from lowbit_sim.energy.energy import energy_pj_by_component, leakage_pj
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table

SPECS = Path(__file__).parents[2] / "arch_specs"
TECHNOLOGY = load_technology(SPECS / "technologies" / "cmos_45nm.yaml")
NETLISTS = load_technology(SPECS / "technologies" / "nangate45_rtl.yaml")
MACHINES = sorted(path.stem for path in SPECS.glob("*.yaml"))


@pytest.mark.parametrize("name", MACHINES)
def test_rows_add_up_to_the_energy_and_the_area_of_the_machine(name):
    machine = load_accelerator(SPECS / f"{name}.yaml")
    table = energy_table(TECHNOLOGY, machine)
    actions = ActionCounts({action: 7 + place for place, action in enumerate(table.rows)})
    found = energy_pj_by_row(actions, table, TECHNOLOGY, machine, 1000)
    parts = energy_pj_by_component(actions, table)
    total = sum(parts.values()) + leakage_pj(TECHNOLOGY, machine, 1000)
    assert sum(found.values()) == pytest.approx(total, rel=1e-12)
    area = area_um2_by_row(TECHNOLOGY, machine)
    components = area_um2_by_component(TECHNOLOGY, machine)
    assert sum(area.values()) == pytest.approx(sum(components.values()), rel=1e-12)
    confidences = row_confidences(TECHNOLOGY, table)
    assert (found.keys() | area.keys()) <= confidences.keys()


def test_by_hand():
    machine = load_accelerator(SPECS / "ternary_pe.yaml")
    table = energy_table(TECHNOLOGY, machine)
    actions = ActionCounts({"shared_sram.read_bit": 10, "weight_scratchpad.read_bit": 4})
    found = energy_pj_by_row(actions, table, TECHNOLOGY, machine, 0)
    shared, pad = (table.rows[f"{name}.read_bit"] for name in ("shared_sram", "weight_scratchpad"))
    assert found["sram.lstp.read"] == 10 * shared.energy_pj + 4 * pad.energy_pj
    assert {row for row, energy_pj in found.items() if energy_pj} == {"sram.lstp.read"}


def test_a_row_used_beyond_its_point_is_scaled():
    # accumulators of 32 bit, where the row holds for 24
    machine = load_accelerator(SPECS / "ternary_pe.yaml")
    found = row_confidences(TECHNOLOGY, energy_table(TECHNOLOGY, machine))
    assert TECHNOLOGY.evidence["actions.adder.add"].confidence == "synthesised"
    assert found["actions.adder.add"] == "scaled"
    assert found["pes.ternary_adder.area"] == "synthesised"


def test_actions_of_a_kind_have_rows_of_their_own():
    machine = load_accelerator(SPECS / "bit_serial_pe.yaml")
    table = energy_table(NETLISTS, machine)
    assert table.rows["adder.add"].row == "kind_actions.bit_serial.adder.add"
    assert table.rows["adder.add"].row in NETLISTS.evidence
    plain = energy_table(NETLISTS, load_accelerator(SPECS / "ternary_pe.yaml"))
    assert plain.rows["adder.add"].row == "actions.adder.add"
