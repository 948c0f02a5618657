"""The pipeline of tiles in hardware, against both engines."""

import random

import pytest
from schedules import random_schedule

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule
from lowbit_sim.rtl import tile_pipeline
from lowbit_sim.rtl.tile_pipeline import pipeline_cycles


def drawn(count, *, shared, buffers=(1, 2)):
    rng = random.Random(2_024)
    return [random_schedule(rng, shared=shared, depth=0, buffers=buffers) for _ in range(count)]


@pytest.mark.parametrize(("shared", "buffers"), [(False, (1, 2)), (True, (2,)), (True, (1, 2))])
def test_it_takes_the_cycles_of_both_engines(shared, buffers, record_property):
    schedules = drawn(200, shared=shared, buffers=buffers)
    cycles = pipeline_cycles(schedules)
    assert cycles == [event_driven.timing(schedule).total_cycles for schedule in schedules]
    exact = 0
    for schedule, measured in zip(schedules, cycles, strict=True):
        bound = closed_form.timing(schedule).total_cycles
        if closed_form.is_exact(schedule):
            exact += 1
            assert measured == bound
        assert measured <= bound
    assert exact == 200 or buffers == (1, 2)
    record_property("rtl_configurations", len(schedules))
    record_property("rtl_cycles", sum(cycles))


@pytest.mark.parametrize(
    ("buffers", "shared", "cycles"),
    [
        # l + c + s + (n − 1) · max(l, c, s) = 3 + 5 + 2 + 3 · 5
        ((2, 2), False, 25),
        # l + c + s + (n − 1) · max(l + c, c + s) = 3 + 5 + 2 + 3 · 8
        ((1, 1), False, 34),
        # slots of one port: 3, max(3, 5), max(3 + 2, 5) twice, max(2, 5), 2
        ((2, 2), True, 25),
        ((1, 1), True, 40),
    ],
)
def test_four_equal_tiles_by_hand(buffers, shared, cycles):
    schedule = TileSchedule((Repeat(4, (Step(3, 5, 2),)),), *buffers, shared)
    assert pipeline_cycles([schedule]) == [cycles]


def test_inner_schedules_are_refused():
    inner = TileSchedule((Step(1, 1, 1),))
    with pytest.raises(ValueError, match="one level"):
        pipeline_cycles([TileSchedule((Step(1, 0, 1, inner=inner),))])


def test_a_pipeline_that_never_ends_is_an_error(monkeypatch):
    monkeypatch.setattr(tile_pipeline, "LIMIT_CYCLES", 3)
    with pytest.raises(RuntimeError, match="not done after 3 cycles"):
        pipeline_cycles([TileSchedule((Step(1, 9, 1),))])
