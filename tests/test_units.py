import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.units import (
    LARGEST,
    UNITS,
    WHOLE,
    ceil_div,
    parse_quantity,
    quantity_pattern,
    significant,
)


@pytest.mark.parametrize(
    ("text", "dimension", "base_units"),
    [
        ("1 bit", "bits", 1),
        ("3 B", "bits", 24),
        ("1 kB", "bits", 8_000),
        ("256 KiB", "bits", 2_097_152),
        ("1.5 KiB", "bits", 12_288),
        ("0.5 B", "bits", 4),
        ("1 MB", "bits", 8_000_000),
        ("1 MiB", "bits", 8_388_608),
        ("2 GiB", "bits", 17_179_869_184),
        ("1e3 bit", "bits", 1000),
        ("128 bit/cycle", "bits_per_cycle", 128),
        ("16 B/cycle", "bits_per_cycle", 128),
        ("500 MHz", "hz", 500_000_000),
        ("1.2GHz", "hz", 1_200_000_000),
        ("  7  Hz ", "hz", 7),
        ("32 kHz", "hz", 32_000),
        ("+7 Hz", "hz", 7),
        ("2.5e-1 nJ", "pj", 250.0),
        ("108 fJ", "pj", 0.108),
        ("250 ps", "ns", 0.25),
        ("0.42 pJ/bit", "pj_per_bit", 0.42),
        ("0.03 mm2", "um2", 30_000.0),
        ("5 uW", "nw", 5000.0),
        ("900 mV", "volts", 0.9),
    ],
)
def test_a_quantity_arrives_in_base_units(text, dimension, base_units):
    found = parse_quantity(text, dimension)
    assert found == base_units
    assert type(found) is type(base_units)


@pytest.mark.parametrize(
    "value", [262144, 0.5, float("nan"), True, None, ["1 bit"], {"1": "bit"}, b"1 bit"]
)
def test_what_is_no_string_needs_a_unit(value):
    allowed = "bit, B, kB, KiB, MB, MiB, GB, GiB"
    with pytest.raises(ValueError, match=f"needs a number with a unit, one of: {allowed}"):
        parse_quantity(value, "bits")


@pytest.mark.parametrize(
    "text",
    [
        *("", "bit", "500", "1.", ".5 bit", "1. bit", "1,000 bit", "1_000 bit", "1 000 bit"),
        *("nan bit", "inf bit", "-inf bit", "0x10 bit", "٥ bit", "5 5 bit", "5 bit bit", "--5 bit"),
        *("1e400 bit", "1e999999999 bit", "1e-999999999 bit", "1" * 5000 + " bit", "1e bit"),
    ],
)
def test_what_is_no_number_with_a_unit_says_what_is(text):
    with pytest.raises(ValueError, match="is no finite number with a unit, one of: bit, B, kB"):
        parse_quantity(text, "bits")


@pytest.mark.parametrize("unit", ["KB", "kb", "Kb", "K", "k"])
def test_a_unit_of_1000_or_1024_is_ambiguous(unit):
    with pytest.raises(ValueError, match=r"ambiguous: write kB \(1000 byte\) or KiB \(1024 byte\)"):
        parse_quantity(f"256 {unit}", "bits")


