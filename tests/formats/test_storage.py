"""Stored bits against the databook, exact powers, and Shannon's bound."""

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.storage import (
    PACKINGS,
    stored_bits,
    stored_bits_per_weight,
    word_layout,
)

DATABOOK = Path(__file__).parents[3] / "shared" / "databook" / "packing.yaml"
INTEGER_FORMATS = [name for name, fmt in FORMATS.items() if fmt.is_integer]

# levels, word bit, weights in a word; beside each the powers that decide it
FIXED_WORDS = [
    (3, 8, 5),  # 3^5 = 243 <= 256 < 729
    (3, 16, 10),  # 3^10 = 59,049 <= 65,536 < 177,147
    (5, 8, 3),  # 5^3 = 125 <= 256 < 625
    (5, 16, 6),  # 5^6 = 15,625 <= 65,536 < 78,125
    (5, 32, 13),  # 5^13 = 1,220,703,125 <= 4,294,967,296 < 6,103,515,625
    (5, 64, 27),  # 5^27 = 7.45e18 <= 1.84e19 < 3.73e19
    (5, 128, 55),  # 5^55 = 2.78e38 <= 3.40e38 < 1.39e39
    (7, 16, 5),  # 7^5 = 16,807 <= 65,536 < 117,649
    (7, 64, 22),  # 7^22 = 3.91e18 <= 1.84e19 < 2.74e19
    (9, 32, 10),  # 9^10 = 3,486,784,401 <= 4,294,967,296 < 31,381,059,609
    (17, 8, 1),  # 17 <= 256 < 289
]


def of_levels(count):
    return NumberFormat(f"drawn_{count}", tuple(range(count)))


@pytest.mark.parametrize(("count", "word_bits", "weights"), FIXED_WORDS)
def test_weights_in_a_word_by_hand(count, word_bits, weights):
    fmt, packing = of_levels(count), f"word_{word_bits}"
    assert stored_bits_per_weight(fmt, packing) == Fraction(word_bits, weights)
    assert stored_bits(fmt, packing, 10 * weights) == 10 * word_bits
    assert stored_bits(fmt, packing, 10 * weights + 1) == 11 * word_bits


def test_weights_in_a_word_are_those_of_the_databook():
    if not DATABOOK.is_file():
        pytest.skip("the databook is not beside this checkout (../shared/databook/packing.yaml)")
    rows = yaml.safe_load(DATABOOK.read_text(encoding="utf-8"))["fixed_word"]
    kept = [row for row in rows if f"word_{row['word_bits']}" in PACKINGS]
    assert len(kept) >= 40
    for row in kept:
        fmt, packing = of_levels(row["levels"]), f"word_{row['word_bits']}"
        found = stored_bits_per_weight(fmt, packing)
        assert found == Fraction(row["word_bits"], row["weights_per_word"]), row
        assert round(float(found), 4) == row["bits_per_weight"]
        assert round(fmt.entropy_bits / float(found), 4) == row["efficiency"]


# ⌈log2 N⌉ · 8/d8 · 64/d64, the last column of the table of widths
STORED = {
    "levels_2": (1, 1, 1),
    "levels_3": (2, Fraction(8, 5), Fraction(64, 40)),
    "levels_4": (2, 2, 2),
    "levels_5": (3, Fraction(8, 3), Fraction(64, 27)),
    "levels_7": (3, 4, Fraction(64, 22)),
    "levels_7_pow2": (3, 4, Fraction(64, 22)),
    "levels_8": (3, 4, Fraction(64, 21)),
    "levels_9": (4, 4, Fraction(64, 20)),
    "levels_15": (4, 4, 4),
    "levels_16": (4, 4, 4),
    "levels_17": (5, 8, Fraction(64, 15)),
    "int8": (8, 8, 8),
}


@pytest.mark.parametrize(("name", "expected"), STORED.items())
def test_stored_bits_per_weight_of_the_table(name, expected):
    fmt = number_format(name)
    packings = ("whole_field", "word_8", "word_64")
    assert tuple(stored_bits_per_weight(fmt, packing) for packing in packings) == expected
    assert stored_bits_per_weight(fmt, "byte") == 8


@given(
    st.sampled_from(INTEGER_FORMATS),
    st.sampled_from(PACKINGS),
    st.integers(min_value=0, max_value=5000),
)
def test_stored_bits_hold_the_entropy_and_at_most_one_word_more(name, packing, weights):
    fmt = number_format(name)
    stored = stored_bits(fmt, packing, weights)
    assert 2**stored >= fmt.count**weights  # stored >= weights log2 N, in exact integers
    asymptotic = weights * stored_bits_per_weight(fmt, packing)
    padding_bits = 8 if packing == "whole_field" else word_layout(fmt, packing).word_bits
    assert asymptotic <= stored < asymptotic + padding_bits
    assert stored % 8 == 0


def test_a_whole_field_stream_is_padded_to_a_byte_and_no_further():
    five = number_format("levels_5")
    # 3, 6, 9, 15, 24 and 27 bit of fields
    expected = {0: 0, 1: 8, 2: 8, 3: 16, 5: 16, 8: 24, 9: 32}
    assert {n: stored_bits(five, "whole_field", n) for n in expected} == expected


@pytest.mark.parametrize(("name", "field_bits"), [("bf16", 16), ("fp32", 32)])
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_float_takes_its_field_whatever_the_packing(name, field_bits, packing):
    fmt = number_format(name)
    assert stored_bits_per_weight(fmt, packing) == field_bits
    assert stored_bits(fmt, packing, 7) == 7 * field_bits


def test_more_than_256_levels_take_two_bytes_and_no_8_bit_word():
    fmt = of_levels(300)
    assert stored_bits_per_weight(fmt, "byte") == 16
    assert stored_bits_per_weight(fmt, "whole_field") == 9
    with pytest.raises(SpecError, match="300 levels do not fit a word of 8 bit"):
        stored_bits_per_weight(fmt, "word_8")


def test_what_is_refused():
    five = number_format("levels_5")
    with pytest.raises(SpecError, match="unknown packing 'word_63'; did you mean 'word_"):
        stored_bits_per_weight(five, "word_63")
    with pytest.raises(SpecError, match="unknown packing 'bytes'; did you mean 'byte'"):
        stored_bits(number_format("bf16"), "bytes", 3)
    with pytest.raises(SpecError, match=r"at least 0 \(got -1\)"):
        stored_bits(five, "byte", -1)
