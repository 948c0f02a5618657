import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.netlist.lanes import bit_lanes, from_lanes


def test_a_cycles_wires_have_a_bit_for_each_lane():
    # lanes 2, 3 and −1 on three wires: 010, 011, 111
    assert bit_lanes(np.array([[2, 3, -1]]), 3) == [[0b110, 0b111, 0b100]]


def test_lanes_are_read_as_unsigned_numbers():
    assert from_lanes([0b110, 0b111, 0b100], 3).tolist() == [2, 3, 7]


@pytest.mark.parametrize("lanes", [1, 7, 8, 9, 256])
@pytest.mark.parametrize("width_bits", [1, 8, 24, 63])
def test_any_numbers_come_back_cut_to_the_width(lanes, width_bits):
    drawn = np.random.default_rng(0)
    values = drawn.integers(-(2**62), 2**62, (3, lanes))
    for cycle, wires in zip(values, bit_lanes(values, width_bits), strict=True):
        assert len(wires) == width_bits
        expected = [int(value) % 2**width_bits for value in cycle]
        assert from_lanes(wires, lanes).tolist() == expected


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=20))
def test_negative_numbers_in_twos_complement(values):
    found = from_lanes(bit_lanes(np.array([values]), 8)[0], len(values))
    assert found.astype(np.uint8).view(np.int8).tolist() == values


def test_all_64_bits():
    values = np.array([[-1, -(2**63), 2**63 - 1]])
    assert from_lanes(bit_lanes(values, 64)[0], 3).tolist() == [2**64 - 1, 2**63, 2**63 - 1]
