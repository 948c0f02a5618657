from dataclasses import replace

import pytest

from lowbit_sim.mapping.schedule import Step, schedule_of

ONE = Step(1, 2, 3, load_bits=10, store_bits=20)
TWO = Step(1, 2, 3, load_bits=11, store_bits=20)


def test_neighbouring_equal_runs_merge_and_others_stay():
    schedule = schedule_of([(2, ONE), (3, ONE), (1, TWO), (1, ONE)])
    assert schedule.repeat == (5, 1, 1)
    assert schedule.load_bits == (10, 11, 10)
    assert schedule.steps == 7
    assert schedule.total_load_bits == 6 * 10 + 11
    assert schedule.total_store_bits == 7 * 20


def test_columns_keep_their_place():
    inner = schedule_of([(1, ONE)])
    schedule = schedule_of(
        [(4, Step(5, 0, 6, 7, 8, inner))], (1, 2), shared_port=True, loads_outputs=True
    )
    assert (schedule.load_cycles, schedule.compute_cycles, schedule.store_cycles) == (
        (5,),
        (0,),
        (6,),
    )
    assert (schedule.load_bits, schedule.store_bits, schedule.inner) == ((7,), (8,), (inner,))
    assert (schedule.load_buffers, schedule.store_buffers) == (1, 2)
    assert schedule.shared_port
    assert schedule.loads_outputs


def test_the_link_of_an_inner_schedule_is_another_link():
    inner = schedule_of([(9, ONE)])
    assert schedule_of([(2, Step(1, 0, 1, 3, 4, inner))]).total_load_bits == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"repeat": (0,)}, "at least one step"),
        ({"repeat": ()}, "one entry per segment"),
        ({"inner": ()}, "one entry per segment"),
        ({"load_bits": (1, 2)}, "one entry per segment"),
        ({"load_cycles": (-1,)}, "0 or more"),
        ({"load_buffers": 3}, "buffers are 1 or 2"),
        ({"store_buffers": 0}, "buffers are 1 or 2"),
        ({"compute_cycles": (0,)}, "at least one cycle, or"),
        ({"inner": (schedule_of([(1, ONE)]),)}, "at least one cycle, or"),
    ],
)
def test_what_is_no_schedule_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(schedule_of([(1, ONE)]), **change)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="at least one segment"):
        schedule_of([])
