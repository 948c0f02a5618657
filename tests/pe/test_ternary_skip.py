import numpy as np
import pytest
from hand_tables import table_beside, whole
from oracles import decompose
from skip_checks import (
    INT8,
    INTEGER_FORMATS,
    check_any_signed_dtype,
    check_by_hand,
    check_lane_by_lane,
    check_zeros_never_slow_down,
    lanes_of,
)
from skip_oracles import one_queue, walk_growing

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.ternary_skip import TernarySkip

#: levels beyond the reach of one, two, three and six digits
DIGITS = {1: 1, 4: 2, 13: 3, 364: 6}


def scales(fmt):
    largest = max(abs(level) for level in fmt.levels)
    return tuple(3**p for p in range(next(d for reach, d in DIGITS.items() if reach >= largest)))


@pytest.mark.parametrize("row", table_beside(__file__), ids=lambda row: row["case"])
def test_by_hand(row):
    check_by_hand(row, TernarySkip(whole(row["group"])), "output")


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_lane_by_lane(fmt):
    def oracle(group, rows, cols, inputs, weights, conventions):
        digits = decompose(weights, (-1, 0, 1), scales(fmt))
        return walk_growing(one_queue, group, rows, cols, inputs, digits, scales(fmt), conventions)

    check_lane_by_lane(TernarySkip, "output", fmt, oracle, shapes=50)


@pytest.mark.parametrize("name", ["levels_3", "levels_9", "int8"])
def test_zeros_never_slow_down(name):
    check_zeros_never_slow_down(TernarySkip, "output", number_format(name))


def test_any_signed_dtype():
    check_any_signed_dtype(TernarySkip(), "output")


def test_actions_by_hand():
    # -2 = 1 - 3 and 2 = 3 - 1 have two digits, -1 and 1 one: 1·2 + 2·1 + 3·1 + 2·2 = 11 for each
    # of 3 inputs; a digit is a sign and one of 16 · 2 places
    array, five = lanes_of(TernarySkip(), 2, 2, "output"), number_format("levels_5")
    counts = array.actions(Product(2, Tile(3, 2, 3), five, INT8, "output", (1, 2, 4, 3, 2)))
    activations = 2 * 3 * 2 * 2  # for each of two folds of columns
    assert dict(counts) == {
        "adder.add": 33,
        "multiplexer.bit": 33 * 4 * 8,  # one of 16 activations
        # rows of 2: what is walked for 3 inputs enters twice
        "register.write_bit": 33 * 24 + 22 * (1 + 5) + activations * 2 * 8,
    }


def test_unknown_values_count_as_non_zero():
    array = lanes_of(TernarySkip(), 2, 2, "output")
    counts = array.actions(Product(3, Tile(5, 7, 2), INT8, INT8, "output"))
    assert counts["adder.add"] == 3 * 5 * 7 * 2 * 6


def test_no_values_no_skipping():
    # ⌈5/2⌉·⌈2/2⌉ folds of 6 digits of 7 weights, and 2 rows of drain
    array = lanes_of(TernarySkip(), 2, 2, "output")
    assert array.cycles(Tile(5, 7, 2), INT8, INT8, "output") == 3 * (6 * 7 + 2)
    assert array.tile_units(INT8, INT8, "output") == (2, 16, 2)


@pytest.mark.parametrize(
    ("organisation", "stationary"),
    [("systolic", "output"), ("broadcast", "weight"), ("broadcast", "input")],
)
def test_it_stands_on_broadcast_arrays_whose_outputs_stay(organisation, stationary):
    with pytest.raises(
        ValueError,
        match=rf"^stationary {stationary} on a {organisation} array does not suit ternary_skip: ",
    ):
        PEArray(TernarySkip(), 2, 2, 24, organisation, stationary=(stationary,))


def test_it_computes_every_integer_and_no_float():
    bf16 = number_format("bf16")
    assert all(TernarySkip().refuses(fmt, INT8) is None for fmt in INTEGER_FORMATS)
    assert "floating-point" in TernarySkip().refuses(bf16, INT8)
    assert "floating-point" in TernarySkip().refuses(INT8, bf16)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "16"])
def test_a_group_is_a_whole_number_above_zero(bad):
    with pytest.raises(ValueError, match=r"^weights_per_group must be a whole number above zero"):
        TernarySkip(bad)


def test_groups_larger_than_the_product_are_one():
    weights = np.array([[1, 0], [1, 0], [0, 0]])
    assert TernarySkip(1_000).profile(weights, 2, 1, "output").tolist() == [[2, 1]]
