import numpy as np
import pytest
from hand_tables import table_beside, whole
from oracles import decompose
from skip_checks import (
    INT8,
    INTEGER_FORMATS,
    check_any_signed_dtype,
    check_by_hand,
    check_lane_by_lane,
    check_zeros_never_slow_down,
    lanes_of,
)
from skip_oracles import own_planes, planes_of_the_column, queue_per_plane, walk_growing, walk_held

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.bit_serial_skip import BitSerialSkip

STAYS = {"each": "weight", "column": "weight", "interleave": "output"}
ENCODINGS = ("sign_magnitude", "twos_complement")
WAYS = [(skip, encoding) for skip in STAYS for encoding in ENCODINGS]
#: planes of the offset code
BIPOLAR = {"levels_2": 1, "levels_4": 2}


def digits_of(weights, fmt, encoding):
    """Return the planes (P, k, n) of the weights and their scales, found by trying every code."""
    if encoding == "twos_complement" and fmt.name in BIPOLAR:
        choices, scales = (-1, 1), [2**p for p in range(BIPOLAR[fmt.name])]
        return decompose(weights, choices, scales), scales
    if encoding == "sign_magnitude":
        largest = max(abs(level) for level in fmt.levels)
        scales = [2**p for p in range(16) if 2**p <= largest]
        return decompose(weights, (0, 1), scales, sign_apart=True), scales
    planes = next(
        p for p in range(1, 17) if -(2**p) <= 2 * fmt.levels[0] and 2 * fmt.levels[-1] < 2**p
    )
    scales = [2**p for p in range(planes - 1)] + [-(2 ** (planes - 1))]
    return decompose(weights, (0, 1), scales), scales


@pytest.mark.parametrize("row", table_beside(__file__), ids=lambda row: row["case"])
def test_by_hand(row):
    element = BitSerialSkip(row["skip"], row["encoding"], whole(row["group"]))
    check_by_hand(row, element, STAYS[row["skip"]])


@pytest.mark.parametrize(("skip", "encoding"), WAYS)
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_lane_by_lane(fmt, skip, encoding):
    def oracle(group, rows, cols, inputs, weights, conventions):
        digits, scales = digits_of(weights, fmt, encoding)
        if skip == "interleave":
            given = queue_per_plane, group, rows, cols, inputs, digits, scales
            return walk_growing(*given, conventions)
        by = {"each": own_planes, "column": planes_of_the_column}[skip]
        return walk_held(by, rows, cols, inputs, digits, scales, conventions)

    def make(group):
        return BitSerialSkip(skip, encoding, group)

    check_lane_by_lane(make, STAYS[skip], fmt, oracle, shapes=25)


@pytest.mark.parametrize(("skip", "encoding"), WAYS)
@pytest.mark.parametrize("name", ["levels_3", "levels_8", "int8"])
def test_zeros_never_slow_down(name, skip, encoding):
    check_zeros_never_slow_down(
        lambda group: BitSerialSkip(skip, encoding, group), STAYS[skip], number_format(name)
    )


@pytest.mark.parametrize(("skip", "encoding"), WAYS)
def test_any_signed_dtype(skip, encoding):
    check_any_signed_dtype(BitSerialSkip(skip, encoding), STAYS[skip])


def test_each_weight_by_itself_is_never_slower_than_its_column():
    rng = np.random.default_rng(3)
    for _ in range(100):
        weights = rng.integers(-128, 128, size=rng.integers(1, 40, size=2))
        each, column = (
            BitSerialSkip(skip).profile(weights, 5, 4, "weight") for skip in ("each", "column")
        )
        assert (each <= column).all()


