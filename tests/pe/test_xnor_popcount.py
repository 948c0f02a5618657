import datapaths
import pytest
from hand_tables import table_beside
from kind_checks import array_of, by_case, check_beat_by_beat, check_by_hand, check_refusal

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.xnor_popcount import XnorPopcount

TWO = number_format("levels_2")


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, XnorPopcount(int(row["lanes"])))


@pytest.mark.parametrize("lanes", [1, 2, 7, 16, 32])
def test_beat_by_beat(lanes):
    path = datapaths.xnor_popcount(lanes)
    check_beat_by_beat(XnorPopcount(lanes), path, TWO, TWO, shapes=108, longest=3 * lanes + 8)


@pytest.mark.parametrize(
    ("stationary", "moving_bits"), [("weight", 32), ("output", 32 + 32), ("input", 32)]
)
def test_actions_by_hand(stationary, moving_bits):
    # 70 terms are three words of 32 lanes
    product = Product(2, Tile(m=3, k=70, n=3), TWO, TWO, stationary, (200, 220))
    assert dict(array_of(XnorPopcount()).actions(product)) == {
        "xnor_popcount.term": 2 * 3 * 70 * 3,
        "adder.add": 2 * 3 * 3 * 3,
        "register.write_bit": 2 * 3 * 3 * 3 * (moving_bits + 24),
    }


def test_registers_of_wires_and_trees_by_hand():
    # 3 words on 2 rows: 2 column folds read each input word, trees write 2 - 1 and 1 - 1 sums
    array = array_of(XnorPopcount(), rows=2, cols=2, organisation="broadcast")
    counts = array.actions(Product(2, Tile(m=3, k=70, n=3), TWO, TWO, "weight"))
    assert counts["register.write_bit"] == 2 * 3 * (3 * 2 * 32 + 3 * 1 * 24)


def test_everything_else_is_refused_by_name():
    for fmt in FORMATS.values():
        if fmt.name != "levels_2":
            check_refusal(XnorPopcount(), fmt, TWO, f"{fmt.name} is not ±1")
            check_refusal(XnorPopcount(), TWO, fmt, f"{fmt.name} is not ±1")
    check_refusal(XnorPopcount(), NumberFormat("bits", (0, 1)), TWO, "bits is not ±1")
    assert XnorPopcount().refuses(TWO, NumberFormat("signs", (-1, 1))) is None


@pytest.mark.parametrize("bad", [0, -1, 32.0, True])
def test_lanes_are_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^lanes must be a whole number above zero"):
        XnorPopcount(bad)
