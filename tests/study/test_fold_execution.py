from dataclasses import replace

import numpy as np
import pytest
from executed import ELEMENTS, carried_out, check, small

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.study import fold_execution

WRAPPING = [
    element
    for element in ELEMENTS
    if element.kind != "float_mac" and not element.refuses(FORMATS["levels_17"], FORMATS["int8"])
]


@pytest.mark.parametrize("stays", ["weight", "input"])
def test_a_fold_left_out_is_seen(monkeypatch, stays):
    place, _, inputs, weights = small(stays=stays)
    mapping = Mapping("adders", stays, (Extent(1, 8, 8, 8), Extent(1, 8, 8, 8)), ("nkm", "nkm"))
    check(place, mapping, inputs, weights)
    right = fold_execution._stacks

    def all_but_the_last(extent, unit, _most):
        yield from [stack for stack in right(extent, unit, unit) if stack[0] < 6]

    monkeypatch.setattr(fold_execution, "_stacks", all_but_the_last)
    sums = carried_out(place, mapping, inputs, weights)
    np.testing.assert_array_equal(sums[:, :6, :6], inputs[:, :6, :6] @ weights[:, :6, :6])
    assert (sums != inputs @ weights).any()


def test_folds_are_the_same_in_stacks_of_any_length(monkeypatch):
    case = small(LookupTable(group=1), stays="weight")
    place, mapping = case[0], Mapping("adders", "weight", (Extent(1, 8, 8, 8),) * 2, ("nkm",) * 2)
    for sums_at_once in (1, 40, 10**6):
        monkeypatch.setattr(fold_execution, "STACKED_SUMS", sums_at_once)
        check(place, mapping, *case[2:])


@pytest.mark.parametrize("element", WRAPPING, ids=str)
def test_accumulators_as_wide_as_the_largest_sum_do_and_one_bit_less_does_not(element):
    place, mapping, inputs, weights = small(element, weight="levels_17")
    inputs, weights = np.full_like(inputs, -128), np.full_like(weights, 8)
    inputs[:, 0] = 127  # 8 · 8 · −128 = −2^13 needs 14 bit, Gemm.sum_bits has one for the sign
    needed = place.gemm.sum_bits - 1
    for width, equal in ((needed + 1, True), (needed, True), (needed - 1, False)):
        pe = replace(place.array.pe, accumulator_bits=width)
        narrow = replace(place, array=replace(place.array, pe=pe))
        sums = carried_out(narrow, mapping, inputs, weights)
        assert (sums == inputs @ weights).all() == equal


def test_sums_of_floats_are_floats():
    place, mapping, inputs, weights = small(FloatMac(), weight="int8")
    assert carried_out(place, mapping, inputs, weights).dtype == np.float32
    check(place, mapping, inputs, weights)
