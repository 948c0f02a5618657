import pytest

from lowbit_sim.engines.roofline import Roofline, roofline
from lowbit_sim.mapping.schedule import Step, schedule_of


@pytest.mark.parametrize(
    ("step", "shared", "expected"),
    [
        (Step(2, 5, 3), False, Roofline(20, "compute")),
        (Step(6, 5, 3), False, Roofline(24, "load")),
        (Step(2, 5, 7), False, Roofline(28, "store")),
        (Step(4, 5, 3), True, Roofline(28, "port")),
        (Step(2, 5, 3), True, Roofline(20, "compute")),  # 20 each: computation is named first
        (Step(6, 5, 0), True, Roofline(24, "load")),
    ],
)
def test_the_busiest_resource_of_four_steps(step, shared, expected):
    assert roofline(schedule_of([(4, step)], shared_port=shared)) == expected


def test_segments_add_up():
    schedule = schedule_of([(2, Step(9, 1, 0)), (5, Step(1, 4, 2))])
    assert roofline(schedule) == Roofline(2 * 9 + 5 * 1, "load")


def test_an_inner_schedule_bounds_the_computation():
    inner = schedule_of([(3, Step(7, 2, 1))])  # its loads: 21
    outer = schedule_of([(2, Step(10, 0, 4, inner=inner)), (1, Step(0, 5, 0))])
    assert roofline(outer) == Roofline(2 * 21 + 5, "compute")
