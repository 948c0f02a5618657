import random

import pytest
from schedules import random_schedule

from lowbit_sim.engines.roofline import Roofline, busy_cycles, roofline
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule


@pytest.mark.parametrize(
    ("step", "shared", "expected"),
    [
        (Step(2, 5, 3), False, Roofline(20, "compute", 1)),
        (Step(6, 5, 3), False, Roofline(24, "load", 0)),
        (Step(2, 5, 7), False, Roofline(28, "store", 0)),
        (Step(4, 5, 3), True, Roofline(28, "port", 0)),
        (Step(2, 5, 3), True, Roofline(20, "compute", 1)),  # 20 each: computation is named first
        (Step(6, 5, 0), True, Roofline(24, "load", 0)),
    ],
)
def test_the_busiest_resource_of_four_steps(step, shared, expected):
    assert roofline(TileSchedule((Repeat(4, (step,)),), shared_port=shared)) == expected


def test_repetitions_multiply_and_steps_add_up():
    inside = Repeat(3, (Step(1, 4, 2), Repeat(2, (Step(8, 1, 0),))))
    schedule = TileSchedule((Repeat(2, (Step(9, 1, 0), inside)),))
    assert roofline(schedule) == Roofline(2 * 9 + 2 * 3 * (1 + 2 * 8), "load")


def test_what_bounds_an_inner_schedule_bounds_the_computation():
    inner = TileSchedule((Repeat(3, (Step(7, 2, 1),)),))  # its loads: 21
    outer = TileSchedule((Repeat(2, (Step(10, 0, 4, inner=inner),)), Step(0, 5, 0)))
    assert roofline(outer) == Roofline(2 * 21 + 5, "load", 1)


def test_the_heaviest_inner_schedule_is_named():
    loads = TileSchedule((Step(9, 2, 1),))
    computes = TileSchedule((Step(1, 4, 1),))
    outer = TileSchedule((Step(0, 0, 0, inner=loads), Repeat(3, (Step(0, 0, 0, inner=computes),))))
    assert roofline(outer) == Roofline(9 + 3 * 4, "compute", 2)


def test_busy_cycles_by_hand():
    inner = TileSchedule((Repeat(3, (Step(7, 2, 1),)),))
    outer = TileSchedule((Repeat(2, (Step(10, 0, 4, inner=inner),)), Step(0, 5, 3)))
    assert busy_cycles(outer) == {
        "array": 2 * 3 * 2 + 5,
        "load 0": 2 * 10,
        "store 0": 2 * 4 + 3,
        "load 1": 2 * 3 * 7,
        "store 1": 2 * 3 * 1,
    }


@pytest.mark.parametrize("seed", range(50))
def test_no_resource_works_longer_than_the_bound(seed):
    schedule = random_schedule(random.Random(seed), shared=seed % 2 > 0)
    assert max(busy_cycles(schedule).values()) <= roofline(schedule).bound_cycles
