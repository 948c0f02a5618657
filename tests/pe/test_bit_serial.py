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
from lowbit_sim.pe.bit_serial import BitSerial

ENCODINGS = ("twos_complement", "sign_magnitude")


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, BitSerial(row["encoding"], int(row["planes a beat"])))


@pytest.mark.parametrize("planes", [1, 2, 3])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt, encoding, planes):
    path = datapaths.bit_serial(fmt, encoding, planes)
    check_beat_by_beat(BitSerial(encoding, planes), path, fmt, INT8, shapes=12)


@pytest.mark.parametrize(
    ("encoding", "planes", "at_once", "passes", "adds_per_use"),
    [
        # -2 = 110, -1 = 111, 1 = 001, 2 = 010: 1·2 + 2·3 + 3·1 + 2·1
        ("twos_complement", 3, 1, 3, 13),
        ("twos_complement", 3, 2, 2, 13),
        # |2| = 10 and |1| = 01 have a single one: 1 + 2 + 3 + 2
        ("sign_magnitude", 2, 1, 2, 8),
        ("sign_magnitude", 2, 4, 1, 8),
    ],
)
def test_actions_by_hand(encoding, planes, at_once, passes, adds_per_use):
    array = array_of(BitSerial(encoding, at_once))
    five, tile = number_format("levels_5"), Tile(m=3, k=2, n=3)
    slots = 2 * 3 * 2 * 3 * passes
    for stationary, bits_per_slot in (
        ("weight", 8 + 24),
        ("output", 8 + 24 + at_once),
        ("input", 24 + at_once),
    ):
        product = Product(2, tile, five, INT8, stationary, (1, 2, 4, 3, 2))
        assert dict(array.actions(product)) == {
            "adder.add": 3 * adds_per_use,
            "adder.skip": 36 * planes - 3 * adds_per_use,
            "register.write_bit": slots * bits_per_slot,
        }


def test_bipolar_weights_never_skip():
    product = Product(1, Tile(5, 7, 2), number_format("levels_4"), INT8, "weight", (1, 2, 3, 8))
    counts = array_of(BitSerial("twos_complement")).actions(product)
    assert counts["adder.add"] == 5 * 14 * 2
    assert counts["adder.skip"] == 0


@pytest.mark.parametrize("planes", [1, 3])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_unknown_values_count_as_non_zero(encoding, planes):
    product = Product(3, Tile(5, 7, 2), INT8, INT8, "weight")
    counts = array_of(BitSerial(encoding, planes)).actions(product)
    assert counts["adder.add"] == 3 * 5 * 7 * 2 * 8
    assert counts["adder.skip"] == 0


def test_an_unknown_encoding_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'sign_magnitude'"):
        BitSerial("sign_magnitud")


@pytest.mark.parametrize("bad", [0, -1, 2.0, True])
def test_planes_of_a_beat_are_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^planes_per_cycle must be a whole number above zero"):
        BitSerial("sign_magnitude", bad)


def test_it_computes_every_integer_and_no_float():
    element, bf16 = BitSerial("twos_complement"), number_format("bf16")
    assert all(element.refuses(fmt, INT8) is None for fmt in INTEGER_FORMATS)
    check_refusal(element, bf16, INT8, "bf16 is floating-point")
    check_refusal(element, INT8, bf16, "bf16 is floating-point")
