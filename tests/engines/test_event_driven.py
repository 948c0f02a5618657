import random
from pathlib import Path

import cycle_by_cycle
import pytest
from drawings import read_drawings
from schedules import random_schedule

from lowbit_sim.engines.event_driven import timing
from lowbit_sim.mapping.schedule import Step, schedule_of

DRAWINGS = read_drawings(Path(__file__).with_name("pipeline.md"))


@pytest.mark.parametrize("title", DRAWINGS)
def test_as_drawn(title):
    assert timing(DRAWINGS[title].schedule) == DRAWINGS[title].timing


@pytest.mark.parametrize("seed", range(20))
def test_a_shared_port_cycle_by_cycle(seed):
    rng = random.Random(300 + seed)
    for _ in range(30):
        schedule = random_schedule(rng, shared=True)
        assert timing(schedule) == cycle_by_cycle.timing(schedule)


def test_at_the_same_instant_the_load_goes_first():
    # computation 0 ends in cycle 5: load 2 takes its buffer, store 0 its result
    schedule = schedule_of([(3, Step(2, 3, 2))], shared_port=True)
    spans = cycle_by_cycle.pipeline(schedule)
    assert spans.loader.begun == [0, 2, 5]
    assert spans.storer.begun == [7, 9, 12]
    assert timing(schedule).total_cycles == 14


def test_equal_inner_schedules_run_once():
    inner = schedule_of([(500, Step(1, 2, 1))])
    timing.cache_clear()
    timing(schedule_of([(1, Step(i, 0, 1, inner=inner)) for i in range(1, 40)]))
    assert timing.cache_info().misses == 2
    assert timing.cache_info().hits == 38
