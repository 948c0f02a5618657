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
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.ternary_adder import TernaryAdder


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, TernaryAdder())


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt):
    check_beat_by_beat(TernaryAdder(), datapaths.ternary(fmt), fmt, INT8, shapes=48)


@pytest.mark.parametrize(
    ("stationary", "bits_per_slot"),
    [("weight", 8 + 24), ("output", 8 + 24 + 2), ("input", 24 + 2)],
)
def test_actions_by_hand(stationary, bits_per_slot):
    # -2 = 1 - 3 and 2 = 3 - 1 have two digits, -1 and 1 one: 1·2 + 2·1 + 3·1 + 2·2 = 11
    five, tile = number_format("levels_5"), Tile(m=3, k=2, n=3)
    product = Product(2, tile, five, INT8, stationary, (1, 2, 4, 3, 2))
    assert dict(array_of(TernaryAdder()).actions(product)) == {
        "adder.add": 3 * 11,
        "adder.skip": 72 - 33,
        "register.write_bit": 72 * bits_per_slot,
    }


def test_unknown_values_count_as_non_zero():
    counts = array_of(TernaryAdder()).actions(Product(3, Tile(5, 7, 2), INT8, INT8, "weight"))
    assert counts["adder.add"] == 3 * 5 * 7 * 2 * 6
    assert counts["adder.skip"] == 0


def test_zero_weights_are_all_skips():
    three = number_format("levels_3")
    product = Product(1, Tile(5, 7, 2), three, INT8, "weight", (0, 14, 0))
    counts = array_of(TernaryAdder()).actions(product)
    assert counts["adder.add"] == 0
    assert counts["adder.skip"] == 70


def test_it_computes_every_integer_and_no_float():
    bf16, wide = number_format("bf16"), NumberFormat("wide", (-1000, 0, 999))
    array = array_of(TernaryAdder())
    assert all(array.refuses(fmt, wide) is None for fmt in [*INTEGER_FORMATS, wide])
    check_refusal(TernaryAdder(), bf16, INT8, "bf16 is floating-point")
    check_refusal(TernaryAdder(), INT8, bf16, "bf16 is floating-point")
