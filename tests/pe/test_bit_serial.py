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
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.bit_serial import BitSerial

ENCODINGS = ("twos_complement", "sign_magnitude")
BIPOLAR = {"levels_2": 1, "levels_4": 2}


def maker(encoding):
    return lambda rows, cols: BitSerial(rows, cols, accumulator_bits=24, encoding=encoding)


def code(fmt, encoding):
    """Return the digits a plane may hold, the planes' scales, and whether the sign is apart."""
    if fmt.name in BIPOLAR:
        return (-1, 1), tuple(2**p for p in range(BIPOLAR[fmt.name])), False
    if encoding == "sign_magnitude":
        return (0, 1), _scales(lambda p: max(map(abs, fmt.levels)) < 2**p), True
    planes = _scales(lambda p: -(2**p) <= 2 * fmt.levels[0] and 2 * fmt.levels[-1] < 2**p)
    return (0, 1), (*planes[:-1], -planes[-1]), False


def _scales(reached_with):
    planes = next(p for p in range(1, 20) if reached_with(p))
    return tuple(2**p for p in range(planes))


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    array = maker(row["encoding"])(int(row["rows"]), int(row["cols"]))
    check_by_hand(row, array, INT8)


@pytest.mark.parametrize("stationary", ["weight", "output"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt, encoding, stationary):
    check_beat_by_beat(maker(encoding), fmt, stationary, code(fmt, encoding), shapes=4)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_adds_by_loops(fmt, encoding):
    check_adds_by_loops(maker(encoding)(4, 4), fmt, code(fmt, encoding), "weight")


@pytest.mark.parametrize(
    ("encoding", "passes", "adds_per_use"),
    [
        # -2 = 110, -1 = 111, 1 = 001, 2 = 010: 1·2 + 2·3 + 3·1 + 2·1
        ("twos_complement", 3, 13),
        # |2| = 10 and |1| = 01 have a single one: 1 + 2 + 3 + 2
        ("sign_magnitude", 2, 8),
    ],
)
def test_actions_by_hand(encoding, passes, adds_per_use):
    array = maker(encoding)(4, 4)
    five, tile = number_format("levels_5"), Tile(m=3, k=2, n=3)
    slots = 2 * 3 * 2 * 3 * passes
    weight = array.actions(2, tile, five, INT8, "weight", (1, 2, 4, 3, 2))
    assert dict(weight) == {
        "adder.add": 3 * adds_per_use,
        "adder.skip": slots - 3 * adds_per_use,
        "register.write_bit": slots * (8 + 24),
    }
    output = array.actions(2, tile, five, INT8, "output", (1, 2, 4, 3, 2))
    assert output["register.write_bit"] == slots * (8 + 24 + 1)


def test_bipolar_weights_never_skip():
    array = maker("twos_complement")(4, 4)
    tile, four = Tile(5, 7, 2), number_format("levels_4")
    counts = array.actions(1, tile, four, INT8, "weight", (1, 2, 3, 8))
    assert counts["adder.add"] == 5 * 14 * 2
    assert counts["adder.skip"] == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_unknown_values_count_as_non_zero(encoding):
    counts = maker(encoding)(4, 4).actions(3, Tile(5, 7, 2), INT8, INT8, "weight", None)
    assert counts["adder.add"] == 3 * 5 * 7 * 2 * 8
    assert counts["adder.skip"] == 0


def test_counts_that_miss_a_weight_are_refused():
    array, three = maker("twos_complement")(4, 4), number_format("levels_3")
    with pytest.raises(ValueError, match="add up to"):
        array.actions(1, Tile(5, 7, 2), three, INT8, "weight", (0, 13, 0))


def test_an_unknown_encoding_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'sign_magnitude'"):
        maker("sign_magnitud")(4, 4)


def test_it_computes_every_integer_and_no_float():
    array, bf16 = maker("twos_complement")(4, 4), number_format("bf16")
    assert all(array.refuses(fmt, INT8) is None for fmt in INTEGER_FORMATS)
    assert "floating-point" in array.refuses(bf16, INT8)
    assert "floating-point" in array.refuses(INT8, bf16)
    for ask in (
        lambda: array.passes(bf16, INT8),
        lambda: array.cycles(Tile(1, 1, 1), INT8, bf16, "weight"),
        lambda: array.actions(1, Tile(1, 1, 1), bf16, INT8, "weight", None),
    ):
        with pytest.raises(ValueError, match="bit_serial refuses"):
            ask()
