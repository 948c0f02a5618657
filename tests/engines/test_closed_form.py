import random
from dataclasses import replace
from pathlib import Path

import cycle_by_cycle
import pytest
from drawings import read_drawings
from schedules import random_schedule

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.engines.closed_form import is_exact, timing, unfold
from lowbit_sim.mapping.schedule import Step, schedule_of

DRAWINGS = read_drawings(Path(__file__).with_name("pipeline.md"))


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
        assert timing(schedule) == cycle_by_cycle.timing(schedule)


@pytest.mark.parametrize("seed", range(20))
def test_a_shared_port_and_single_buffers_stay_below_the_bound(seed):
    rng = random.Random(200 + seed)
    bounds = 0
    for _ in range(30):
        schedule = random_schedule(rng, shared=True)
        exact = event_driven.timing(schedule)
        bounds += not is_exact(schedule)
        if is_exact(schedule):
            assert timing(schedule) == exact
        else:
            assert timing(schedule).total_cycles >= exact.total_cycles
            assert timing(schedule).compute_cycles == exact.compute_cycles
    assert bounds > 10


@pytest.mark.parametrize(
    ("load", "compute", "store"), [(3, 5, 2), (7, 5, 2), (3, 5, 9), (4, 4, 4), (0, 5, 2), (3, 5, 0)]
)
@pytest.mark.parametrize("steps", [1, 2, 3, 1000])
def test_uniform_formulas(load, compute, store, steps):
    uniform = schedule_of([(steps, Step(load, compute, store))])
    once = load + compute + store
    assert timing(uniform).total_cycles == once + (steps - 1) * max(load, compute, store)
    single = replace(uniform, load_buffers=1, store_buffers=1)
    more = max(load + compute, compute + store)
    assert timing(single).total_cycles == once + (steps - 1) * more


@pytest.mark.parametrize("steps", [2, 3, 1000])
def test_uniform_formula_of_one_port(steps):
    # a slot holds a load and a store (3 + 4 > 5), save the first two and the last two
    shared = schedule_of([(steps, Step(3, 5, 4))], shared_port=True)
    assert timing(shared).total_cycles == 3 + 5 + (steps - 2) * (3 + 4) + 5 + 4


def test_single_buffers_and_one_port_add_everything_up():
    schedule = schedule_of([(3, Step(2, 3, 4)), (1, Step(5, 1, 6))], (1, 2), shared_port=True)
    assert not is_exact(schedule)
    assert timing(schedule).total_cycles == 3 * (2 + 3 + 4) + 5 + 1 + 6


def test_a_port_that_only_loads_is_never_waited_for():
    schedule = schedule_of([(4, Step(2, 3, 0))], (1, 1), shared_port=True)
    assert is_exact(schedule)
    assert timing(schedule) == timing(replace(schedule, shared_port=False))


def test_an_inner_bound_makes_the_outer_a_bound():
    inner = schedule_of([(3, Step(2, 3, 4))], (1, 1), shared_port=True)
    assert not is_exact(schedule_of([(2, Step(1, 0, 1, inner=inner))]))


def test_a_million_steps_are_jumped():
    pipeline = closed_form._Pipeline(schedule_of([(1, Step(3, 5, 2))]))
    taken = []
    step, pipeline.step = pipeline.step, lambda *durations: (taken.append(1), step(*durations))
    pipeline.run(10**6, 3, 5, 2)
    assert len(taken) < 10
    assert pipeline.timing().total_cycles == 3 + 5 + 2 + (10**6 - 1) * 5


def test_unfolding_replaces_the_computation():
    inner = schedule_of([(2, Step(1, 2, 1))])
    outer = schedule_of([(3, Step(4, 0, 3, inner=inner)), (1, Step(0, 9, 0))])
    inside = timing(inner)
    flat = schedule_of([(3, Step(4, inside.total_cycles, 3)), (1, Step(0, 9, 0))])
    unfolded = unfold(outer, timing(flat), (inside, None))
    assert unfolded.total_cycles == timing(flat).total_cycles
    assert unfolded.compute_cycles == 3 * 4 + 9
    assert unfolded == timing(outer)
