"""Widths against brute force: every digit string and every plane code, tried out."""

import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat, check_encoding

# DESIGN, section 2: name, values, log2 N, planes in two's complement and in sign-magnitude,
# balanced-ternary digits, signed power-of-two terms. Each cell is tried by enumeration below.
TABLE = [
    ("levels_2", {-1, 1}, 1.000, 1, 1, 1, 1),
    ("levels_3", {-1, 0, 1}, 1.585, 2, 1, 1, 1),
    ("levels_4", {-3, -1, 1, 3}, 2.000, 2, 2, 2, 2),
    ("levels_5", {-2, -1, 0, 1, 2}, 2.322, 3, 2, 2, 1),
    ("levels_7", {-3, -2, -1, 0, 1, 2, 3}, 2.807, 3, 2, 2, 2),
    ("levels_7_pow2", {-4, -2, -1, 0, 1, 2, 4}, 2.807, 4, 3, 2, 1),
    ("levels_8", {-4, -3, -2, -1, 0, 1, 2, 3}, 3.000, 3, 3, 2, 2),
    ("levels_9", {-4, -3, -2, -1, 0, 1, 2, 3, 4}, 3.170, 4, 3, 2, 2),
    ("levels_15", set(range(-7, 8)), 3.907, 4, 3, 3, 2),
    ("levels_16", set(range(-8, 8)), 4.000, 4, 4, 3, 2),
    ("levels_17", set(range(-8, 9)), 4.087, 5, 4, 3, 2),
]
# outside the table, found by the same enumeration: eight planes hold -128 to 127; 3^5 digit
# strings reach 121, so six digits; 85 = 64 + 16 + 4 + 1 needs four terms
INT8 = ("int8", set(range(-128, 128)), 8.000, 8, 8, 6, 4)
ROWS = [pytest.param(*row, id=row[0]) for row in [*TABLE, INT8]]

level_sets = st.sets(st.integers(-40, 40), min_size=2, max_size=12).map(
    lambda values: NumberFormat("drawn", tuple(sorted(values)))
)

EIGHT_BIPOLAR = NumberFormat("drawn", tuple(range(-7, 8, 2)))
ONE_SIDED = NumberFormat("drawn", (0, 1, 2, 3))


def sums(choices_by_place):
    """Every sum of one choice a place, with the fewest non-zero choices that give it."""
    fewest = {}
    for choice in itertools.product(*choices_by_place):
        value, terms = sum(choice), sum(part != 0 for part in choice)
        fewest[value] = min(fewest.get(value, terms), terms)
    return fewest


def twos_complement_codes(planes):
    signs = [-(2 ** (planes - 1))]
    return sums([(0, 2**p) for p in range(planes - 1)] + [(0, sign) for sign in signs])


def offset_codes(planes):
    return sums([(-(2**p), 2**p) for p in range(planes)])


def magnitudes(planes):
    return sums([(0, 2**p) for p in range(planes)])


def ternary_strings(digits):
    return sums([(-(3**p), 0, 3**p) for p in range(digits)])


def sums_of_powers(terms, highest):
    powers = [sign * 2**p for p in range(highest + 1) for sign in (1, -1)]
    found = {0}
    for _ in range(terms):
        found = found | {total + power for total in found for power in powers}
    return found


def is_offset_coded(levels):
    return any(levels == set(offset_codes(planes)) for planes in range(1, 9))


def smallest(holds):
    return next(width for width in itertools.count(1) if holds(width))


def enumerated_planes(levels, encoding):
    if is_offset_coded(levels):
        return smallest(lambda planes: levels == set(offset_codes(planes)))
    if encoding == "twos_complement":
        return smallest(lambda planes: levels <= set(twos_complement_codes(planes)))
    return smallest(lambda planes: {abs(level) for level in levels} <= set(magnitudes(planes)))


def enumerated_digits(levels):
    return smallest(lambda digits: levels <= set(ternary_strings(digits)))


def enumerated_operand(levels):
    return smallest(lambda width: levels <= set(twos_complement_codes(width)))


