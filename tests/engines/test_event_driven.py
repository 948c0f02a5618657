import random
from pathlib import Path

import cycle_by_cycle
import pytest
from drawings import read_drawings
from schedules import random_schedule

from lowbit_sim.engines.event_driven import Ran, Span, Task, concurrent, spans, timing
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule

DRAWINGS = read_drawings(Path(__file__).with_name("pipeline.md"))


@pytest.mark.parametrize("title", DRAWINGS)
def test_as_drawn(title):
    assert timing(DRAWINGS[title].schedule) == DRAWINGS[title].timing


@pytest.mark.parametrize("seed", range(20))
def test_a_shared_port_cycle_by_cycle(seed):
    rng = random.Random(400 + seed)
    for _ in range(20):
        schedule = random_schedule(rng, shared=True)
        assert timing(schedule) == cycle_by_cycle.timing(schedule)


def test_at_the_same_instant_the_load_goes_first():
    # computation 0 ends in cycle 5: load 2 takes its buffer, store 0 its result
    schedule = TileSchedule((Repeat(3, (Step(2, 3, 2),)),), shared_port=True)
    spans = cycle_by_cycle.pipeline(schedule)
    assert spans.loader.begun == [0, 2, 5]
    assert spans.storer.begun == [7, 9, 12]
    assert timing(schedule).total_cycles == 14


def test_equal_inner_schedules_run_once():
    inner = TileSchedule((Repeat(500, (Step(1, 2, 1),)),))
    timing.cache_clear()
    timing(TileSchedule(tuple(Step(i, 0, 1, inner=inner) for i in range(1, 40))))
    assert timing.cache_info().misses == 2
    assert timing.cache_info().hits == 2 * 39 - 1


@pytest.mark.parametrize("seed", range(15))
def test_spans_cycle_by_cycle(seed):
    rng = random.Random(500 + seed)
    for _ in range(5):
        schedule = random_schedule(rng, shared=rng.random() < 0.5)
        literal = cycle_by_cycle.pipeline(schedule)
        expected = {
            (stage, index, begin, end)
            for stage, machine in (
                ("load", literal.loader), ("compute", literal.array), ("store", literal.storer),
            )
            for index, (begin, end) in enumerate(zip(machine.begun, machine.ended, strict=True))
            if end > begin
        }  # fmt: skip
        found = spans(schedule)
        assert {(s.stage, s.index, s.begin_cycles, s.end_cycles) for s in found} == expected
        assert len(found) == len(expected)
        steps = list(schedule.in_order())
        assert all(s.inner is steps[s.index].inner for s in found if s.stage == "compute")
        assert all(s.inner is None for s in found if s.stage != "compute")


ONE = TileSchedule((Step(3, 5, 2),))


@pytest.mark.parametrize("shared", [False, True])
def test_two_tasks_on_two_units_share_the_ports_of_the_dram(shared):
    tasks = [Task("a", "left", ONE, ()), Task("b", "right", ONE, ())]
    found = concurrent(tasks, shared_port=shared, records=True)
    # loads 0 to 3 and 3 to 6, computations to 8 and 11, stores to 10 and 13
    assert (found["a"].begin_cycles, found["a"].end_cycles) == (0, 10)
    assert (found["b"].begin_cycles, found["b"].end_cycles) == (0, 13)
    assert found["b"].spans == (
        Span("load", 0, 3, 6), Span("compute", 0, 6, 11), Span("store", 0, 11, 13),
    )  # fmt: skip


def test_a_unit_does_one_task_at_a_time_and_none_before_what_it_waits_for():
    tasks = [
        Task("a", "left", ONE, ()),
        Task("b", "left", ONE, ()),
        Task("c", "right", ONE, ("a", "b")),
        Task("d", "right", ONE, ()),
    ]
    found = concurrent(tasks, shared_port=False)
    # d loads behind a, 3 to 6, computes to 11 and stores to 13; b begins as a ends
    assert found == {
        "a": Ran(0, 10, ()), "d": Ran(0, 13, ()), "b": Ran(10, 20, ()), "c": Ran(20, 30, ()),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_tasks_at_once_are_no_quicker_than_alone_and_no_slower_than_one_by_one(seed):
    rng = random.Random(600 + seed)
    schedules = [random_schedule(rng, shared=False, buffers=(2,)) for _ in range(3)]
    tasks = [Task(str(i), f"unit {i}", one, ()) for i, one in enumerate(schedules)]
    alone = [timing(one).total_cycles for one in schedules]
    found = concurrent(tasks, shared_port=False)
    ends = [found[task.name].end_cycles for task in tasks]
    assert all(end >= least for end, least in zip(ends, alone, strict=True))
    assert max(alone) <= max(ends) <= sum(alone)
    chained = [
        Task(str(i), f"unit {i}", one, () if i == 0 else (str(i - 1),))
        for i, one in enumerate(schedules)
    ]
    assert concurrent(chained, shared_port=False)["2"].end_cycles == sum(alone)
    same = [Task(task.name, "one", task.schedule, ()) for task in tasks]
    assert concurrent(same, shared_port=False)["2"].end_cycles == sum(alone)
