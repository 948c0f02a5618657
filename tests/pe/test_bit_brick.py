import datapaths
import pytest
from hand_tables import table_beside
from kind_checks import INT8, array_of, by_case, check_beat_by_beat, check_by_hand, check_refusal

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.bit_brick import BitBrick

#: a format and the width that its operands are fused to
FUSED = {
    "levels_2": 2,
    "levels_3": 2,
    "levels_4": 4,
    "levels_5": 4,
    "levels_7": 4,
    "levels_7_pow2": 4,
    "levels_8": 4,
    "levels_9": 4,
    "levels_15": 4,
    "levels_16": 4,
    "levels_17": 8,
    "int8": 8,
}
PAIRS = [(weight, activation) for weight in FUSED for activation in ("levels_3", "int8")]


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, BitBrick(int(row["bricks"])))


@pytest.mark.parametrize("weight", FUSED)
@pytest.mark.parametrize("activation", FUSED)
def test_products_a_beat_are_the_bricks_over_those_of_one(weight, activation):
    formats = number_format(weight), number_format(activation)
    of_one = FUSED[weight] * FUSED[activation] // 4
    for bricks in (16, 21, 64):
        assert BitBrick(bricks).terms(*formats) == bricks // of_one
        assert BitBrick(bricks).passes(*formats) == 1


@pytest.mark.parametrize(("weight", "activation"), [*PAIRS, ("levels_9", "levels_5")])
def test_beat_by_beat(weight, activation):
    weight, activation = number_format(weight), number_format(activation)
    for bricks in (16, 37):
        path = datapaths.bit_brick(weight, activation, bricks)
        check_beat_by_beat(BitBrick(bricks), path, weight, activation, shapes=12, longest=24)


def test_actions_by_hand():
    # 5 levels are 4 bit wide, int8 is 8: 8 bricks a product, 2 products a beat, 4 words of 7 terms
    array, tile = array_of(BitBrick()), Tile(m=3, k=7, n=3)
    slots = 2 * 3 * 3 * 4
    for stationary, moving_bits in (
        ("weight", 2 * 8),
        ("output", 2 * 8 + 2 * 4),
        ("input", 2 * 4),
    ):
        product = Product(2, tile, number_format("levels_5"), INT8, stationary)
        assert dict(array.actions(product)) == {
            "bit_brick.multiply": 2 * 3 * 7 * 3 * 8,
            "bit_brick.add": slots,
            "register.write_bit": slots * (moving_bits + 24),
        }


def test_the_values_of_the_weights_do_not_matter():
    three, tile = number_format("levels_3"), Tile(3, 2, 3)
    zeros = Product(1, tile, three, INT8, "weight", (0, 6, 0))
    assert array_of(BitBrick()).actions(zeros) == array_of(BitBrick()).actions(
        Product(1, tile, three, INT8, "weight")
    )


def test_what_bricks_do_not_fuse_to_is_refused():
    bf16, wide = number_format("bf16"), NumberFormat("wide", (-128, 128))
    check_refusal(BitBrick(), bf16, INT8, "bf16 is floating-point")
    check_refusal(BitBrick(), INT8, bf16, "bf16 is floating-point")
    check_refusal(BitBrick(), wide, INT8, "wide has 9 bit, bricks fuse to 2, 4 or 8")
    check_refusal(BitBrick(), INT8, wide, "wide has 9 bit, bricks fuse to 2, 4 or 8")
    check_refusal(BitBrick(15), INT8, INT8, "a product needs 16 bricks of 15")
    assert BitBrick(1).refuses(*[number_format("levels_3")] * 2) is None


@pytest.mark.parametrize("bad", [0, -1, 16.0, True])
def test_bricks_are_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^bricks must be a whole number above zero"):
        BitBrick(bad)