def enumerated_terms(levels):
    if levels == {0}:
        return 0
    highest = max(abs(level) for level in levels).bit_length()
    return smallest(lambda terms: levels <= sums_of_powers(terms, highest))


@pytest.mark.parametrize(("name", "levels", "entropy", "twos", "sign", "digits", "terms"), ROWS)
def test_the_table_is_what_enumeration_finds(name, levels, entropy, twos, sign, digits, terms):
    assert round(math.log2(len(levels)), 3) == entropy, name
    assert enumerated_planes(levels, "twos_complement") == twos
    assert enumerated_planes(levels, "sign_magnitude") == sign
    assert enumerated_digits(levels) == digits
    assert enumerated_terms(levels) == terms


@pytest.mark.parametrize(("name", "levels", "entropy", "twos", "sign", "digits", "terms"), ROWS)
def test_the_formats_are_what_the_table_says(name, levels, entropy, twos, sign, digits, terms):
    fmt = FORMATS[name]
    assert fmt.levels == tuple(sorted(levels))
    assert (fmt.count, round(fmt.entropy_bits, 3)) == (len(levels), entropy)
    assert fmt.planes("twos_complement") == twos
    assert fmt.planes("sign_magnitude") == sign
    assert (fmt.ternary_digits, fmt.power_terms) == (digits, terms)
    assert fmt.power_term_counts() == tuple(enumerated_terms({level}) for level in fmt.levels)
    assert fmt.twos_complement_bits == enumerated_operand(levels)
    assert fmt.has_zero == (0 in levels)
    assert (fmt.min_level, fmt.max_level) == (min(levels), max(levels))
    assert fmt.is_bipolar == is_offset_coded(levels)
    assert 2 ** (fmt.field_bits - 1) < len(levels) <= 2**fmt.field_bits


@given(level_sets)
@example(EIGHT_BIPOLAR)
@example(ONE_SIDED)
def test_any_level_set_has_the_widths_that_enumeration_finds(fmt):
    levels = set(fmt.levels)
    assert fmt.is_bipolar == is_offset_coded(levels)
    assert fmt.planes("twos_complement") == enumerated_planes(levels, "twos_complement")
    assert fmt.planes("sign_magnitude") == enumerated_planes(levels, "sign_magnitude")
    assert fmt.ternary_digits == enumerated_digits(levels)
    assert fmt.power_terms == enumerated_terms(levels)
    assert fmt.max_magnitude == max(abs(level) for level in levels)


@given(level_sets)
@example(EIGHT_BIPOLAR)
@example(ONE_SIDED)
def test_digits_and_planes_that_act_are_counted_in_the_enumerated_codes(fmt):
    ternary = ternary_strings(fmt.ternary_digits)
    assert fmt.ternary_digit_counts() == tuple(ternary[level] for level in fmt.levels)
    for encoding in ("twos_complement", "sign_magnitude"):
        planes = fmt.planes(encoding)
        if fmt.is_bipolar:
            expected = [offset_codes(planes)[level] for level in fmt.levels]
        elif encoding == "twos_complement":
            expected = [twos_complement_codes(planes)[level] for level in fmt.levels]
        else:
            expected = [magnitudes(planes)[abs(level)] for level in fmt.levels]
        assert fmt.plane_counts(encoding) == tuple(expected)


@given(level_sets)
@example(EIGHT_BIPOLAR)
@example(ONE_SIDED)
def test_operands_and_terms_of_each_level_are_what_enumeration_finds(fmt):
    assert fmt.twos_complement_bits == enumerated_operand(set(fmt.levels))
    assert fmt.power_term_counts() == tuple(enumerated_terms({level}) for level in fmt.levels)
    assert max(fmt.power_term_counts()) == fmt.power_terms


def test_operands_and_terms_by_hand():
    # -2…1 holds ±1 but not ±2; -4…3 holds ±3 but not 4; ±8 needs -16…15
    widths = {"levels_2": 2, "levels_3": 2, "levels_4": 3, "levels_5": 3, "levels_7": 3}
    widths |= {"levels_7_pow2": 4, "levels_8": 3, "levels_9": 4, "levels_16": 4, "levels_17": 5}
    assert {name: FORMATS[name].twos_complement_bits for name in widths} == widths
    # 3 = 4 - 1, 5 = 4 + 1, 6 = 8 - 2, 7 = 8 - 1
    assert FORMATS["levels_15"].power_term_counts()[7:] == (0, 1, 1, 2, 1, 2, 2, 2)
    assert FORMATS["levels_5"].power_term_counts() == (1, 1, 0, 1, 1)


