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
from lowbit_sim.pe.bit_serial_both import BitSerialBoth

ENCODINGS = ("twos_complement", "sign_magnitude")
PAIRS = [
    ("levels_2", "int8"),
    ("levels_2", "levels_2"),
    ("levels_3", "int8"),
    ("levels_3", "levels_4"),
    ("levels_4", "levels_3"),
    ("levels_5", "int8"),
    ("levels_5", "levels_5"),
    ("levels_7_pow2", "levels_16"),
    ("levels_17", "levels_9"),
    ("int8", "levels_2"),
    ("int8", "int8"),
]


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    numbers = (int(row[name]) for name in ("lanes", "of weight", "of activation"))
    check_by_hand(row, BitSerialBoth(row["encoding"], *numbers))


@pytest.mark.parametrize("parallel", [(5, 1, 1), (3, 1, 2), (2, 3, 2), (1, 2, 4)])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("weight", "activation"), PAIRS)
def test_beat_by_beat(weight, activation, encoding, parallel):
    weight, activation = number_format(weight), number_format(activation)
    element = BitSerialBoth(encoding, *parallel)
    path = datapaths.bit_serial_both(weight, activation, encoding, *parallel)
    check_beat_by_beat(element, path, weight, activation, shapes=6, longest=16)


@pytest.mark.parametrize(
    ("encoding", "planes", "parallel", "passes"),
    [
        ("twos_complement", 3 * 8, (16, 1, 1), 24),
        ("sign_magnitude", 2 * 8, (16, 1, 1), 16),
        ("twos_complement", 3 * 8, (16, 2, 3), 2 * 3),
    ],
)
def test_actions_by_hand(encoding, planes, parallel, passes):
    # 20 terms are two words of 16 lanes
    lanes, of_weight, of_activation = parallel
    array, tile = array_of(BitSerialBoth(encoding, *parallel)), Tile(m=3, k=20, n=3)
    slots = 2 * 3 * 3 * 2 * passes
    for stationary, moving_bits in (
        ("weight", lanes * of_activation),
        ("output", lanes * (of_activation + of_weight)),
        ("input", lanes * of_weight),
    ):
        product = Product(2, tile, number_format("levels_5"), INT8, stationary)
        assert dict(array.actions(product)) == {
            "bit_pair.add": 2 * 3 * 20 * 3 * planes,
            "adder.add": slots,
            "register.write_bit": slots * (moving_bits + 24),
        }


def test_every_pair_counts_whatever_its_bits():
    array, three = array_of(BitSerialBoth("sign_magnitude")), number_format("levels_3")
    zeros = Product(1, Tile(5, 7, 2), three, INT8, "weight", (0, 14, 0))
    unknown = Product(1, Tile(5, 7, 2), three, INT8, "weight")
    assert array.actions(zeros) == array.actions(unknown)
    assert array.actions(zeros)["bit_pair.add"] == 5 * 7 * 2 * 1 * 8


def test_time_goes_with_the_product_of_the_planes():
    # Loom's rule, arXiv:1706.07853: Pw · Pa against a 16 bit × 16 bit multiplier
    element = BitSerialBoth("twos_complement")
    for weight in INTEGER_FORMATS:
        for activation in INTEGER_FORMATS:
            planes = [fmt.planes("twos_complement") for fmt in (weight, activation)]
            assert element.passes(weight, activation) == planes[0] * planes[1]


@pytest.mark.parametrize("bad", [0, -1, 2.0, True])
@pytest.mark.parametrize(
    "field", ["lanes", "weight_planes_per_cycle", "activation_planes_per_cycle"]
)
def test_numbers_are_whole_and_above_zero(field, bad):
    with pytest.raises(ValueError, match=rf"^{field} must be a whole number above zero"):
        BitSerialBoth("sign_magnitude", **{field: bad})


def test_an_unknown_encoding_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'twos_complement'"):
        BitSerialBoth("two_complement")


def test_floats_are_refused():
    element, bf16 = BitSerialBoth("sign_magnitude"), number_format("bf16")
    check_refusal(element, bf16, INT8, "bf16 is floating-point")
    check_refusal(element, INT8, bf16, "bf16 is floating-point")
