import itertools

import datapaths
import pytest
from hand_tables import table_beside
from kind_checks import array_of, by_case, check_beat_by_beat, check_by_hand, check_refusal

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.ternary_popcount import TernaryPopcount

TWO, THREE = number_format("levels_2"), number_format("levels_3")
SWITCH = NumberFormat("switch", (0, 1))
PAIRS = list(itertools.product((TWO, THREE, SWITCH), repeat=2))


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, TernaryPopcount(int(row["lanes"])))


@pytest.mark.parametrize("lanes", [1, 5, 32])
@pytest.mark.parametrize(("weight", "activation"), PAIRS, ids=str)
def test_beat_by_beat(weight, activation, lanes):
    path, longest = datapaths.ternary_popcount(lanes), 3 * lanes + 8
    check_beat_by_beat(TernaryPopcount(lanes), path, weight, activation, 24, longest)


@pytest.mark.parametrize(
    ("stationary", "moving_bits"), [("weight", 64), ("output", 64 + 64), ("input", 64)]
)
def test_actions_by_hand(stationary, moving_bits):
    # 70 terms are three words of 32 lanes of 2 bit; 100 of 420 weights are zero
    product = Product(2, Tile(m=3, k=70, n=3), THREE, THREE, stationary, (150, 100, 170))
    assert dict(array_of(TernaryPopcount()).actions(product)) == {
        "ternary_popcount.term": 3 * 320,
        "ternary_popcount.skip": 3 * 100,
        "adder.add": 2 * 3 * 3 * 3,
        "register.write_bit": 2 * 3 * 3 * 3 * (moving_bits + 24),
    }


def test_unknown_and_binary_weights_are_never_skipped():
    tile = Tile(m=3, k=70, n=3)
    for product in (
        Product(1, tile, THREE, THREE, "weight"),
        Product(1, tile, TWO, THREE, "weight", (100, 110)),
    ):
        counts = array_of(TernaryPopcount()).actions(product)
        assert counts["ternary_popcount.term"] == 3 * 70 * 3
        assert counts["ternary_popcount.skip"] == 0


def test_everything_else_is_refused_by_name():
    reason = "has values beyond −1, 0 and 1"
    for fmt in FORMATS.values():
        if fmt.name not in {"levels_2", "levels_3"}:
            check_refusal(TernaryPopcount(), fmt, THREE, f"{fmt.name} {reason}")
            check_refusal(TernaryPopcount(), THREE, fmt, f"{fmt.name} {reason}")
    lopsided = NumberFormat("lopsided", (-2, 0, 1))
    check_refusal(TernaryPopcount(), lopsided, THREE, f"lopsided {reason}")


@pytest.mark.parametrize("bad", [0, -1, 32.0, True])
def test_lanes_are_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^lanes must be a whole number above zero"):
        TernaryPopcount(bad)
