import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowbit_sim.study.balance import BalancePoint, pareto, smallest_comparable

FEW = settings(max_examples=60, deadline=None, derandomize=True)
drawn_points = st.lists(st.tuples(st.integers(90, 95), st.integers(1, 5)), max_size=8)


def points(*drawn):
    """Name percent and memory pairs a, b, c and so on."""
    return [
        BalancePoint(name, percent / 100, 0.01, memory_bits)
        for name, (percent, memory_bits) in zip("abcdefgh", drawn, strict=False)
    ]


def test_pareto_by_hand():
    # c is less accurate than b at more memory, e less accurate than d at equal memory
    made = points((97, 32), (90, 2), (89, 3), (95, 4), (94, 4))
    assert pareto(made) == ("b", "d", "a")


def test_equals_stand_side_by_side():
    assert pareto(points((90, 4), (90, 4))) == ("a", "b")
    assert pareto([]) == ()


def test_equal_accuracy_keeps_the_smaller_only():
    assert pareto(points((90, 4), (90, 3))) == ("b",)


@FEW
@given(drawn_points)
def test_pareto_equals_brute_force(drawn):
    made = points(*drawn)
    front = set(pareto(made))
    for name, (percent, memory_bits) in zip("abcdefgh", drawn, strict=False):
        beaten = any(
            p >= percent and m <= memory_bits and (p, m) != (percent, memory_bits) for p, m in drawn
        )
        assert (name in front) != beaten


@FEW
@given(drawn_points, st.randoms(use_true_random=False))
def test_pareto_does_not_depend_on_the_order(drawn, random):
    made = points(*drawn)
    assert pareto(random.sample(made, len(made))) == pareto(made)


MEMORY_BITS = {"levels_2": 1, "levels_3": 2, "levels_5": 3, "bf16": 16}


@pytest.mark.parametrize(
    ("found", "smallest"),
    [
        ({"levels_3": "comparable", "levels_5": "comparable", "levels_2": "worse"}, "levels_3"),
        ({"levels_2": "undecided", "levels_5": "comparable", "bf16": "comparable"}, "levels_5"),
        ({"levels_2": "better", "levels_3": "comparable"}, "levels_2"),
        ({"levels_2": "worse", "bf16": "undecided"}, None),
        ({}, None),
    ],
)
def test_the_smallest_comparable_or_better_is_chosen(found, smallest):
    assert smallest_comparable(found, MEMORY_BITS) == smallest


def test_equal_memory_goes_to_the_first_name():
    found = {"levels_4": "comparable", "int2": "comparable"}
    assert smallest_comparable(found, {"levels_4": 2, "int2": 2}) == "int2"


def test_memory_must_be_known_of_what_could_be_chosen():
    found = {"levels_9": "comparable", "levels_7": "worse"}
    with pytest.raises(ValueError, match=r"no memory is given for levels_9$"):
        smallest_comparable(found, MEMORY_BITS)
