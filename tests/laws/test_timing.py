"""What must hold of every schedule, by both clocks."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schedules import changed_at, parts_of, remade, schedules, written_out

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.engines.roofline import roofline
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule

ENGINES = pytest.mark.parametrize("engine", [closed_form, event_driven], ids=lambda e: e.NAME)
FEW = settings(max_examples=40, deadline=None, derandomize=True)
STAGES = ("load_cycles", "compute_cycles", "store_cycles")
PARTS = ("fill", "compute", "stall_load", "stall_store", "drain")


def computed(schedule):
    """Add up the computations of a schedule and of everything inside it."""
    return sum(
        step.compute_cycles if step.inner is None else computed(step.inner)
        for step in schedule.in_order()
    )


@FEW
@given(schedules())
def test_engines_agree_where_the_closed_form_is_exact_else_it_bounds(schedule):
    closed, events = closed_form.timing(schedule), event_driven.timing(schedule)
    if closed_form.is_exact(schedule):
        assert closed == events
    assert closed.total_cycles >= events.total_cycles


@ENGINES
@FEW
@given(schedule=schedules())
def test_the_parts_of_time_add_up_and_none_is_negative(engine, schedule):
    timing = engine.timing(schedule)
    parts = [getattr(timing, f"{part}_cycles") for part in PARTS]
    assert all(isinstance(part, int) and part >= 0 for part in parts)
    assert timing.total_cycles == sum(parts)
    assert timing.compute_cycles == computed(schedule)


@ENGINES
@FEW
@given(schedule=schedules())
def test_no_schedule_beats_its_roofline(engine, schedule):
    total = engine.timing(schedule).total_cycles
    assert total >= roofline(schedule).bound_cycles
    *_, last = schedule.in_order()
    first = next(schedule.in_order())
    assert total >= first.load_cycles + computed(schedule) + last.store_cycles


@ENGINES
@FEW
@given(schedule=schedules())
def test_how_a_schedule_is_written_does_not_matter(engine, schedule):
    assert engine.timing(written_out(schedule)) == engine.timing(schedule)


@ENGINES
@FEW
@given(schedule=schedules())
def test_more_buffers_are_never_slower(engine, schedule):
    total = engine.timing(schedule).total_cycles
    assert engine.timing(replace(schedule, load_buffers=2)).total_cycles <= total
    assert engine.timing(replace(schedule, store_buffers=2)).total_cycles <= total


@ENGINES
@FEW
@given(schedule=schedules(), data=st.data())
def test_more_steps_are_never_faster(engine, schedule, data):
    places = [i for i, p in enumerate(parts_of(schedule.body)) if isinstance(p, Repeat)]
    if not places:
        return
    more = changed_at(
        schedule,
        data.draw(st.sampled_from(places)),
        lambda part: Repeat(part.times + data.draw(st.integers(1, 3)), part.body),
    )
    assert engine.timing(more).total_cycles >= engine.timing(schedule).total_cycles


@ENGINES
@FEW
@given(schedule=schedules(), other=schedules())
def test_two_after_another_take_no_longer_than_both_alone(engine, schedule, other):
    if schedule.shared_port and {schedule.load_buffers, schedule.store_buffers} != {2}:
        return  # see the anomaly below
    joined = replace(schedule, body=schedule.body + other.body)
    alone = replace(schedule, body=other.body)
    total = engine.timing(schedule).total_cycles + engine.timing(alone).total_cycles
    assert engine.timing(joined).total_cycles <= total


@ENGINES
@pytest.mark.parametrize("stage", STAGES)
@FEW
@given(schedule=schedules(depth=0), data=st.data())
def test_a_longer_stage_is_never_faster(engine, stage, schedule, data):
    if schedule.shared_port and schedule.store_buffers < schedule.load_buffers:
        return  # see the anomaly below
    places = [i for i, p in enumerate(parts_of(schedule.body)) if isinstance(p, Step)]
    longer = changed_at(
        schedule,
        data.draw(st.sampled_from(places)),
        lambda step: replace(step, **{stage: getattr(step, stage) + data.draw(st.integers(1, 5))}),
    )
    assert engine.timing(longer).total_cycles >= engine.timing(schedule).total_cycles


@ENGINES
@FEW
@given(schedule=schedules())
def test_a_port_of_its_own_is_never_slower(engine, schedule):
    own = replace(schedule, shared_port=False)
    assert engine.timing(own).total_cycles <= engine.timing(schedule).total_cycles


@ENGINES
@FEW
@given(schedule=schedules())
def test_loads_that_take_no_output_buffer_are_never_slower(engine, schedule):
    free = replace(schedule, loads_outputs=False)
    assert engine.timing(free).total_cycles <= engine.timing(schedule).total_cycles


@ENGINES
@FEW
@given(schedule=schedules(depth=0), factor=st.integers(2, 5))
def test_time_has_no_unit(engine, schedule, factor):
    def longer(step):
        return replace(step, **{stage: factor * getattr(step, stage) for stage in STAGES})

    assert engine.timing(remade(schedule, longer)) == engine.timing(schedule) * factor


@FEW
@given(schedules(depth=0, shared=st.just(False)), st.integers(2, 50))
def test_rounds_settle_to_the_busiest_stage(schedule, times):
    """A repeated body takes, a round, what its busiest stage does, at least."""
    few, many = (
        closed_form.timing(replace(schedule, body=(Repeat(t, schedule.body),))).total_cycles
        for t in (times, 2 * times)
    )
    assert many - few >= times * roofline(schedule).bound_cycles


def test_the_anomaly_of_first_come_first_served():
    """With one store buffer, a longer first load lets a store in before the load behind it.

    Both cases are drawn in tests/engines/pipeline.md. One output buffer makes computation 1 wait
    for store 0. Load 1 of 1 cycle: load 2 and store 0 are asked for together, the load goes
    first. Load 1 of 2 cycles: store 0 is asked for before load 2.
    """
    totals = [
        event_driven.timing(
            TileSchedule((Step(0, 1, 1), Step(load, 2, 0), Step(2, 1, 0)), 2, 1, shared_port=True)
        ).total_cycles
        for load in (1, 2)
    ]
    assert totals == [7, 6]
