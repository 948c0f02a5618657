import numpy as np
from hardware_cases import INT8

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.rtl.bench import hardware
from lowbit_sim.rtl.operands import product, stimulus

INPUTS = np.array([[1, 2, 3], [4, 5, 6]])
LEVELS = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])


def design(stays, **conventions):
    array = PEArray(IntegerMac(8), 2, 2, 16, "systolic", Conventions(**conventions), (stays,))
    return hardware(array, (INT8, INT8), stays)


def words(given, at):
    """Return the bytes of each word, the lowest first, two of them."""
    return [(word & 255, word >> 8) for word in given.contents[at][1]]


def test_weights_that_stay_lie_in_the_order_of_loading():
    given = stimulus(design("weight"), INPUTS, LEVELS)
    # n outermost, then k, the bottom row first; k = 3 leaves a row of noughts, n = 3 a column
    assert words(given, 0) == [
        (4, 5), (1, 2), (0, 0), (7, 8), (6, 0), (3, 0), (0, 0), (9, 0),
    ]  # fmt: skip
    assert words(given, 1) == [(1, 2), (4, 5), (3, 0), (6, 0)]
    assert [count for _, count in given.counts] == [2, 2, 2]


def test_operands_of_sums_that_stay_lie_in_the_order_of_k():
    given = stimulus(design("output"), INPUTS, LEVELS)
    assert words(given, 0) == [(1, 4), (2, 5), (3, 6)]
    assert words(given, 1) == [(1, 2), (4, 5), (7, 8), (3, 0), (6, 0), (9, 0)]
    assert [count for _, count in given.counts] == [3, 1, 2]


def test_sums_come_back_from_below_each_column():
    made = design("weight")
    sums = {
        id(foot.memory): [10 * col + at for at in range(4)] for col, foot in enumerate(made.feet)
    }
    found = product(made, 2, 3, lambda memory, at: sums[id(memory)][at])
    assert found.tolist() == [[0, 10, 2], [1, 11, 3]]


def test_sums_that_stayed_come_back_bottom_row_first():
    made = design("output")
    sums = {
        id(column[0].memory): [10 * col + at for at in range(4)]
        for col, column in enumerate(made.collectors)
    }
    found = product(made, 2, 3, lambda memory, at: sums[id(memory)][at])
    assert found.tolist() == [[1, 11, 3], [0, 10, 2]]


def test_sums_with_a_way_out_of_their_own():
    made = design("output", drain="direct")
    sums = {
        id(way.memory): [100 * row + 10 * col + at for at in range(2)]
        for col, column in enumerate(made.collectors)
        for row, way in enumerate(column)
    }
    found = product(made, 2, 3, lambda memory, at: sums[id(memory)][at])
    assert found.tolist() == [[0, 10, 1], [100, 110, 101]]


def test_words_wider_than_a_machine_word():
    array = PEArray(IntegerMac(8), 1, 20, 16, stationary=("weight",))
    given = stimulus(
        hardware(array, (INT8, INT8), "weight"), np.ones((1, 1), int), -np.ones((1, 20), int)
    )
    assert given.contents[0][1] == [(1 << 160) - 1]
    assert number_format("int8").min_level == -128
