"""A candidate says what the result that it was made from says."""

from pathlib import Path

import pytest

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.commands.pricing import pricings
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.judge.simulating import candidates, machine_of
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.shipped import load_shipped

ROOT = Path(__file__).parents[2]


def study(machine="ternary_pe", workload="cvnn_digits"):
    pricing = pricings(load_accelerator(ROOT / f"arch_specs/{machine}.yaml"), [])[0]
    shipped = load_shipped(ROOT / f"workloads/{workload}.yaml", ["levels_3"])
    return simulate(shipped, pricing, "closed_form")


@pytest.fixture(scope="module")
def simulated():
    return study()


def test_counts_and_energies_are_those_of_the_result(simulated):
    cold, steady, fp32, fp32_steady = candidates(simulated, "1")
    result = simulated.results[0]
    assert (cold.weight_format, cold.regime, cold.cycles) == (
        "levels_3",
        "cold",
        result.total_cycles,
    )
    assert cold.energy_pj == pytest.approx(result.energy_pj, rel=1e-12)
    assert cold.energy_pj_by_component == pytest.approx(result.energy_pj_by_component)
    assert cold.model_bits == result.model_bits
    assert cold.macs == sum(layer.macs for layer in cold.layers)
    assert cold.cycles == sum(layer.cycles for layer in cold.layers)
    actions = result.cost.actions
    assert cold.dram_bits == actions["dram.read_bit"] + actions["dram.write_bit"]
    assert steady.energy_pj == pytest.approx(result.steady.energy_pj)
    assert fp32.refusal
    assert fp32_steady.refusal == fp32.refusal


def test_the_machine_has_its_area_and_prices(simulated):
    machine = machine_of(simulated.pricing, "5/4")
    pricing = simulated.pricing
    area = area_um2_by_component(pricing.technology, pricing.machine)
    assert machine.area_um2 == pytest.approx(sum(area.values()))
    assert machine.arrays == "adders 16 × 16"
    assert machine.scale == "5/4"
    assert machine.prices["dram.read"] == pricing.table.rows["dram.read_bit"].energy_pj


def test_the_roof_by_hand():
    # 16 × 16 bit-serial PEs walk 3 levels in two planes
    found = next(candidates(study("bit_serial_pe"), "1"))
    assert found.peak_macs_per_cycle == 128
    assert found.macs <= found.peak_macs_per_cycle * found.cycles
