"""Hardware against numpy bit for bit, and against the formulas of `lowbit_sim.pe` to the cycle."""

import numpy as np
import pytest
from hardware_cases import CASES, INT8, Case, differences

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.rtl import bench
from lowbit_sim.rtl.bench import hardware, multiply


def check(case, products, record_property):
    assert differences(case, case.design(), products) == []
    record_property("rtl_configurations", len(products))
    record_property("rtl_cycles", sum(case.cycles(*product) for product in products))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_random_products_take_the_cycles_of_the_formula(case, record_property):
    products = case.products(np.random.default_rng(CASES.index(case)))
    check(case, products, record_property)


@pytest.mark.parametrize(
    ("element", "name", "stays"),
    [(ShiftAdd(), "levels_5", "weight"), (TernaryAdder(), "levels_3", "output")],
)
def test_it_scales_to_16_by_16(element, name, stays, record_property):
    case = Case(element, number_format(name), "systolic", stays, Conventions(), 16, 16)
    check(case, [case.product(np.random.default_rng(0), 20, 40, 33)], record_property)


def test_a_product_leaves_nothing_behind_for_the_next_one():
    case = Case(
        TernaryAdder(), number_format("levels_9"), "systolic", "weight", Conventions(), 3, 2
    )
    rng = np.random.default_rng(1)
    product = case.product(rng, 4, 5, 6)
    alone, after = (
        multiply(case.design(), products)[-1].product
        for products in ([product], [case.product(rng, 7, 7, 7), product])
    )
    np.testing.assert_array_equal(alone, after)


@pytest.mark.parametrize(
    ("element", "stays", "named"),
    [
        (LookupTable(), "weight", "LookupTable"),
        (BitSerial("twos_complement", 2), "weight", "BitSerial"),
        (TernaryAdder(), "input", "stationary input"),
        (IntegerMac(4), "weight", "int8 does not fit 4 bit"),
    ],
)
def test_what_is_not_described_in_hardware_is_refused(element, stays, named):
    array = PEArray(element, 2, 2, 24, stationary=("weight", "output", "input"))
    with pytest.raises(ValueError, match=named):
        hardware(array, (INT8, INT8), stays)


def test_operands_that_do_not_fit_the_memories_are_refused():
    case = CASES[0]
    product = case.product(np.random.default_rng(0), 9, 3, 3)
    with pytest.raises(ValueError, match="do not fit a memory of 4"):
        multiply(case.design(depth=4), [product])


def test_an_array_that_never_ends_is_an_error(monkeypatch):
    monkeypatch.setattr(bench, "LIMIT_CYCLES", 3)
    case = CASES[0]
    with pytest.raises(RuntimeError, match="not done after 3 cycles"):
        multiply(case.design(), [case.product(np.random.default_rng(0), 9, 3, 3)])


def test_every_kind_and_way_of_an_array_is_among_the_cases():
    kinds = {case.element.kind for case in CASES}
    assert kinds == {"ternary_adder", "shift_add", "bit_serial", "integer_mac", "ternary_skip"}
    assert sum(isinstance(case.element, TernarySkip) for case in CASES) == 24
    ways = {(case.organisation, case.stationary, case.conventions) for case in CASES}
    assert len(ways) == 2 * 2 * 4
