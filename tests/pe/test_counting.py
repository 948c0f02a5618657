import pytest

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe import counting
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.ternary_adder import TernaryAdder

ARRAY = TernaryAdder(rows=2, cols=2, accumulator_bits=20)
LEVELS_3, INT8, FP32 = (number_format(name) for name in ("levels_3", "int8", "fp32"))
TILE = Tile(m=9, k=2, n=3)


def test_a_refusal_names_kind_formats_and_reason():
    counting.check_accepts(ARRAY, LEVELS_3, INT8)
    with pytest.raises(ValueError, match=r"^ternary_adder refuses fp32 × int8: fp32 is floating"):
        counting.check_accepts(ARRAY, FP32, INT8)


def test_only_integers_pass_an_integer_datapath():
    assert counting.refuses_floats(LEVELS_3, INT8) is None
    assert counting.refuses_floats(FP32, INT8).startswith("fp32 ")
    assert counting.refuses_floats(LEVELS_3, FP32).startswith("fp32 ")


@pytest.mark.parametrize("level_counts", [None, (12, 0, 0), (3, 4, 5)])
def test_level_counts_that_fit(level_counts):
    counting.check_level_counts(2, TILE, LEVELS_3, level_counts)


def test_a_float_has_no_level_counts():
    counting.check_level_counts(2, TILE, FP32, ())
    with pytest.raises(ValueError, match=r"^fp32 needs 0 counts, got 1$"):
        counting.check_level_counts(2, TILE, FP32, (12,))


@pytest.mark.parametrize("level_counts", [(3, 4, 4), (3, 4, 6), (-1, 8, 5), (54, 54, 0)])
def test_level_counts_that_do_not_add_up(level_counts):
    with pytest.raises(ValueError, match=r"add up to 2·2·3 = 12 weights"):
        counting.check_level_counts(2, TILE, LEVELS_3, level_counts)


@pytest.mark.parametrize("level_counts", [(), (6, 6), (3, 3, 3, 3)])
def test_one_count_per_level(level_counts):
    with pytest.raises(ValueError, match=r"^levels_3 needs 3 counts"):
        counting.check_level_counts(2, TILE, LEVELS_3, level_counts)


def test_slots_are_a_plain_product():
    assert counting.count_slots(2, TILE, 5) == 2 * 9 * 2 * 3 * 5


def test_adds_weigh_each_level_by_its_digits():
    assert counting.count_adds(999, 7, (2, 0, 1), (1, 5, 3)) == 7 * (1 * 2 + 5 * 0 + 3 * 1)
    assert counting.count_adds(999, 7, (2, 0, 1), None) == 999


def test_weight_digits_move_only_where_outputs_stay():
    assert counting.written_bits_per_slot(ARRAY, 8, "weight", 2) == 8 + 20
    assert counting.written_bits_per_slot(ARRAY, 8, "output", 2) == 8 + 20 + 2
