import numpy as np
from hardware_cases import INT8, Case

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.rtl.bench import multiply
from lowbit_sim.rtl.digits import TernaryDigits
from lowbit_sim.rtl.skipping import trit_masks


def test_masks_of_two_trits_by_hand():
    digits = TernaryDigits(number_format("levels_9"))
    # 4 = 3 + 1 and −3, then a group with 0 alone: positions 0 1, 2 3, negatives from bit 4 on
    masks = trit_masks(digits.codes(np.array([[4], [-3], [0]])), 2)
    assert masks.tolist() == [[0b1000_1011], [0]]


def test_the_worked_example_of_the_kind():
    # groups of 4: 3 | 2 | 1 non-zero, then none: 3 + 1 and 1 + 1 beats, 2 cycles of drain each
    levels = np.zeros((6, 3), int)
    levels[:4] = [[1, 0, -1], [1, 1, 0], [0, 0, 0], [-1, 1, 0]]
    how = "broadcast", "output", Conventions(), 2, 2
    case = Case(TernarySkip(4), number_format("levels_3"), *how)
    inputs = np.arange(12).reshape(2, 6)
    (measured,) = multiply(case.design(), [(inputs, levels)])
    assert measured.cycles == 4 + 2 + 2 + 2
    np.testing.assert_array_equal(measured.product, inputs @ levels)
    assert case.formats[1] is INT8
