import pytest
from hand_tables import table_beside
from kind_checks import (
    INT8,
    INTEGER_FORMATS,
    by_case,
    check_adds_by_loops,
    check_beat_by_beat,
    check_by_hand,
)

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.ternary_adder import TernaryAdder

#: levels beyond the reach of one, two, three and five digits
DIGITS = {1: 1, 4: 2, 13: 3, 40: 4, 121: 5, 364: 6}


def make(rows, cols):
    return TernaryAdder(rows, cols, accumulator_bits=24)


def code(fmt):
    largest = max(abs(level) for level in fmt.levels)
    digits = next(count for reach, count in DIGITS.items() if reach >= largest)
    return (-1, 0, 1), tuple(3**p for p in range(digits)), False


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, make(int(row["rows"]), int(row["cols"])), INT8)


@pytest.mark.parametrize("stationary", ["weight", "output"])
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt, stationary):
    check_beat_by_beat(make, fmt, stationary, code(fmt), shapes=6)


@pytest.mark.parametrize("stationary", ["weight", "output"])
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_adds_by_loops(fmt, stationary):
    check_adds_by_loops(make(4, 4), fmt, code(fmt), stationary)


def test_actions_by_hand():
    # -2 = 1 - 3 and 2 = 3 - 1 have two digits, -1 and 1 one: 1·2 + 2·1 + 3·1 + 2·2 = 11
    five = number_format("levels_5")
    tile = Tile(m=3, k=2, n=3)
    weight = make(4, 4).actions(2, tile, five, INT8, "weight", (1, 2, 4, 3, 2))
    assert dict(weight) == {
        "adder.add": 3 * 11,
        "adder.skip": 72 - 33,
        "register.write_bit": 72 * (8 + 24),
    }
    output = make(4, 4).actions(2, tile, five, INT8, "output", (1, 2, 4, 3, 2))
    assert output["register.write_bit"] == 72 * (8 + 24 + 2)


def test_unknown_values_count_as_non_zero():
    counts = make(4, 4).actions(3, Tile(5, 7, 2), INT8, INT8, "weight", None)
    assert counts["adder.add"] == 3 * 5 * 7 * 2 * 6
    assert counts["adder.skip"] == 0


def test_zero_weights_are_all_skips():
    counts = make(4, 4).actions(
        1, Tile(5, 7, 2), number_format("levels_3"), INT8, "weight", (0, 14, 0)
    )
    assert counts["adder.add"] == 0
    assert counts["adder.skip"] == 70


def test_counts_that_miss_a_weight_are_refused():
    with pytest.raises(ValueError, match="add up to"):
        make(4, 4).actions(1, Tile(5, 7, 2), number_format("levels_3"), INT8, "weight", (0, 13, 0))


def test_it_computes_every_integer_and_no_float():
    array, bf16 = make(4, 4), number_format("bf16")
    wide = NumberFormat("wide", (-1000, 0, 999))
    assert all(array.refuses(fmt, wide) is None for fmt in [*INTEGER_FORMATS, wide])
    assert "floating-point" in array.refuses(bf16, INT8)
    assert "floating-point" in array.refuses(INT8, bf16)
    for ask in (
        lambda: array.passes(bf16, INT8),
        lambda: array.cycles(Tile(1, 1, 1), INT8, bf16, "weight"),
        lambda: array.actions(1, Tile(1, 1, 1), bf16, INT8, "weight", None),
    ):
        with pytest.raises(ValueError, match="ternary_adder refuses"):
            ask()