def test_an_unknown_encoding_names_the_nearest():
    check_encoding("twos_complement")
    check_encoding("sign_magnitude")
    with pytest.raises(ValueError, match=r"'sign_magnitud'; did you mean 'sign_magnitude'\?"):
        check_encoding("sign_magnitud")


def test_planes_and_digits_that_act_by_hand():
    # three planes: -2 = 110, -1 = 111, 0 = 000, 1 = 001, 2 = 010
    five = FORMATS["levels_5"]
    assert five.plane_counts("twos_complement") == (2, 3, 0, 1, 1)
    # magnitudes 10, 01, 00, 01, 10
    assert five.plane_counts("sign_magnitude") == (1, 1, 0, 1, 1)
    # -2 = -3 + 1, 2 = 3 - 1
    assert five.ternary_digit_counts() == (2, 1, 0, 1, 2)
    # -3 = -2 - 1, -1 = -2 + 1, 1 = 2 - 1, 3 = 2 + 1: both planes of ±1 act in every level
    assert FORMATS["levels_4"].plane_counts("twos_complement") == (2, 2, 2, 2)
    assert FORMATS["levels_4"].plane_counts("sign_magnitude") == (2, 2, 2, 2)
    assert FORMATS["levels_2"].plane_counts("twos_complement") == (1, 1)


def test_five_levels_are_the_most_evenly_spaced_ones_of_one_signed_power_of_two():
    symmetric = [NumberFormat("drawn", tuple(range(-top, top + 1))) for top in range(1, 40)]
    single = [fmt.count for fmt in symmetric if fmt.power_terms == 1]
    assert single == [3, 5]


def test_the_four_levels_from_minus_two_to_one_differ_from_the_bipolar_four_in_power_terms():
    fmt = NumberFormat("drawn", (-2, -1, 0, 1))
    assert (fmt.planes("twos_complement"), fmt.planes("sign_magnitude")) == (2, 2)
    assert (fmt.ternary_digits, fmt.power_terms, fmt.is_bipolar) == (2, 1, False)


@pytest.mark.parametrize(("name", "field_bits"), [("bf16", 16), ("fp32", 32)])
def test_a_floating_point_format_has_a_field_and_no_levels(name, field_bits):
    fmt = FORMATS[name]
    assert not fmt.is_integer
    assert (fmt.count, fmt.field_bits, fmt.entropy_bits) == (0, field_bits, field_bits)
    assert fmt.has_zero
    assert not fmt.is_bipolar
    for ask in (
        lambda: fmt.planes("twos_complement"),
        lambda: fmt.plane_counts("sign_magnitude"),
        fmt.ternary_digit_counts,
        fmt.power_term_counts,
        lambda: fmt.twos_complement_bits,
        lambda: fmt.ternary_digits,
        lambda: fmt.power_terms,
        lambda: fmt.max_level,
    ):
        with pytest.raises(ValueError, match=f"{name} is a floating-point format"):
            ask()


@pytest.mark.parametrize(
    ("levels", "float_field_bits", "reason"),
    [
        ((), 0, "needs levels, or a float field of 16 or 32 bit"),
        ((), 8, "needs levels, or a float field of 16 or 32 bit"),
        ((-1, 1), 16, "has levels, hence no float field"),
        ((0,), 0, "needs 2 to 65536 levels"),
        (tuple(range(2**16 + 1)), 0, "needs 2 to 65536 levels"),
        ((1, -1), 0, "levels must ascend"),
        ((0, 0), 0, "levels must ascend"),
    ],
)
def test_what_is_no_number_format(levels, float_field_bits, reason):
    with pytest.raises(ValueError, match=reason):
        NumberFormat("odd", levels, float_field_bits)
