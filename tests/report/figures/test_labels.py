import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.figures.labels import count_words, is_variant, level_words, spaced


def test_names_by_hand():
    assert count_words("levels_17") == "17"
    assert count_words("levels_4_zero") == "4 zero"
    assert count_words("bf16") == "bf16"
    assert level_words("levels_7_pow2", 2.807) == "7\n2.81\npow2"
    assert level_words("fp32", 32.0) == "fp32\n32"


def test_no_two_formats_share_a_name_and_powers_of_two_are_the_variant():
    assert len({count_words(name) for name in FORMATS}) == len(FORMATS)
    assert "levels_7_pow2" in [name for name in FORMATS if is_variant(name)]
    assert not any(is_variant(name) for name in ("levels_4", "int8", "fp32"))


def test_colliding_labels_share_their_middle():
    # three at 5, 2 apart: 3, 5, 7; the one at 10 stays
    assert spaced([5, 5, 5, 10], 2) == (3, 5, 7, 10)
    # 0 and 1 become -1 and 2 about 0.5; then 3 collides: all three about 4/3
    assert spaced([0, 1, 3], 3) == pytest.approx((4 / 3 - 3, 4 / 3, 4 / 3 + 3))
    assert spaced([], 1) == ()


@given(st.lists(st.integers(0, 100), min_size=1, max_size=12), st.integers(1, 30))
def test_labels_keep_their_distance_and_their_mean(wanted, gap):
    wanted.sort()
    found = spaced(wanted, gap)
    assert all(high - low >= gap - 1e-9 for low, high in itertools.pairwise(found))
    assert sum(found) == pytest.approx(sum(wanted))
