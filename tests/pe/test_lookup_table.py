import itertools
from fractions import Fraction

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
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.lookup_table import LookupTable


@pytest.mark.parametrize("row", table_beside(__file__), ids=by_case)
def test_by_hand(row):
    check_by_hand(row, LookupTable(int(row["group"])))


@pytest.mark.parametrize("group", [1, 2, 3, 4])
@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_beat_by_beat(fmt, group):
    path = datapaths.lookup_table(fmt, group)
    check_beat_by_beat(LookupTable(group), path, fmt, INT8, shapes=12, longest=16)


def test_activations_may_be_low_bit_too():
    three, two = number_format("levels_3"), number_format("levels_2")
    for pair in itertools.product((two, three), (two, three)):
        path = datapaths.lookup_table(pair[0], 3)
        check_beat_by_beat(LookupTable(3), path, *pair, shapes=12, longest=16)


@pytest.mark.parametrize(
    ("stationary", "tables", "moved_bits"),
    # 5 planes of 4 + 4 + 2 activations: 3 words; a table has 16 entries of 8 + 2 bit
    [
        ("weight", 2 * 3 * 3, 2 * 3 * 3 * 9 * 160),
        ("output", 2 * 3 * 3, 2 * 3 * 3 * 9 * 160 + 2 * 3 * 3 * 9 * 5 * 4),
        ("input", 2 * 3, 2 * 3 * 3 * 9 * 5 * 4),
    ],
)
def test_actions_by_hand(stationary, tables, moved_bits):
    # 9 columns on 4 are three folds; tables of 4 take 2^4 - 4 - 1 = 11 adds, of 2 a single one
    product = Product(2, Tile(m=3, k=10, n=9), number_format("levels_17"), INT8, stationary)
    reads = 2 * 3 * 9 * 3 * 5
    assert dict(array_of(LookupTable()).actions(product)) == {
        "lookup.build": tables * (11 + 11 + 1),
        "lookup.read": reads,
        "adder.add": reads,
        "register.write_bit": moved_bits + reads * 24,
    }


def test_actions_by_hand_of_bipolar_weights_on_wires():
    # ±1: one plane, groups of 5 in 16 entries of 8 + 3 bit; 12 activations: 5 + 5 + 2, 3 words
    array = array_of(LookupTable(), rows=2, organisation="broadcast")
    product = Product(1, Tile(m=3, k=12, n=9), number_format("levels_2"), INT8, "weight")
    reads, folds = 3 * 9 * 3, 3
    assert dict(array.actions(product)) == {
        "lookup.build": 3 * folds * (30 + 30 + 2),  # 2 + 4 + 8 + 16 and 2
        "lookup.read": reads,
        "adder.add": reads,
        # a table before the wires of each row; trees of 2 and of 1 word: 3 - 2 sums written
        "register.write_bit": 3 * 3 * folds * 16 * 11 + 3 * 9 * (3 - 2) * 24,
    }


@pytest.mark.parametrize("activations", range(1, 7))
def test_a_table_is_built_in_so_many_adds(activations):
    """Every entry but the free ones is one add: counted over the entries themselves."""
    sets = list(itertools.product((0, 1), repeat=activations))
    plain = sum(sum(chosen) > 1 for chosen in sets)
    # a prefix of j signs, the first of them +, is one add from that of j - 1
    prefixes = {signs[:j] for signs in sets for j in range(2, activations + 1) if signs[0]}
    tile = Tile(1, activations, 1)
    for name, group, adds in (("int8", activations, plain), ("levels_2", activations - 1, None)):
        if group == 0:
            continue
        expected = len(prefixes) if adds is None else adds
        product = Product(1, tile, number_format(name), INT8, "weight")
        assert array_of(LookupTable(group)).actions(product)["lookup.build"] == expected


def test_the_values_of_the_weights_do_not_matter():
    three, tile = number_format("levels_3"), Tile(3, 2, 3)
    zeros = Product(1, tile, three, INT8, "weight", (0, 6, 0))
    unknown = Product(1, tile, three, INT8, "weight")
    assert array_of(LookupTable()).actions(zeros) == array_of(LookupTable()).actions(unknown)


def test_unpu_at_16_and_at_1_bit():
    # UNPU, JSSC 2019: 345.6 and 7372 GOPS at 200 MHz, two operations a multiply-accumulate
    readers, table = 4608, LookupTable(group=3)
    int16, binary = NumberFormat("int16", (-(2**15), 2**15 - 1)), number_format("levels_2")
    gops = [
        Fraction(2 * readers * table.terms(fmt, int16), table.passes(fmt, int16)) * 200 / 1000
        for fmt in (int16, binary)
    ]
    assert (float(gops[0]), int(gops[1])) == (345.6, 7372)


@pytest.mark.parametrize("bad", [0, -1, 4.0, True])
def test_a_group_is_whole_and_above_zero(bad):
    with pytest.raises(ValueError, match=r"^group must be a whole number above zero"):
        LookupTable(bad)


def test_it_computes_every_integer_and_no_float():
    element, bf16 = LookupTable(), number_format("bf16")
    assert all(element.refuses(fmt, INT8) is None for fmt in INTEGER_FORMATS)
    check_refusal(element, bf16, INT8, "bf16 is floating-point")
    check_refusal(element, INT8, bf16, "bf16 is floating-point")
