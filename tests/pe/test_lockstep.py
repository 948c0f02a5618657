import numpy as np
import pytest

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.lockstep import (
    activation_bits_written,
    digit_bits_written,
    in_groups,
    selected_bits,
    shifted_bits,
    slowest,
)
from lowbit_sim.pe.ternary_adder import TernaryAdder

INT8, LEVELS_3 = number_format("int8"), number_format("levels_3")


@pytest.mark.parametrize(
    ("join", "by_hand"),
    [
        (np.add, [[9, 12], [13, 16], [9, 10]]),
        (np.maximum, [[5, 6], [7, 10], [9, 10]]),
        (np.bitwise_or, [[5 | 1 | 3, 6 | 2 | 4], [7 | 4 | 2, 0 | 10 | 6], [9, 10]]),
    ],
)
def test_groups_of_three_and_a_ragged_one(join, by_hand):
    values = np.array([[1, 2], [3, 4], [5, 6], [7, 0], [4, 10], [2, 6], [9, 10]])
    assert in_groups(values, 3, join).tolist() == by_hand


def test_groups_by_loops():
    rng = np.random.default_rng(1)
    for _ in range(100):
        values = rng.integers(0, 200, size=rng.integers(1, 30, size=2)).astype(np.uint8)
        length = int(rng.integers(1, 35))
        joined = in_groups(values, length, np.add, np.int32)
        assert joined.dtype == np.int32
        assert joined.tolist() == [
            [sum(int(v) for v in values[at : at + length, col]) for col in range(values.shape[1])]
            for at in range(0, len(values), length)
        ]


def test_the_slowest_column_of_a_fold_decides():
    beats = np.array([[1, 3, 2, 0, 4], [0, 0, 0, 0, 0]], np.uint8)
    assert slowest(beats, 2).tolist() == [[3, 2, 4], [1, 1, 1]]
    assert slowest(beats, 2).dtype == np.int64
    assert slowest(beats, 8).tolist() == [[4], [1]]


def test_registers_by_loops():
    array = PEArray(TernaryAdder(), rows=4, cols=3, accumulator_bits=24)
    for batch, m, k, n in [(1, 1, 1, 1), (2, 9, 5, 7), (3, 8, 2, 3)]:
        product = Product(batch, Tile(m, k, n), LEVELS_3, INT8, "output")
        activations = digits = 0
        for _ in range(batch):
            for _ in range(0, n, 3):
                activations += m * k
            for _ in range(0, m, 4):
                digits += k * n
        assert activation_bits_written(product, array) == activations * 8
        assert activation_bits_written(product, array, places=3) == activations * 3 * 8
        assert digit_bits_written(product, array, batch * m * k * n, 5) == digits * 5


@pytest.mark.parametrize(("choices", "levels"), [(1, 0), (2, 1), (3, 2), (16, 4), (64, 6)])
def test_a_word_is_selected_through_so_many_levels(choices, levels):
    assert selected_bits(7, choices, 8) == 7 * levels * 8


@pytest.mark.parametrize(
    ("positions", "stages"),
    [(1, []), (2, [9]), (4, [9, 11]), (8, [9, 11, 15]), (9, [9, 11, 15, 23])],
)
def test_a_word_is_shifted_through_wider_and_wider_stages(positions, stages):
    assert shifted_bits(7, positions, 8) == 7 * sum(stages)