@pytest.mark.parametrize(
    ("text", "dimension", "hint"),
    [
        ("500 mhz", "hz", "'MHz'"),
        ("500 Mhz", "hz", "'MHz'"),
        ("24 bits", "bits", "'bit'"),
        ("24 mib", "bits", None),  # a mebibit would be another number
        ("24 Mb", "bits", None),
        ("24 bytes", "bits", None),
        ("2 cycles", "cycles", "'cycle'"),
        ("2 Cycle", "cycles", "'cycle'"),
        ("2 bits/cycle", "bits_per_cycle", "'bit/cycle'"),
        ("2 NS", "ns", "'ns'"),
        ("2 J", "pj", None),  # pJ would be another number
        ("2 KB", "hz", None),
    ],
)
def test_an_unknown_unit_names_the_allowed_and_the_same_in_other_letters(text, dimension, hint):
    with pytest.raises(ValueError, match="is not one of") as caught:
        parse_quantity(text, dimension)
    assert ", ".join(UNITS[dimension]) in str(caught.value)
    _, asks, meant = str(caught.value).partition("did you mean ")
    assert meant == (f"{hint}?" if hint else "")
    assert bool(asks) == bool(hint)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 bit", "must be more than zero"),
        ("-1 bit", "must be more than zero"),
        ("0.0e9 GiB", "must be more than zero"),
        ("1.5 bit", "must be a whole number of bit"),
        ("0.1 B", "must be a whole number of bit"),
        ("9223372036854775808 bit", "must be a whole number of bit, at most 9223372036854775807"),
    ],
)
def test_a_count_is_whole_positive_and_fits_64_bit(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_quantity(text, "bits")
    assert parse_quantity("9223372036854775807 bit", "bits") == LARGEST


def test_zero_is_allowed_where_it_is_meant():
    assert parse_quantity("0 cycle", "cycles", allow_zero=True) == 0
    assert parse_quantity("-0 cycle", "cycles", allow_zero=True) == 0
    with pytest.raises(ValueError, match="must be zero or more"):
        parse_quantity("-1 cycle", "cycles", allow_zero=True)
    with pytest.raises(ValueError, match="must be more than zero"):
        parse_quantity("0 cycle", "cycles")


def test_an_unknown_dimension_is_a_mistake_of_the_program():
    with pytest.raises(KeyError):
        parse_quantity("1 bit", "furlongs")


UNIT_ROWS = [(dimension, unit) for dimension, units in UNITS.items() for unit in units]


@given(
    count=st.integers(1, 10**6), row=st.sampled_from(UNIT_ROWS), space=st.sampled_from(["", " "])
)
def test_what_is_written_is_read(count, row, space):
    dimension, unit = row
    exact = count * UNITS[dimension][unit]
    found = parse_quantity(f"{count}{space}{unit}", dimension)
    assert found == (int(exact) if dimension in WHOLE else float(exact))
    assert re.match(quantity_pattern(dimension), f"{count}{space}{unit}")


@given(number=st.floats(1e-9, 1e9))
def test_a_float_written_in_full_is_read_exactly(number):
    assert parse_quantity(f"{number!r} pJ", "pj") == number


@given(text=st.text(max_size=12))
def test_any_text_is_a_positive_number_or_a_value_error(text):
    try:
        found = parse_quantity(text, "pj")
    except ValueError:
        return
    assert 0 < found < float("inf")
    assert re.match(quantity_pattern("pj"), text.strip())


def test_every_unit_is_exact_and_no_unit_is_lost_by_case_or_plural():
    for units in UNITS.values():
        assert all(isinstance(worth, Fraction) for worth in units.values())
        assert 1 in units.values()  # the base unit itself
        # an s is a plural, or belongs to a unit that is none without it
        assert not any(unit.replace("s", "") in units for unit in units if "s" in unit)
    assert set(UNITS) >= WHOLE


@pytest.mark.parametrize("text", ["5", "5 KB", "KiB", "5 KiB per", "x5 KiB", "5 Hz"])
def test_the_pattern_for_editors_refuses_what_the_reader_refuses(text):
    assert not re.match(quantity_pattern("bits"), text)


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_ceil_div_is_the_least_number_that_covers(numerator, denominator):
    found = ceil_div(numerator, denominator)
    assert (found - 1) * denominator < numerator <= found * denominator


def test_ceil_div_by_hand():
    assert [ceil_div(n, 4) for n in (0, 1, 4, 5, 8, 9)] == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.0, "1,230"),
        (123456789.0, "123,000,000"),
        (0.00012345, "0.000123"),
        (-12.34, "-12.3"),
        (9.996, "10.0"),  # rounding makes one digit more before the point
        (99.96, "100"),
        (999.6, "1,000"),
        (0.0999999, "0.100"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_three_significant_digits(number, text):
    assert significant(number) == text


def test_other_numbers_of_digits():
    assert significant(1234.5, digits=1) == "1,000"
    assert significant(1234.5, digits=6) == "1,234.50"


@given(st.floats(1e-6, 1e12), st.integers(1, 6))
def test_significant_is_within_half_a_digit(number, digits):
    shown = float(significant(number, digits).replace(",", ""))
    assert abs(shown - number) <= 0.5 * number * 10 ** (1 - digits) * (1 + 1e-9)