@pytest.mark.parametrize(
    ("encoding", "adds_per_input"),
    [
        # |2| = 10 and |1| = 01 have a single one: 1 + 2 + 3 + 2
        ("sign_magnitude", 8),
        # -2 = 110, -1 = 111, 1 = 001, 2 = 010: 1·2 + 2·3 + 3·1 + 2·1
        ("twos_complement", 13),
    ],
)
def test_actions_by_hand(encoding, adds_per_input):
    tile, five = Tile(m=3, k=2, n=3), number_format("levels_5")
    adds = 3 * adds_per_input
    activation_bits = 2 * 3 * 2 * 2 * 8  # for each of two folds of columns
    for skip in ("each", "column"):
        array = lanes_of(BitSerialSkip(skip, encoding), 2, 2, "weight")
        counts = array.actions(Product(2, tile, five, INT8, "weight", (1, 2, 4, 3, 2)))
        shifts = {"multiplexer.bit": adds * (9 + 11 + 15)} if skip == "each" else {}
        # a tree over the 2 rows writes one sum for two terms
        assert dict(counts) == shifts | {
            "adder.add": adds,
            "register.write_bit": activation_bits + (adds - -(-adds // 2)) * 24,
        }
    array = lanes_of(BitSerialSkip("interleave", encoding, 5), 2, 2, "output")
    counts = array.actions(Product(2, tile, five, INT8, "output", (1, 2, 4, 3, 2)))
    assert dict(counts) == {
        "adder.add": adds,
        "multiplexer.bit": adds * 3 * 8,  # one of 5 activations
        # a sum is written once a weight at most, of which there are 12 for 3 inputs; a digit is a
        # sign and one of 5 weights, and enters the 2 rows twice
        "register.write_bit": activation_bits + min(adds, 36) * 24 + adds * 2 // 3 * (1 + 3),
    }


def test_magnitudes_of_bipolar_weights_skip_and_their_offset_code_does_not():
    tile, four = Tile(5, 7, 2), number_format("levels_4")
    for encoding, adds in (
        ("sign_magnitude", 5 * (1 * 2 + 2 + 3 + 8 * 2)),
        ("twos_complement", 140),
    ):
        array = lanes_of(BitSerialSkip("each", encoding), 2, 2, "weight")
        counts = array.actions(Product(1, tile, four, INT8, "weight", (1, 2, 3, 8)))
        assert counts["adder.add"] == adds


@pytest.mark.parametrize(("skip", "encoding"), WAYS)
def test_unknown_values_count_as_non_zero(skip, encoding):
    array = lanes_of(BitSerialSkip(skip, encoding), 2, 2, STAYS[skip])
    counts = array.actions(Product(3, Tile(5, 7, 2), INT8, INT8, STAYS[skip]))
    assert counts["adder.add"] == 3 * 5 * 7 * 2 * 8


def test_no_values_no_skipping():
    tile, three = Tile(5, 7, 2), number_format("levels_3")
    for skip, passes, cycles in (
        # ⌈7/2⌉ folds: 2 rows loaded, two planes of 5 inputs, one level of a tree
        ("each", 2, 4 * (2 + 2 * 5 + 1)),
        ("column", 2, 4 * (2 + 2 * 5 + 1)),
        # ⌈5/2⌉ folds: 7 weights in as many beats, 2 rows drain
        ("interleave", 1, 3 * (7 + 2)),
    ):
        array = lanes_of(BitSerialSkip(skip, "twos_complement"), 2, 2, STAYS[skip])
        assert array.passes(three, INT8) == passes
        assert array.cycles(tile, three, INT8, STAYS[skip]) == cycles
        assert array.tile_units(three, INT8, STAYS[skip]) == (2, 64 if passes == 1 else 2, 2)


@pytest.mark.parametrize("skip", STAYS)
@pytest.mark.parametrize("organisation", ["systolic", "broadcast"])
@pytest.mark.parametrize("stationary", ["weight", "output", "input"])
def test_it_stands_on_some_broadcast_arrays(skip, organisation, stationary):
    if (organisation, stationary) == ("broadcast", STAYS[skip]):
        PEArray(BitSerialSkip(skip), 2, 2, 24, organisation, stationary=(stationary,))
        return
    with pytest.raises(
        ValueError,
        match=rf"^stationary {stationary} on a {organisation} array does not suit bit_serial_skip: "
        rf"skip '{skip}' needs operands on wires \(broadcast\), and {STAYS[skip]}s that stay$",
    ):
        PEArray(BitSerialSkip(skip), 2, 2, 24, organisation, stationary=(stationary,))


def test_planes_in_twos_complement_need_the_format():
    element, weights = BitSerialSkip("each", "twos_complement"), np.array([[-1]])
    for name, planes in (("levels_3", 2), ("levels_5", 3), ("int8", 8)):
        assert element.profile(weights, 1, 1, "weight", number_format(name)).item() == planes
    with pytest.raises(ValueError, match="planes in two's complement depend on the format"):
        element.profile(weights, 1, 1, "weight")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"skip": "colum"}, r"^skip 'colum' is unknown; did you mean 'column'\?"),
        ({"skip": "each", "encoding": "sign"}, "unknown encoding 'sign'"),
        ({"skip": "each", "weights_per_group": 0}, "^weights_per_group must be a whole number"),
    ],
)
def test_bad_parameters(given, message):
    with pytest.raises(ValueError, match=message):
        BitSerialSkip(**given)


def test_it_computes_every_integer_and_no_float():
    bf16 = number_format("bf16")
    assert all(BitSerialSkip("each").refuses(fmt, INT8) is None for fmt in INTEGER_FORMATS)
    assert "floating-point" in BitSerialSkip("each").refuses(bf16, INT8)
    assert "floating-point" in BitSerialSkip("each").refuses(INT8, bf16)
