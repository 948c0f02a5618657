import numpy as np
import pytest
from hardware_cases import CASES

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.rtl.digits import Operands, PlaneDigits, PowerDigits, TernaryDigits, digits_of


@pytest.mark.parametrize(
    ("digits", "levels", "codes"),
    [
        # trits of 4 = 1 + 3 and −2 = 1 − 3
        (TernaryDigits(number_format("levels_9")), [4, -2], [[1, 1], [1, 3]]),
        # −2 is a negative power with exponent 1
        (PowerDigits(number_format("levels_5")), [-2, 0, 1], [[7, 0, 1]]),
        # 3 = 4 − 1
        (PowerDigits(number_format("levels_4")), [3, -1], [[3, 3], [9, 0]]),
        # −1 = 111 in two's complement
        (PlaneDigits(number_format("levels_5"), "twos_complement"), [-1], [[1], [1], [1]]),
        # bit + 2 · sign
        (PlaneDigits(number_format("levels_5"), "sign_magnitude"), [-2, 1], [[2, 1], [3, 0]]),
        # −3 −1 1 3 are 00 01 10 11
        (PlaneDigits(number_format("levels_4"), "sign_magnitude"), [-1, 1], [[1, 0], [0, 1]]),
        (Operands(number_format("levels_5"), 4), [-2, 1], [[14, 1]]),
    ],
)
def test_digits_by_hand(digits, levels, codes):
    assert digits.codes(np.array(levels)).tolist() == codes


@pytest.mark.parametrize(
    ("digits", "digit_bits", "word_bits"),
    [
        (TernaryDigits(number_format("levels_3")), 2, 2),
        (TernaryDigits(number_format("levels_9")), 2, 4),
        (PowerDigits(number_format("levels_3")), 2, 2),
        (PowerDigits(number_format("levels_5")), 3, 3),
        (PowerDigits(number_format("levels_7_pow2")), 4, 4),
        (PlaneDigits(number_format("levels_5"), "twos_complement"), 1, 3),
        (PlaneDigits(number_format("levels_5"), "sign_magnitude"), 2, 3),
        (PlaneDigits(number_format("levels_2"), "sign_magnitude"), 1, 1),
        (Operands(number_format("levels_5"), 8), 8, 8),
    ],
)
def test_widths_by_hand(digits, digit_bits, word_bits):
    assert (digits.digit_bits, digits.word_bits) == (digit_bits, word_bits)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_word_takes_as_many_beats_as_the_formula_says(case):
    beats = len(digits_of(case.element, case.weight).scales)
    assert beats == case.element.passes(*case.formats)
