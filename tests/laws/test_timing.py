"""What must hold of every schedule, by both clocks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schedules import schedules

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.engines.roofline import roofline
from lowbit_sim.mapping.schedule import Step, schedule_of

ENGINES = pytest.mark.parametrize("engine", [closed_form, event_driven], ids=lambda e: e.NAME)
STAGES = ("load_cycles", "compute_cycles", "store_cycles")


def computed(schedule):
    """Add up the computations of a schedule and of everything inside it."""
    columns = zip(schedule.repeat, schedule.compute_cycles, schedule.inner, strict=True)
    return sum(t * (own if part is None else computed(part)) for t, own, part in columns)


@given(schedules())
def test_engines_agree_where_the_closed_form_is_exact_else_it_bounds(schedule):
    closed, events = closed_form.timing(schedule), event_driven.timing(schedule)
    if closed_form.is_exact(schedule):
        assert closed == events
    assert closed.total_cycles >= events.total_cycles


@ENGINES
@given(schedule=schedules())
def test_the_array_works_as_long_as_its_computations(engine, schedule):
    assert engine.timing(schedule).compute_cycles == computed(schedule)


@ENGINES
@given(schedule=schedules())
def test_no_schedule_beats_its_roofline(engine, schedule):
    total = engine.timing(schedule).total_cycles
    assert total >= roofline(schedule).bound_cycles
    assert total >= schedule.load_cycles[0] + computed(schedule) + schedule.store_cycles[-1]


@ENGINES
@given(schedule=schedules())
def test_more_buffers_are_never_slower(engine, schedule):
    total = engine.timing(schedule).total_cycles
    assert engine.timing(replace(schedule, load_buffers=2)).total_cycles <= total
    assert engine.timing(replace(schedule, store_buffers=2)).total_cycles <= total


@ENGINES
@given(schedule=schedules(), data=st.data())
def test_more_steps_are_never_faster(engine, schedule, data):
    more = longer(schedule, "repeat", data)
    assert engine.timing(more).total_cycles >= engine.timing(schedule).total_cycles


@ENGINES
@pytest.mark.parametrize("stage", STAGES)
@given(schedule=schedules(depth=0), data=st.data())
def test_a_longer_stage_is_never_faster(engine, stage, schedule, data):
    if schedule.shared_port and schedule.store_buffers < schedule.load_buffers:
        return  # see the anomaly below
    more = longer(schedule, stage, data)
    assert engine.timing(more).total_cycles >= engine.timing(schedule).total_cycles


@ENGINES
@given(schedule=schedules())
def test_a_port_of_its_own_is_never_slower(engine, schedule):
    own = replace(schedule, shared_port=False)
    assert engine.timing(own).total_cycles <= engine.timing(schedule).total_cycles


@ENGINES
@given(schedule=schedules())
def test_loads_that_take_no_output_buffer_are_never_slower(engine, schedule):
    free = replace(schedule, loads_outputs=False)
    assert engine.timing(free).total_cycles <= engine.timing(schedule).total_cycles


@ENGINES
@given(schedule=schedules(depth=0), factor=st.integers(2, 5))
def test_time_has_no_unit(engine, schedule, factor):
    stretched = {stage: tuple(factor * c for c in getattr(schedule, stage)) for stage in STAGES}
    assert engine.timing(replace(schedule, **stretched)) == engine.timing(schedule) * factor


def longer(schedule, column, data):
    values = list(getattr(schedule, column))
    values[data.draw(st.integers(0, len(values) - 1))] += data.draw(st.integers(1, 5))
    return replace(schedule, **{column: tuple(values)})


def test_the_anomaly_of_first_come_first_served():
    """With one store buffer, a longer first load lets a store in before the load behind it.

    Both cases are drawn in tests/engines/pipeline.md. One output buffer makes computation 1 wait
    for store 0. Load 1 of 1 cycle: load 2 and store 0 are asked for together, the load goes
    first. Load 1 of 2 cycles: store 0 is asked for before load 2.
    """
    ends = (1, Step(0, 1, 1)), (1, Step(2, 1, 0))
    totals = [
        event_driven.timing(
            schedule_of([ends[0], (1, Step(load, 2, 0)), ends[1]], (2, 1), shared_port=True)
        ).total_cycles
        for load in (1, 2)
    ]
    assert totals == [7, 6]
