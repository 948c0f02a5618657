import numpy as np
import pytest

from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.limits import (
    COLUMNS,
    bounds_of,
    budgets,
    exact_of,
    keeps,
    overshoots,
    slowed,
    taken_of,
    tolerance,
    within_budgets,
)
from lowbit_sim.explore.space_spec import ConstraintsSpec, SpaceSpec

#: two designs: 4 pJ in 2 ns are 2 mW, 3 pJ in 1 ns are 3 mW
ROWS = {
    "area_um2": np.array([1e6, 3e6]),
    "leakage_nw": np.array([5e5, 4e6]),
    "dram_bits_per_s": np.array([8e9, 16e9]),
    "least_seconds": np.array([2e-9, 1e-9]),
    "least_energy_pj": np.array([4.0, 3.0]),
    "accuracy_fraction": np.array([0.9, 0.75]),
}


def constraints(**given):
    return ConstraintsSpec.model_validate(given)


def spec(**change):
    given = {
        "name": "x", "kind": "space", "description": "x", "workloads": ["a"],
        "accelerators": ["b"], "axes": [{}],
    }  # fmt: skip
    return SpaceSpec.model_validate(given | change)


def confirmed(**change):
    given = {"energy_pj": 4.0, "seconds": 2e-9, "area_um2": 1e6, "dram_bits_per_s": 8e9}
    return Confirmed(Row(0, "a", "int8"), **given | change)


def test_without_budgets_all_that_can_be_mapped_is_within():
    rows = ROWS | {"least_seconds": np.array([2e-9, np.nan])}
    assert list(budgets(constraints(), ROWS)) == []
    assert within_budgets(constraints(), ROWS).tolist() == [True, True]
    assert within_budgets(constraints(), rows).tolist() == [True, False]


@pytest.mark.parametrize(
    ("budget", "limit", "taken", "kept"),
    [
        ({"area": "2 mm2"}, 2e6, [1e6, 3e6], [True, False]),
        ({"area": "1 mm2"}, 1e6, [1e6, 3e6], [True, False]),
        ({"area": "0.9 mm2"}, 9e5, [1e6, 3e6], [False, False]),
        ({"dram_bandwidth": "1.5 GB/s"}, 12e9, [8e9, 16e9], [True, False]),
        ({"latency": "1.5 ns"}, 1.5, [2, 1], [False, True]),
        ({"latency": "900 ps"}, 0.9, [2, 1], [False, False]),
        ({"energy": "3.5 pJ"}, 3.5, [4, 3], [False, True]),
        # leakage alone: what else a design takes is known once it is simulated
        ({"power": "0.51 mW"}, 5.1e5, [5e5, 4e6], [True, False]),
        ({"power": "0.49 mW"}, 4.9e5, [5e5, 4e6], [False, False]),
        ({"power": "4.01 mW"}, 4.01e6, [5e5, 4e6], [True, True]),
    ],
)
def test_each_budget_by_hand(budget, limit, taken, kept):
    ((key, told, found),) = budgets(constraints(**budget), ROWS)
    assert [key] == [*budget]
    assert told == pytest.approx(limit, rel=1e-12)
    assert found.tolist() == pytest.approx(taken, rel=1e-12)
    assert within_budgets(constraints(**budget), ROWS).tolist() == kept


def test_a_design_keeps_every_budget():
    both = constraints(area="2 mm2", latency="1.5 ns")
    assert [key for key, _, _ in budgets(both, ROWS)] == ["area", "latency"]
    assert within_budgets(both, ROWS).tolist() == [False, False]


def test_within_a_budget_of_power_the_least_energy_takes_its_time():
    # 4 pJ at 1 mW take 4 ns; the other's 3 pJ take 3 ns
    slow = slowed(constraints(power="1 mW"), ROWS)
    assert slow["least_seconds"] == pytest.approx([4e-9, 3e-9])
    assert bounds_of(spec(constraints={"power": "1 mW"}), ROWS)[:, 2] == pytest.approx([4e-9, 3e-9])
    # neither is quicker than it can be
    assert slowed(constraints(power="9 mW"), ROWS)["least_seconds"].tolist() == [2e-9, 1e-9]
    assert slowed(constraints(area="1 mm2"), ROWS) is ROWS
    both = {"power": "1 mW", "latency": "3.5 ns"}
    low = ROWS | {"leakage_nw": np.zeros(2)}
    assert within_budgets(constraints(**both), low).tolist() == [False, True]


def test_what_is_no_number_is_within_no_budget():
    nothing = {name: np.full(2, np.nan) for name in ROWS}
    for budget in ({"area": "9 mm2"}, {"power": "9 mW"}, {"energy": "9 nJ"}):
        assert within_budgets(constraints(**budget), nothing).tolist() == [False, False]


@pytest.mark.parametrize(
    ("budget", "kept"),
    [
        ({}, True),
        ({"power": "2.01 mW"}, True),  # the budget itself, without slack
        ({"power": "1.99 mW"}, False),
        ({"latency": "2.01 ns"}, True),
        ({"latency": "1.99 ns"}, False),
        ({"energy": "4 pJ"}, True),
        ({"energy": "3.99 pJ"}, False),
        ({"power": "3 mW", "latency": "3 ns", "energy": "3 pJ"}, False),
        ({"area": "1 mm2", "dram_bandwidth": "1 GB/s"}, True),
        ({"area": "0.99 mm2"}, False),
        ({"dram_bandwidth": "0.99 GB/s"}, False),
    ],
)
def test_a_confirmed_row_is_measured_against_the_budgets_themselves(budget, kept):
    assert keeps(constraints(**budget), confirmed()) is kept


def test_how_far_a_confirmed_row_is_beyond_each_budget():
    asked = constraints(area="0.5 mm2", power="4 mW", latency="1 ns")
    assert overshoots(asked, confirmed()) == pytest.approx(
        {"area": 1.0, "power": -0.5, "latency": 1.0}
    )
    assert overshoots(constraints(), confirmed()) == {}
    assert taken_of(asked, confirmed())["power"] == (4e6, pytest.approx(2e6))


def test_objectives_in_the_order_of_the_file():
    asked = spec(objectives=["latency", "accuracy", "area", "energy"])
    assert bounds_of(asked, ROWS).tolist() == [
        [2e-9, pytest.approx(0.1), 1e6, 4.0],
        [1e-9, 0.25, 3e6, 3.0],
    ]
    assert exact_of(asked, confirmed(), 0.75).tolist() == [2e-9, 0.25, 1e6, 4.0]
    assert bounds_of(spec(), ROWS).tolist() == [[1e6, 4.0, 2e-9], [3e6, 3.0, 1e-9]]


def test_accuracy_is_never_missed():
    assert tolerance(spec(within_fraction=0.0)).tolist() == [0, 0, 0]
    asked = spec(objectives=["area", "accuracy", "latency"], within_fraction=0.1)
    assert tolerance(asked).tolist() == [0.1, 0, 0.1]


def test_the_columns_are_all_that_is_read():
    read = {name: ROWS.get(name, np.zeros(2)) for name in COLUMNS}
    every = {"area": "9 mm2", "power": "9 mW", "dram_bandwidth": "9 GB/s"}
    every |= {"latency": "9 ns", "energy": "9 pJ"}
    assert within_budgets(constraints(**every), read).all()
    assert bounds_of(spec(objectives=["area", "energy", "latency", "accuracy"]), read).all()
