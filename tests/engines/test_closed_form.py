import random
from dataclasses import replace
from pathlib import Path

import cycle_by_cycle
import pytest
from drawings import read_drawings
from schedules import random_schedule, written_out

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.engines.closed_form import is_exact, timing
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule

DRAWINGS = read_drawings(Path(__file__).with_name("pipeline.md"))


def uniform(times, step, **given):
    return TileSchedule((Repeat(times, (step,)),), **given)


@pytest.mark.parametrize("title", DRAWINGS)
def test_as_drawn(title):
    drawing = DRAWINGS[title]
    *parts, total = drawing.written
    read_off = drawing.timing
    assert [getattr(read_off, name) for name in read_off.__slots__] == parts
    assert read_off.total_cycles == total
    if is_exact(drawing.schedule):
        assert timing(drawing.schedule) == read_off
    else:
        assert timing(drawing.schedule).total_cycles >= total


@pytest.mark.parametrize("seed", range(20))
def test_private_ports_cycle_by_cycle(seed):
    rng = random.Random(seed)
    for _ in range(30):
        schedule = random_schedule(rng, shared=False)
        assert is_exact(schedule)
        expected = cycle_by_cycle.timing(schedule)
        assert timing(schedule) == expected
        assert event_driven.timing(schedule) == expected


@pytest.mark.parametrize("seed", range(20))
def test_a_shared_port_and_double_buffers_cycle_by_cycle(seed):
    rng = random.Random(100 + seed)
    for _ in range(30):
        schedule = random_schedule(rng, shared=True, buffers=(2,))
        assert is_exact(schedule)
        expected = cycle_by_cycle.timing(schedule)
        assert timing(schedule) == expected
        assert event_driven.timing(schedule) == expected


@pytest.mark.parametrize("seed", range(20))
def test_a_shared_port_and_single_buffers_stay_below_the_bound(seed):
    rng = random.Random(200 + seed)
    bounds = 0
    for _ in range(20):
        schedule = random_schedule(rng, shared=True)
        exact = event_driven.timing(schedule)
        bounds += not is_exact(schedule)
        if is_exact(schedule):
            assert timing(schedule) == exact
        else:
            assert timing(schedule).total_cycles >= exact.total_cycles
            assert timing(schedule).compute_cycles == exact.compute_cycles
    assert bounds >= 5


@pytest.mark.parametrize("seed", range(20))
def test_how_a_schedule_is_written_does_not_matter(seed):
    rng = random.Random(300 + seed)
    for _ in range(10):
        schedule = random_schedule(rng, shared=rng.random() < 0.5)
        flat = written_out(schedule)
        assert flat.steps == schedule.steps == len(flat.body)
        assert timing(flat) == timing(schedule)


@pytest.mark.parametrize(
    ("load", "compute", "store"), [(3, 5, 2), (7, 5, 2), (3, 5, 9), (4, 4, 4), (0, 5, 2), (3, 5, 0)]
)
@pytest.mark.parametrize("steps", [1, 2, 3, 1000])
def test_uniform_formulas(load, compute, store, steps):
    double = uniform(steps, Step(load, compute, store))
    once = load + compute + store
    assert timing(double).total_cycles == once + (steps - 1) * max(load, compute, store)
    single = replace(double, load_buffers=1, store_buffers=1)
    more = max(load + compute, compute + store)
    assert timing(single).total_cycles == once + (steps - 1) * more


@pytest.mark.parametrize("steps", [2, 3, 1000])
def test_uniform_formula_of_one_port(steps):
    # a slot holds a load and a store (3 + 4 > 5), save the first two and the last two
    shared = uniform(steps, Step(3, 5, 4), shared_port=True)
    assert timing(shared).total_cycles == 3 + 5 + (steps - 2) * (3 + 4) + 5 + 4


def test_single_buffers_and_one_port_add_everything_up():
    body = (Repeat(3, (Step(2, 3, 4),)), Step(5, 1, 6))
    schedule = TileSchedule(body, 1, 2, shared_port=True)
    assert not is_exact(schedule)
    assert timing(schedule).total_cycles == 3 * (2 + 3 + 4) + 5 + 1 + 6
    # the first load of all is the fill and the last store the drain, however deep they stand
    assert (timing(schedule).fill_cycles, timing(schedule).drain_cycles) == (2, 6)


def test_a_port_that_only_loads_is_never_waited_for():
    schedule = uniform(4, Step(2, 3, 0), load_buffers=1, store_buffers=1, shared_port=True)
    assert is_exact(schedule)
    assert timing(schedule) == timing(replace(schedule, shared_port=False))


def test_an_inner_bound_makes_the_outer_a_bound():
    inner = uniform(3, Step(2, 3, 4), load_buffers=1, store_buffers=1, shared_port=True)
    assert not is_exact(uniform(2, Step(1, 0, 1, inner=inner)))


@pytest.mark.parametrize("shared", [False, True])
def test_a_million_rounds_are_jumped(shared):
    # a pair of steps, a thousand times, a thousand times over; a round of a pair takes
    # max(3, 5) + max(7, 5) on ports of their own; on one, where the store of the step before
    # the last goes with each load, max(3 + 2, 5) + max(7 + 1, 5)
    pair = Repeat(1000, (Step(3, 5, 2), Step(7, 5, 1)))
    schedule = TileSchedule((Repeat(1000, (pair,)),), shared_port=shared)
    kind = closed_form._LockStep if shared else closed_form._PrivatePorts
    pipeline, taken = kind(schedule), []
    step, pipeline.step = pipeline.step, lambda *durations: (taken.append(1), step(*durations))
    pipeline.run(schedule.body)
    assert len(taken) < 50
    longer = TileSchedule((Repeat(1001, (pair,)),), shared_port=shared)
    difference = timing(longer).total_cycles - timing(schedule).total_cycles
    assert difference == 1000 * ((5 + 8) if shared else (5 + 7))


def test_the_causes_of_inner_schedules_are_told_apart():
    inner = uniform(2, Step(1, 2, 1))  # 1 + 2·2 + 1
    outer = TileSchedule((Repeat(3, (Step(4, 0, 3, inner=inner),)), Step(0, 9, 0)))
    flat = TileSchedule((Repeat(3, (Step(4, 6, 3),)), Step(0, 9, 0)))
    assert timing(outer).total_cycles == timing(flat).total_cycles
    assert timing(outer).compute_cycles == 3 * 4 + 9
    assert timing(outer).fill_cycles == timing(flat).fill_cycles + 3 * 1
    assert timing(outer).drain_cycles == timing(flat).drain_cycles + 3 * 1
