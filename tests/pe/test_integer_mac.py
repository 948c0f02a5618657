import pytest
from hand_tables import table_beside
from kind_checks import INT8, INTEGER_FORMATS, by_case, check_beat_by_beat, check_by_hand

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.integer_mac import IntegerMac


def make(rows, cols):
    return IntegerMac(rows, cols, accumulator_bits=32)


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, make(int(row["rows"]), int(row["cols"])), INT8)


@pytest.mark.parametrize("stationary", ["weight", "output"])
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt, stationary):
    check_beat_by_beat(make, fmt, stationary, None, shapes=3)


@pytest.mark.parametrize(
    ("stationary", "bits_per_slot"), [("weight", 8 + 32), ("output", 8 + 32 + 8)]
)
def test_actions_by_hand(stationary, bits_per_slot):
    # 2·3·2·3 = 36 multiplications; every operand fills its 8-bit register
    tile, five = Tile(m=3, k=2, n=3), number_format("levels_5")
    counts = make(4, 4).actions(2, tile, five, INT8, stationary, (1, 2, 4, 3, 2))
    assert dict(counts) == {"integer_mac.mac_int8": 36, "register.write_bit": 36 * bits_per_slot}


def test_the_values_of_the_weights_do_not_matter():
    tile, three = Tile(3, 2, 3), number_format("levels_3")
    zeros = make(4, 4).actions(1, tile, three, INT8, "weight", (0, 6, 0))
    assert zeros == make(4, 4).actions(1, tile, three, INT8, "weight", None)


def test_counts_that_miss_a_weight_are_refused():
    with pytest.raises(ValueError, match="add up to"):
        make(4, 4).actions(1, Tile(3, 2, 3), number_format("levels_3"), INT8, "weight", (0, 5, 0))


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
    array = IntegerMac(4, 4, accumulator_bits=32, operand_bits=operand_bits)
    fmt, small = NumberFormat("some", levels), NumberFormat("small", (-1, 0))
    for pair in ((fmt, small), (small, fmt)):
        assert (array.refuses(*pair) is None) == fits
        if not fits:
            assert "some does not fit" in array.refuses(*pair)


@pytest.mark.parametrize("bad", [0, -1, 8.0])
def test_operand_bits_are_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^operand_bits must be a whole number above zero"):
        IntegerMac(4, 4, 32, operand_bits=bad)


def test_floats_are_refused():
    array, bf16 = make(4, 4), number_format("bf16")
    assert "floating-point" in array.refuses(bf16, INT8)
    assert "floating-point" in array.refuses(INT8, bf16)
    for ask in (
        lambda: array.passes(bf16, INT8),
        lambda: array.cycles(Tile(1, 1, 1), INT8, bf16, "weight"),
        lambda: array.actions(1, Tile(1, 1, 1), bf16, INT8, "weight", None),
    ):
        with pytest.raises(ValueError, match="integer_mac refuses"):
            ask()
