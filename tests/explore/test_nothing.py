import pytest
from made_space import write_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.bounding import bound_all
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Means, front_of
from lowbit_sim.explore.records import records_of
from lowbit_sim.explore.scheduling import here
from lowbit_sim.explore.store import opened

CLOCKS = {"clock": ["100 MHz", "200 MHz"]}


def told(folder, axis, constraints):
    """Return which key of the space is at fault, why, and how many rows were simulated for that."""
    change = {"axes": [axis, CLOCKS], "weight_formats": ["levels_3"], "constraints": constraints}
    exploration = load_exploration(write_space(folder, **change))
    with opened(folder / "found", exploration.key, {}, afresh=False) as store:
        for _ in bound_all(exploration, store, set(), here):
            pass
        means = Means(exploration, records_of(store), 1, here)
        with pytest.raises(SpecError) as caught:
            front_of(means, exploration.networks[0])
        (fault,) = caught.value.faults
        return fault.key, fault.reason, len(means.records.known)


@pytest.mark.parametrize("constraints", [{}, {"area": "9 mm2"}])
@pytest.mark.parametrize(
    ("axis", "reason"),
    [
        (
            {"memories.weight_scratchpad.shared_port": [True]},
            "cannot be built: weight_scratchpad: is modelled only where outputs pass",
        ),
        (
            {"arrays.rows": [128, 256]},
            "cannot run fcnn_digits in levels_3: operator '1.linear': input_scratchpad reads ",
        ),
    ],
)
def test_where_nothing_can_be_built_or_run_no_budget_is_blamed(tmp_path, axis, reason, constraints):
    key, said, simulated = told(tmp_path, axis, constraints)
    assert (key, simulated) == (None, 0)
    assert said.startswith(f"no design can run fcnn_digits: {reason}")


def test_of_budgets_those_that_none_keeps_are_told(tmp_path):
    ports = {"memories.dram.read": ["64 bit/cycle", "128 bit/cycle"]}
    # 64 bit/cycle at 100 MHz are 0.8 GB/s
    said = "dram_bandwidth is limited to 0.5000 GB/s, none takes less than 0.8000 GB/s"
    reason = f"no design can run fcnn_digits within the constraints: {said}"
    found = told(tmp_path, ports, {"dram_bandwidth": "0.5 GB/s", "area": "9 mm2"})
    assert found == ("constraints", reason, 0)
