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
from lowbit_sim.pe.integer_mac import IntegerMac


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, IntegerMac())


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt):
    path = datapaths.multiplier("integer_mac.mac_int8")
    check_beat_by_beat(IntegerMac(), path, fmt, INT8, shapes=48)


@pytest.mark.parametrize(
    ("stationary", "bits_per_slot"),
    [("weight", 8 + 24), ("output", 8 + 24 + 8), ("input", 8 + 24)],
)
def test_actions_by_hand(stationary, bits_per_slot):
    # 2·3·2·3 = 36 multiplications; every operand fills its 8-bit register
    tile, five = Tile(m=3, k=2, n=3), number_format("levels_5")
    product = Product(2, tile, five, INT8, stationary, (1, 2, 4, 3, 2))
    assert dict(array_of(IntegerMac()).actions(product)) == {
        "integer_mac.mac_int8": 36,
        "register.write_bit": 36 * bits_per_slot,
    }


def test_the_values_of_the_weights_do_not_matter():
    tile, three = Tile(3, 2, 3), number_format("levels_3")
    zeros = Product(1, tile, three, INT8, "weight", (0, 6, 0))
    unknown = Product(1, tile, three, INT8, "weight")
    assert array_of(IntegerMac()).actions(zeros) == array_of(IntegerMac()).actions(unknown)


def test_the_action_is_named_after_the_width():
    product = Product(1, Tile(1, 1, 1), INT8, INT8, "weight")
    assert array_of(IntegerMac(16)).actions(product)["integer_mac.mac_int16"] == 1


@pytest.mark.parametrize(
    ("operand_bits", "levels", "fits"),
    [
        (8, (-128, 127), True),
        (8, (-129, 0), False),
        (8, (0, 128), False),
        (4, (-8, 7), True),
        (4, (-8, 8), False),
        (2, (-1, 0, 1), True),
        (2, (-2, 2), False),
        (1, (-1, 1), False),
        (1, (-1, 0), True),
    ],
)
def test_operands_must_fit_twos_complement(operand_bits, levels, fits):
    element = IntegerMac(operand_bits)
    fmt, small = NumberFormat("some", levels), NumberFormat("small", (-1, 0))
    for pair in ((fmt, small), (small, fmt)):
        assert (element.refuses(*pair) is None) == fits
        if not fits:
            check_refusal(element, *pair, "some does not fit operands of")


@pytest.mark.parametrize("bad", [0, -1, 8.0, True])
def test_operand_bits_are_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^operand_bits must be a whole number above zero"):
        IntegerMac(bad)


def test_floats_are_refused():
    bf16 = number_format("bf16")
    check_refusal(IntegerMac(), bf16, INT8, "bf16 is floating-point")
    check_refusal(IntegerMac(), INT8, bf16, "bf16 is floating-point")
