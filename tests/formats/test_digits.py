import numpy as np
import pytest

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.digits import bricks, planes, signed_powers, trits
from lowbit_sim.formats.number_format import NumberFormat

INTEGERS = [fmt for fmt in FORMATS.values() if fmt.is_integer]
ENCODINGS = ("twos_complement", "sign_magnitude")


def by_name(fmt):
    return fmt.name


def levels_of(fmt):
    return np.array(fmt.levels)


def total(digits, scales):
    return np.tensordot(scales, digits, axes=1)


def nonzeros(digits):
    return tuple(np.count_nonzero(digits, axis=0).tolist())


@pytest.mark.parametrize("fmt", INTEGERS, ids=by_name)
def test_trits_add_up_and_are_as_many_as_energy_is_counted_for(fmt):
    digits, scales = trits(levels_of(fmt), fmt)
    assert total(digits, scales).tolist() == list(fmt.levels)
    assert set(np.unique(digits)) <= {-1, 0, 1}
    assert len(digits) == fmt.ternary_digits
    assert nonzeros(digits) == fmt.ternary_digit_counts()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("fmt", INTEGERS, ids=by_name)
def test_planes_add_up_and_are_as_many_as_energy_is_counted_for(fmt, encoding):
    digits, scales = planes(levels_of(fmt), fmt, encoding)
    assert total(digits, scales).tolist() == list(fmt.levels)
    assert set(np.unique(digits)) <= {-1, 0, 1}
    assert len(digits) == fmt.planes(encoding)
    assert nonzeros(digits) == fmt.plane_counts(encoding)


@pytest.mark.parametrize("fmt", INTEGERS, ids=by_name)
def test_powers_of_two_add_up_and_are_as_many_as_energy_is_counted_for(fmt):
    terms = signed_powers(levels_of(fmt), fmt)
    assert terms.sum(axis=0).tolist() == list(fmt.levels)
    assert len(terms) == fmt.power_terms
    assert nonzeros(terms) == fmt.power_term_counts()
    magnitudes = np.abs(terms[terms != 0])
    assert not (magnitudes & (magnitudes - 1)).any()


@pytest.mark.parametrize("width_bits", [2, 4, 8])
def test_bricks_add_up_to_every_code_of_their_width(width_bits):
    half = 1 << (width_bits - 1)
    codes = np.arange(-half, half)
    digits, scales = bricks(codes, width_bits)
    np.testing.assert_array_equal(total(digits, scales), codes)
    assert (digits[:-1] >= 0).all()
    assert (digits[:-1] <= 3).all()
    assert (digits[-1] >= -2).all()
    assert (digits[-1] <= 1).all()


def test_offset_code_has_no_zero():
    four = number_format("levels_4")
    digits, scales = planes(levels_of(four), four, "twos_complement")
    assert digits.T.tolist() == [[-1, -1], [1, -1], [-1, 1], [1, 1]]  # −3, −1, 1, 3
    assert scales.tolist() == [1, 2]


def test_bipolar_magnitudes_have_a_sign_of_their_own_where_there_is_no_offset_code():
    four = number_format("levels_4")
    digits, scales = planes(levels_of(four), four, "sign_magnitude", offset_code=False)
    assert digits.T.tolist() == [[-1, -1], [-1, 0], [1, 0], [1, 1]]  # −3, −1, 1, 3
    assert total(digits, scales).tolist() == [-3, -1, 1, 3]


def test_digits_that_a_format_lacks_are_dropped():
    three = NumberFormat("three", (-1, 0, 1))
    assert total(*trits(np.array([4]), three)).tolist() == [1]
    assert total(*planes(np.array([2]), three, "twos_complement")).tolist() == [-2]
    assert total(*bricks(np.array([5]), 2)).tolist() == [1]
