import pytest
from made import pricing

from lowbit_sim.actions import ActionCounts
from lowbit_sim.cost import Timing
from lowbit_sim.engines import closed_form
from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule
from lowbit_sim.study.price import cost_of
from lowbit_sim.workload.op import Op

OP = Op("fc", "linear", 1, 4, 8, 2, "levels_3", "int8", "fp32", "fc.weight", None, None)


def test_energy_is_counts_times_the_table_and_leakage_times_the_time():
    machine = pricing()
    schedule = TileSchedule((Repeat(2, (Step(3, 5, 2),)),))
    counts = ActionCounts({"dram.read_bit": 10, "adder.add": 4, "adder.skip": 1})
    cost = cost_of(
        MappedOp(OP, "adders", None, schedule, counts), machine, closed_form.timing, "closed_form"
    )
    assert cost.timing == Timing(3, 10, 0, 0, 2)
    assert cost.macs == 4 * 8 * 2
    energy = cost.energy_pj_by_component
    assert energy["dram"] == pytest.approx(10 * 1300 / 64)
    table = machine.table
    adds = 4 * table["adder.add"].energy_pj + table["adder.skip"].energy_pj
    assert energy["adder"] == pytest.approx(adds)
    assert set(energy) == {"dram", "adder", "leakage"}
    assert energy["leakage"] > 0
    assert cost.energy_pj == pytest.approx(sum(energy.values()))


def test_leakage_of_a_cycle_is_a_thousandth_of_that_of_a_thousand():
    machine = pricing()
    schedule = TileSchedule((Step(0, 1000, 0),))
    mapped = MappedOp(OP, "adders", None, schedule, ActionCounts({}))
    cost = cost_of(mapped, machine, closed_form.timing, "closed_form")
    assert dict(cost.energy_pj_by_component) == {"leakage": cost.energy_pj}
    assert cost.energy_pj == pytest.approx(1000 * machine.leakage_pj_per_cycle)


def test_the_price_list_is_the_table():
    machine = pricing()
    assert machine.pj_per_action["dram.read_bit"] == machine.table["dram.read_bit"].energy_pj
