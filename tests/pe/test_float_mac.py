import pytest
from hand_tables import table_beside
from kind_checks import INTEGER_FORMATS, by_case, check_beat_by_beat, check_by_hand

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.float_mac import FloatMac

BF16 = number_format("bf16")


def make(rows, cols):
    return FloatMac(rows, cols, accumulator_bits=32)


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, make(int(row["rows"]), int(row["cols"])), BF16)


@pytest.mark.parametrize("stationary", ["weight", "output"])
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt, stationary):
    check_beat_by_beat(make, fmt, stationary, None, shapes=2, activation=BF16)


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
    counts = make(4, 4).actions(2, Tile(3, 2, 3), *formats, "weight", None)
    assert counts.keys() == [f"float_mac.mac_{mac}", "register.write_bit"]
    assert counts[f"float_mac.mac_{mac}"] == 2 * 3 * 2 * 3


@pytest.mark.parametrize(
    ("weight", "activation", "stationary", "bits_per_slot"),
    [
        ("bf16", "bf16", "weight", 16 + 32),
        ("bf16", "bf16", "output", 16 + 32 + 16),
        ("levels_5", "fp32", "weight", 32 + 32),
        ("levels_5", "fp32", "output", 32 + 32 + 32),
        ("levels_5", "int8", "output", 16 + 32 + 16),
    ],
)
def test_register_bits_by_hand(weight, activation, stationary, bits_per_slot):
    formats = number_format(weight), number_format(activation)
    counts = make(4, 4).actions(2, Tile(3, 2, 3), *formats, stationary, None)
    assert counts["register.write_bit"] == 36 * bits_per_slot


def test_a_float_brings_no_level_counts():
    tile = Tile(3, 2, 3)
    counts = make(4, 4).actions(1, tile, BF16, BF16, "weight", ())
    assert counts == make(4, 4).actions(1, tile, BF16, BF16, "weight", None)
    with pytest.raises(ValueError, match="bf16 needs 0 counts"):
        make(4, 4).actions(1, tile, BF16, BF16, "weight", (6,))


def test_integers_ride_along_as_far_as_bf16_is_exact():
    array = make(4, 4)
    assert all(array.refuses(fmt, BF16) is None for fmt in FORMATS.values())
    assert array.refuses(NumberFormat("edge", (-256, 256)), BF16) is None
    beyond = NumberFormat("beyond", (0, 257))  # 257 = 1 0000 0001 has nine significant bits
    for pair in ((beyond, BF16), (BF16, beyond)):
        assert "beyond has levels beyond ±256" in array.refuses(*pair)
    with pytest.raises(ValueError, match="float_mac refuses beyond × bf16"):
        array.cycles(Tile(1, 1, 1), beyond, BF16, "weight")
