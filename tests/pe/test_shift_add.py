import datapaths
import pytest
from hand_tables import table_beside
from kind_checks import (
    INT8,
    INTEGER_FORMATS,
    array_of,
    by_case,
    check_beat_by_beat,
    check_by_hand,
    check_refusal,
)

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.shift_add import ShiftAdd


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, ShiftAdd())


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt):
    check_beat_by_beat(ShiftAdd(), datapaths.shift_add(fmt), fmt, INT8, shapes=48)


@pytest.mark.parametrize(
    ("stationary", "bits_per_slot"),
    # a digit is one of 0, ±1, ±2, ±4: 3 bit
    [("weight", 8 + 24), ("output", 8 + 24 + 3), ("input", 24 + 3)],
)
def test_actions_by_hand(stationary, bits_per_slot):
    # -3 = -4 + 1 and 3 have two terms, ±1 and ±2 one: 1·2 + 2 + 1 + 2 + 3 + 1·2 = 12
    seven, tile = number_format("levels_7"), Tile(m=3, k=2, n=3)
    product = Product(2, tile, seven, INT8, stationary, (1, 2, 1, 2, 2, 3, 1))
    assert dict(array_of(ShiftAdd()).actions(product)) == {
        "shift_adder.add": 3 * 12,
        "shift_adder.skip": 72 - 36,
        "register.write_bit": 72 * bits_per_slot,
    }


@pytest.mark.parametrize(
    ("name", "digit_bits"),
    [
        ("levels_2", 2),  # 0, ±1
        ("levels_3", 2),
        ("levels_5", 3),  # 0, ±1, ±2
        ("levels_4", 3),  # 0, ±1, ±2, ±4: 3 = 4 - 1
        ("levels_9", 3),
        ("levels_15", 4),  # and ±8: 7 = 8 - 1
        ("levels_17", 4),
        ("int8", 5),  # 0 and 2 · 8 powers, ±1 to ±128
    ],
)
def test_digits_are_as_wide_as_their_values_need(name, digit_bits):
    fmt = number_format(name)
    product = Product(1, Tile(1, 1, 1), fmt, INT8, "output")
    written = array_of(ShiftAdd()).actions(product)["register.write_bit"]
    assert written == fmt.power_terms * (8 + 24 + digit_bits)


def test_five_levels_cost_as_many_beats_as_three_and_never_two_adds():
    five, tile = number_format("levels_5"), Tile(5, 7, 2)
    counts = array_of(ShiftAdd()).actions(Product(1, tile, five, INT8, "weight", (3, 3, 2, 3, 3)))
    assert (counts["shift_adder.add"], counts["shift_adder.skip"]) == (5 * 12, 5 * 2)


def test_unknown_values_count_every_term():
    counts = array_of(ShiftAdd()).actions(Product(3, Tile(5, 7, 2), INT8, INT8, "weight"))
    assert counts["shift_adder.add"] == 3 * 5 * 7 * 2 * 4
    assert counts["shift_adder.skip"] == 0


def test_it_computes_every_integer_and_no_float():
    element, bf16 = ShiftAdd(), number_format("bf16")
    assert all(element.refuses(fmt, INT8) is None for fmt in INTEGER_FORMATS)
    check_refusal(element, bf16, INT8, "bf16 is floating-point")
    check_refusal(element, INT8, bf16, "bf16 is floating-point")
