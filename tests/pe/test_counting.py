import pytest

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.counting import count_slots, refuses_floats

LEVELS_3, INT8, FP32 = (number_format(name) for name in ("levels_3", "int8", "fp32"))


def test_only_integers_pass_an_integer_datapath():
    assert refuses_floats(LEVELS_3, INT8) is None
    assert refuses_floats(FP32, INT8).startswith("fp32 ")
    assert refuses_floats(LEVELS_3, FP32).startswith("fp32 ")


@pytest.mark.parametrize(
    ("k", "terms", "words"), [(7, 1, 7), (1, 4, 1), (4, 4, 1), (5, 4, 2), (8, 4, 2), (9, 4, 3)]
)
def test_a_slot_is_a_word_of_a_sum_in_a_pass(k, terms, words):
    product = Product(2, Tile(m=9, k=k, n=3), LEVELS_3, INT8, "weight")
    assert count_slots(product, terms, passes=5) == 2 * 9 * 3 * words * 5
