"""What every kind of processing element must pass, whatever it computes with."""

import itertools

import numpy as np
from hand_tables import evaluate, whole
from oracles import decompose, level_counts, random_case, run_array

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.pe.base import Tile

INT8 = number_format("int8")
INTEGER_FORMATS = [fmt for fmt in FORMATS.values() if fmt.is_integer]


def by_case(row):
    return row["case"]


def check_by_hand(row, array, activation):
    """Demand that the working, the cycles column and the code agree."""
    tile = Tile(*(whole(row[dim]) for dim in "mkn"))
    weight = number_format(row["weight"])
    assert array.passes(weight, activation) == whole(row["passes"])
    assert evaluate(row["by hand"]) == whole(row["cycles"])
    assert array.cycles(tile, weight, activation, row["stationary"]) == whole(row["cycles"])


def check_beat_by_beat(make, fmt, stationary, code, shapes, activation=INT8):
    """Demand that the array computes the product, and in the cycles and slots of the code.

    `make` builds the kind from rows and cols; `code` is (choices, scales, sign_apart) of its
    digits, or None where a beat takes the whole weight.
    """
    rng = np.random.default_rng(197)
    for _ in range(shapes):
        rows, cols, inputs, weights = random_case(rng, fmt)
        digits, scales = weights[None], (1,)
        if code is not None:
            choices, scales, sign_apart = code
            digits = decompose(weights, choices, scales, sign_apart=sign_apart)
        run = run_array(stationary, rows, cols, inputs, digits, scales)
        np.testing.assert_array_equal(run.product, inputs @ weights)

        array = make(rows, cols)
        tile = Tile(*inputs.shape, weights.shape[1])
        assert array.cycles(tile, fmt, activation, stationary) == run.cycles
        levels = level_counts(weights, fmt)
        counts = array.actions(1, tile, fmt, activation, stationary, levels)
        if code is None:
            (name,) = (name for name in counts if ".mac" in name)
            assert counts[name] == run.slots
        else:
            assert counts["adder.add"] == run.adds
            assert counts["adder.skip"] == run.slots - run.adds


def check_adds_by_loops(array, fmt, code, stationary):
    """Demand the adds and skips of three products, counted one multiplication at a time."""
    rng = np.random.default_rng(576)
    choices, scales, sign_apart = code
    batch, m, k, n = 3, 4, 7, 5
    weights = rng.choice(fmt.levels, size=(batch, k, n))
    adds = skips = 0
    for b, _, kk, nn in itertools.product(range(batch), range(m), range(k), range(n)):
        one = weights[b, kk : kk + 1, nn : nn + 1]
        for digit in decompose(one, choices, scales, sign_apart=sign_apart).flat:
            adds += digit != 0
            skips += digit == 0
    counted = level_counts(weights, fmt)
    counts = array.actions(batch, Tile(m, k, n), fmt, INT8, stationary, counted)
    assert (counts["adder.add"], counts["adder.skip"]) == (adds, skips)
    assert adds + skips == batch * m * k * n * array.passes(fmt, INT8)
