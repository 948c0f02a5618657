import random

import pytest
from schedules import random_schedule, written_out

from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule, runs

ONE = Step(1, 2, 3, load_bits=10, store_bits=20)
TWO = Step(1, 2, 3, load_bits=11, store_bits=21)


def test_repetitions_in_repetitions():
    schedule = TileSchedule((ONE, Repeat(3, (TWO, Repeat(2, (ONE,)))), TWO))
    assert list(schedule.in_order()) == [ONE, *3 * [TWO, ONE, ONE], TWO]
    counts = {ONE: 0, TWO: 0}
    for times, step in schedule.counted():
        counts[step] += times
    assert counts == {ONE: 1 + 3 * 2, TWO: 3 + 1}
    assert schedule.steps == 11
    assert schedule.load_bits == 7 * 10 + 4 * 11
    assert schedule.store_bits == 7 * 20 + 4 * 21


@pytest.mark.parametrize("seed", range(40))
def test_what_is_counted_is_what_is_in_order(seed):
    schedule = random_schedule(random.Random(seed), shared=False)
    in_order = list(schedule.in_order())
    assert schedule.steps == len(in_order)
    assert schedule.load_bits == sum(step.load_bits for step in in_order)
    flat = [step for times, step in schedule.counted() for _ in range(times)]
    assert sorted(map(repr, flat)) == sorted(map(repr, in_order))
    assert list(written_out(schedule).body) == list(written_out(written_out(schedule)).body)


def test_the_bits_of_an_inner_schedule_cross_another_boundary():
    inner = TileSchedule((Repeat(9, (ONE,)),))
    outer = TileSchedule((Repeat(2, (Step(1, 0, 1, 3, 4, inner),)),))
    assert (outer.load_bits, outer.store_bits, outer.steps) == (6, 8, 2)


def test_equal_neighbours_merge_and_others_stay():
    assert runs([(2, ONE), (3, ONE), (1, TWO), (0, TWO), (1, ONE)]) == (
        Repeat(5, (ONE,)), TWO, ONE,
    )  # fmt: skip
    assert runs([(0, ONE)]) == ()
    assert runs([(1, ONE), (0, TWO), (1, ONE)]) == (Repeat(2, (ONE,)),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 2, 3), "0 or more"),
        ((1, -2, 3), "0 or more"),
        ((1, 2, -3), "0 or more"),
        ((1, 0, 3), "at least one cycle, or"),
        ((1, 2, 3, 0, 0, TileSchedule((ONE,))), "at least one cycle, or"),
    ],
)
def test_what_is_no_step_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Step(*arguments)


@pytest.mark.parametrize(("times", "body"), [(0, (ONE,)), (-1, (ONE,)), (2, ())])
def test_what_repeats_nothing_is_refused(times, body):
    with pytest.raises(ValueError, match="at least one step is repeated at least once"):
        Repeat(times, body)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((),), "at least one step"),
        (((ONE,), 3), "buffers are 1 or 2"),
        (((ONE,), 2, 0), "buffers are 1 or 2"),
    ],
)
def test_what_is_no_schedule_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TileSchedule(*arguments)


def test_equal_schedules_are_equal_keys():
    one, other = (TileSchedule((Repeat(2, (ONE, TWO)),), 1, 2, True, True) for _ in range(2))
    assert {one: 1}[other] == 1
    assert one != TileSchedule((ONE, TWO, ONE, TWO), 1, 2, True, True)
