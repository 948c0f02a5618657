"""The formulas of an organisation against the array that is built register by register."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from oracles import ClashError, run_array

from lowbit_sim.pe.folding import Conventions, total_cycles

STATIONARY = ("weight", "output", "input")
#: the conventions that matter: sums that move do not drain, outputs are not loaded
CASES = [
    (stationary, folds, switch)
    for stationary in STATIONARY
    for folds in ("separate", "overlapped")
    for switch in (("through_rows", "direct") if stationary == "output" else ("exposed", "hidden"))
]


def conventions_of(stationary, folds, switch, rng):
    """Return the conventions of a case, and any for the switch that does not matter."""
    preload, drain = rng.choice(["exposed", "hidden"]), rng.choice(["through_rows", "direct"])
    if stationary == "output":
        return Conventions(str(preload), folds, switch)
    return Conventions(switch, folds, str(drain))


def small_case(rng):
    """Return rows, cols, inputs (m, k), digits (P, k, n) and their scales."""
    rows, cols, passes = (int(x) for x in rng.integers(1, [5, 5, 4]))
    m, k, n = (int(x) for x in rng.integers(1, 7, size=3))
    scales = rng.permutation([-(2**p) if p == passes - 1 else 3**p for p in range(passes)])
    return rows, cols, rng.integers(-128, 128, (m, k)), rng.integers(-1, 2, (passes, k, n)), scales


def formula_cycles(make_folds, case, conventions, stages=0):
    """Return what the formulas say of `run_array`'s first arguments."""
    stationary, rows, cols, inputs, digits, _ = case
    (m, k), (passes, _, n) = inputs.shape, digits.shape
    drains = conventions.drain == "through_rows"
    folds = make_folds(stationary, rows, cols, passes, m, k, n, drains=drains)
    return total_cycles(replace(folds, skew_cycles=folds.skew_cycles + stages), conventions)


def check_register_by_register(make_folds, organisation, case, shapes):
    """Demand products, slots and cycles of so many random shapes."""
    rng = np.random.default_rng(31_428)
    for index in range(shapes):
        conventions, stages = conventions_of(*case, rng), 2 if index % 5 == 0 else 0
        given = case[0], *small_case(rng)
        run = run_array(*given, conventions, organisation, stages=stages)
        inputs, digits, scales = given[3:]
        weights = np.tensordot(scales, digits, axes=1)
        np.testing.assert_array_equal(run.product, inputs @ weights)
        assert run.slots == inputs.size * digits.shape[2] * len(digits)
        assert run.adds == len(inputs) * (digits != 0).sum()
        assert run.cycles == formula_cycles(make_folds, given, conventions, stages)


def check_no_beat_could_enter_earlier(organisation, case, shapes):
    """Demand that an array whose beats enter a cycle too early fails; return how many were tried.

    Where folds are separate, only the preload is such a limit: the rest is convention.
    """
    rng = np.random.default_rng(5_790)
    tried = 0
    for _ in range(shapes):
        conventions = conventions_of(*case, rng)
        rows, cols, inputs, digits, scales = small_case(rng)
        # products as unlike each other as can be: no wrong sum is right by chance
        inputs = rng.integers(1, 10**6, inputs.shape)
        digits = rng.integers(1, 10**6, digits.shape)
        given = case[0], rows, cols, inputs, digits, scales, conventions, organisation
        entered = run_array(*given).entered
        loaded = case[0] != "output"
        after_pause = [
            beat
            for beat, (before, now) in enumerate(itertools.pairwise([-1, *entered]))
            if now > before + 1 and (conventions.folds == "overlapped" or (loaded and beat == 0))
        ]
        for beat in after_pause:
            early = entered[:beat] + [at - 1 for at in entered[beat:]]
            try:
                product = run_array(*given, entered=early).product
            except ClashError:
                pass
            else:
                assert (product != inputs @ np.tensordot(scales, digits, axes=1)).any()
            tried += 1
    return tried


def check_many_at_once(make_folds, stationary):
    m, k, n = np.random.default_rng(5_790).integers(1, 2_000, size=(3, 500))
    for preload, folds, drain in itertools.product(
        ("exposed", "hidden"), ("separate", "overlapped"), ("through_rows", "direct")
    ):
        conventions = Conventions(preload, folds, drain)
        drains = drain == "through_rows"
        many = total_cycles(make_folds(stationary, 32, 16, 3, m, k, n, drains=drains), conventions)
        assert many.dtype == np.int64
        each = [
            total_cycles(make_folds(stationary, 32, 16, 3, *shape, drains=drains), conventions)
            for shape in zip(m.tolist(), k.tolist(), n.tolist(), strict=True)
        ]
        assert all(type(one) is int for one in each)
        assert many.tolist() == each


def check_one_large(make_folds, organisation, stationary):
    """Demand a 16 × 16 array on 40 × 35 × 33 with two digits, in the fastest convention."""
    rng = np.random.default_rng(1_792)
    inputs, digits = rng.integers(-128, 128, (40, 35)), rng.integers(-1, 2, (2, 35, 33))
    conventions = Conventions("hidden", "overlapped", "through_rows")
    given = stationary, 16, 16, inputs, digits, (1, 3)
    run = run_array(*given, conventions, organisation)
    np.testing.assert_array_equal(run.product, inputs @ (digits[0] + 3 * digits[1]))
    assert run.cycles == formula_cycles(make_folds, given, conventions)


def case_name(case):
    return "-".join(case)


each_case = pytest.mark.parametrize("case", CASES, ids=case_name)
