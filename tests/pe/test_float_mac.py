import datapaths
import numpy as np
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

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.float_mac import FloatMac

BF16 = number_format("bf16")


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, FloatMac())


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt):
    path = datapaths.multiplier("float_mac.mac_bf16", np.float32)
    check_beat_by_beat(FloatMac(), path, fmt, INT8, shapes=48)


@pytest.mark.parametrize(
    ("weight", "activation", "mac"),
    [
        ("fp32", "fp32", "fp32"),
        ("fp32", "bf16", "fp32"),
        ("bf16", "fp32", "fp32"),
        ("bf16", "bf16", "bf16"),
        ("levels_5", "bf16", "bf16"),
        ("levels_5", "fp32", "fp32"),
        ("bf16", "int8", "bf16"),
        ("fp32", "int8", "fp32"),
        ("int8", "int8", "bf16"),
    ],
)
def test_the_wider_format_is_paid(weight, activation, mac):
    formats = number_format(weight), number_format(activation)
    counts = array_of(FloatMac()).actions(Product(2, Tile(3, 2, 3), *formats, "weight"))
    assert counts.keys() == [f"float_mac.mac_{mac}", "register.write_bit"]
    assert counts[f"float_mac.mac_{mac}"] == 2 * 3 * 2 * 3


@pytest.mark.parametrize(
    ("weight", "activation", "stationary", "bits_per_slot"),
    [
        ("bf16", "bf16", "weight", 16 + 32),
        ("bf16", "bf16", "output", 16 + 32 + 16),
        ("bf16", "bf16", "input", 16 + 32),
        ("levels_5", "fp32", "weight", 32 + 32),
        ("levels_5", "fp32", "output", 32 + 32 + 32),
        ("levels_5", "int8", "output", 16 + 32 + 16),
    ],
)
def test_register_bits_by_hand(weight, activation, stationary, bits_per_slot):
    formats = number_format(weight), number_format(activation)
    array = array_of(FloatMac(), accumulator_bits=32)
    counts = array.actions(Product(2, Tile(3, 2, 3), *formats, stationary))
    assert counts["register.write_bit"] == 36 * bits_per_slot


def test_a_float_brings_no_level_counts():
    array, tile = array_of(FloatMac()), Tile(3, 2, 3)
    counts = array.actions(Product(1, tile, BF16, BF16, "weight", ()))
    assert counts == array.actions(Product(1, tile, BF16, BF16, "weight"))
    with pytest.raises(ValueError, match="bf16 needs 0 counts"):
        Product(1, tile, BF16, BF16, "weight", (6,))


def test_integers_ride_along_as_far_as_bf16_is_exact():
    array = array_of(FloatMac())
    assert all(array.refuses(fmt, BF16) is None for fmt in FORMATS.values())
    assert array.refuses(NumberFormat("edge", (-256, 256)), BF16) is None
    beyond = NumberFormat("beyond", (0, 257))  # 257 = 1 0000 0001 has nine significant bits
    check_refusal(FloatMac(), beyond, BF16, "beyond has levels beyond ±256")
    check_refusal(FloatMac(), BF16, beyond, "beyond has levels beyond ±256")
