import itertools

import numpy as np
import pytest

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.pe.ternary_popcount import TernaryPopcount
from lowbit_sim.pe.word_arithmetic import _table, lookup_table, ternary_popcount, xnor_popcount
from lowbit_sim.pe.xnor_popcount import XnorPopcount

INT8 = number_format("int8")


def test_a_table_holds_the_sum_of_every_set():
    activations = np.array([3, -5, 100])
    table = _table(activations, signed=False)
    for bits in itertools.product((0, 1), repeat=3):
        entry = sum(bit << lane for lane, bit in enumerate(bits))
        assert table[entry] == sum(bit * a for bit, a in zip(bits, activations, strict=True))


def test_half_a_table_serves_every_choice_of_signs():
    activations = np.array([3, -5, 100])
    table = _table(activations, signed=True)
    assert len(table) == 4
    chosen = {
        tuple(signs): signs @ activations
        for signs in itertools.product((1, -1), repeat=3)
        for signs in [np.array(signs)]
    }
    assert sorted({*table, *-table}) == sorted(chosen.values())


@pytest.mark.parametrize("name", ["levels_2", "levels_3", "levels_4", "levels_5"])
@pytest.mark.parametrize("group", [1, 2, 3, 4])
def test_reads_of_tables_add_up(name, group):
    rng, weight = np.random.default_rng(group), number_format(name)
    for k in range(1, 10):
        inputs, levels = rng.choice(INT8.levels, (4, k)), rng.choice(weight.levels, (k, 3))
        sums = lookup_table(LookupTable(group), inputs, levels, (weight, INT8))
        np.testing.assert_array_equal(sums, inputs @ levels)


@pytest.mark.parametrize(
    ("count", "kind", "name"),
    [
        (xnor_popcount, XnorPopcount, "levels_2"),
        (ternary_popcount, TernaryPopcount, "levels_2"),
        (ternary_popcount, TernaryPopcount, "levels_3"),
    ],
)
@pytest.mark.parametrize("lanes", [1, 3, 8, 32])
def test_words_of_any_width_are_counted_right(count, kind, name, lanes):
    rng, fmt = np.random.default_rng(lanes), number_format(name)
    for k in (1, 2, 7, 8, 9, 33, 64):
        inputs, levels = rng.choice(fmt.levels, (2, 4, k)), rng.choice(fmt.levels, (2, k, 3))
        sums = count(kind(lanes), inputs, levels, (fmt, fmt))
        np.testing.assert_array_equal(sums, inputs @ levels)


def test_lanes_without_work_count_for_nothing():
    ones = np.ones((1, 3), np.int64)
    two = number_format("levels_2")
    assert xnor_popcount(XnorPopcount(32), ones, -ones.T, (two, two)) == -3
