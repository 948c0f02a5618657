import numpy as np
import pytest

from lowbit_sim.netlist.lanes import from_lanes
from lowbit_sim.netlist.operators import CYCLES, LANES, Operator


def operands(work, port, cycle):
    return from_lanes(work.stimulus[port][cycle], LANES)


@pytest.mark.parametrize(
    ("kind", "operand_bits", "computed"),
    [
        ("add", 8, lambda a, b: a + b),
        ("multiply", 8, lambda a, b: a * b),
        ("multiply", 32, lambda a, b: a * b),
    ],
)
def test_the_result_is_that_of_the_operands_of_the_same_cycle(kind, operand_bits, computed):
    work = Operator(kind, operand_bits).work()
    for cycle in (0, CYCLES - 1):
        a, b = operands(work, "a", cycle), operands(work, "b", cycle)
        assert np.array_equal(work.expected[cycle].astype(np.uint64), computed(a, b))


def test_a_register_shows_what_it_was_given_a_cycle_ago():
    work = Operator("register", 32).work()
    assert "b" not in work.stimulus
    for cycle in (1, CYCLES - 1):
        assert np.array_equal(work.expected[cycle], operands(work, "a", cycle - 1))


def test_operands_are_uniform_and_the_same_every_time():
    first, again = (Operator("add", 16).work().stimulus["a"] for _ in range(2))
    assert first == again
    ones = sum(wire.bit_count() for cycle in first for wire in cycle)
    # 33 cycles of 16 wires in 64 lanes: 33,792 draws, half of them ones up to 4 standard deviations
    assert abs(ones - 33_792 / 2) < 4 * 33_792**0.5 / 2


def test_only_a_register_has_a_register():
    assert Operator("register", 8).written == ("result",)
    assert Operator("add", 8).written == ()


@pytest.mark.parametrize(("kind", "width"), [("add", 8), ("multiply", 16), ("register", 8)])
def test_a_sum_is_as_wide_as_its_operands_and_a_product_twice(kind, width):
    _, ports = Operator(kind, 8).design()
    assert len(ports["result"]) == width
