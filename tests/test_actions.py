import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.actions import ActionCounts

NAMES = st.sampled_from(["adder.add", "adder.skip", "dram.read_bit", "register.write_bit"])
COUNTS = st.dictionaries(NAMES, st.integers(0, 10**20)).map(ActionCounts)
NOTHING = ActionCounts()


@given(COUNTS, COUNTS, COUNTS)
def test_counts_are_a_commutative_monoid(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + NOTHING == a == NOTHING + a


@given(COUNTS, COUNTS, st.integers(0, 99), st.integers(0, 99))
def test_times_is_repeated_addition(a, b, times, more):
    assert a * (times + more) == a * times + a * more
    assert (a + b) * times == a * times + b * times
    assert (a * times) * more == a * (times * more)
    assert a * 1 == a
    assert a * 0 == NOTHING


@given(COUNTS, COUNTS)
def test_equal_counts_have_equal_hashes(a, b):
    assert hash(a + b) == hash(b + a)
    assert len({a, ActionCounts(dict(a)), a + NOTHING}) == 1


def test_by_hand():
    one = ActionCounts({"b.x": 3, "a.y": 1, "c.z": 0})
    two = ActionCounts({"b.x": 4, "d.w": 5})
    assert dict(one + two) == {"a.y": 1, "b.x": 7, "d.w": 5}
    assert dict(one * 3) == {"a.y": 3, "b.x": 9}


def test_names_are_sorted_and_what_never_happened_is_nought():
    counts = ActionCounts({"b.x": 3, "a.y": 1, "c.z": 0})
    assert list(counts) == counts.keys() == ["a.y", "b.x"]
    assert (counts["a.y"], counts["c.z"], counts["never.named"]) == (1, 0, 0)
    assert counts != ActionCounts({"b.x": 3})
    assert counts == ActionCounts({"a.y": 1, "b.x": 3})


@pytest.mark.parametrize("count", [-1, 1.0, 0.5, float("nan"), "3", None, True, np.int64(3)])
def test_a_count_is_a_whole_python_number_of_at_least_nought(count):
    with pytest.raises(ValueError, match=r"action adder\.add needs a whole count of at least 0"):
        ActionCounts({"adder.add": count})


@pytest.mark.parametrize("times", [-1, 1.5])
def test_nothing_happens_a_negative_or_broken_number_of_times(times):
    with pytest.raises(ValueError, match="whole count"):
        ActionCounts({"adder.add": 1}) * times


def test_counts_cannot_be_changed():
    given_counts = {"adder.add": 1}
    counts = ActionCounts(given_counts)
    given_counts["adder.add"] = 2
    assert counts["adder.add"] == 1
    with pytest.raises(TypeError):
        counts.counts["adder.add"] = 3
    with pytest.raises(AttributeError):
        counts.counts = {}
