import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.actions import ActionCounts
from lowbit_sim.energy.energy import energy_pj_by_component, leakage_pj
from lowbit_sim.energy.table import EnergyRow, EnergyTable, energy_table
from lowbit_sim.errors import SpecError

NAMES = ["adder.add", "adder.skip", "dram.read_bit", "register.write_bit"]
counts = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 10**12)).map(ActionCounts)
prices = st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(1e-4, 1e3)))
factors = st.floats(0.1, 10)


def table_of(energies):
    rows = {name: EnergyRow(energy, "a test", "assumed") for name, energy in energies.items()}
    return EnergyTable(rows, Path("test.yaml"))


def close(one, other):
    return one.keys() == other.keys() and all(
        math.isclose(one[name], other[name], rel_tol=1e-9) for name in one
    )


def test_by_hand(technology, machine):
    table = energy_table(technology, machine())
    actions = ActionCounts(
        {"adder.add": 1000, "adder.skip": 500, "register.write_bit": 48000, "dram.read_bit": 2400}
    )
    # adder: 1000 · 0.1114 + 500 · 0.03634 = 111.4 + 18.17; register: 48000 · 0.003363
    # dram: 2400 · 20.3125
    expected = {"adder": 129.57, "register": 161.424, "dram": 48750.0}
    assert energy_pj_by_component(actions, table) == pytest.approx(expected, rel=1e-9)


@given(counts, counts, prices)
def test_energy_adds_over_actions(one, other, energies):
    table = table_of(energies)
    parts = [energy_pj_by_component(actions, table) for actions in (one, other)]
    both = {n: parts[0].get(n, 0) + parts[1].get(n, 0) for n in {*parts[0], *parts[1]}}
    assert close(energy_pj_by_component(one + other, table), both)


@given(counts, prices, prices, factors)
def test_energy_is_linear_in_the_table(actions, one, other, factor):
    mixed = table_of({name: one[name] + factor * other[name] for name in NAMES})
    first = energy_pj_by_component(actions, table_of(one))
    second = energy_pj_by_component(actions, table_of(other))
    assert close(
        energy_pj_by_component(actions, mixed),
        {name: first[name] + factor * second[name] for name in first},
    )


@given(counts, prices, factors)
def test_a_dearer_component_leaves_the_others_alone(actions, energies, factor):
    table = table_of(energies)
    expected = energy_pj_by_component(actions, table)
    if "adder" in expected:
        expected["adder"] *= factor
    assert close(energy_pj_by_component(actions, table.scaled({"adder": factor})), expected)


def test_no_action_is_free_by_omission(technology, machine):
    table = energy_table(technology, machine())
    with pytest.raises(SpecError, match=r"cmos_45nm\.yaml: actions: .*'decoder\.levels_11'"):
        energy_pj_by_component(ActionCounts({"decoder.levels_11": 1}), table)


def test_no_actions_cost_nothing():
    assert energy_pj_by_component(ActionCounts(), table_of({})) == {}


def test_leakage_by_hand(technology, machine):
    # 6 PEs · 3860 nW + 4 lanes · 57210 nW + 10 KiB · 8192 bit/KiB · 0.002224 nW
    #   = 23160 + 228840 + 182.19 = 252182.19 nW = 252.18 nJ/ms
    # 1,000,000 cycles at 500 MHz are 2 ms: 504.364 nJ = 504364.38 pJ
    assert leakage_pj(technology, machine(), 10**6) == pytest.approx(504364.38, rel=1e-8)


def test_leakage_is_proportional_to_time(technology, machine):
    assert leakage_pj(technology, machine(), 0) == 0
    one, seven = (leakage_pj(technology, machine(), n) for n in (1, 7))
    assert seven == pytest.approx(7 * one, rel=1e-12)
