"""What the kinds must pass whose beats depend on the weights' values."""

import numpy as np
from hand_tables import evaluate, whole

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.folding import Conventions

INT8 = number_format("int8")
INTEGER_FORMATS = [fmt for fmt in FORMATS.values() if fmt.is_integer]


def matrix(cell):
    """Return the numbers of "1 −1; 0 2" as an array of two rows."""
    rows = cell.replace("−", "-").split(";")
    return np.array([[int(number) for number in row.split()] for row in rows])


def lanes_of(element, rows, cols, stays, conventions=None):
    return PEArray(
        element,
        rows,
        cols,
        accumulator_bits=24,
        organisation="broadcast",
        conventions=conventions or Conventions(),
        stationary=(stays,),
    )


def check_by_hand(row, element, stays):
    """Demand the beats, the working, the cycles column, and never more than without skipping."""
    switches = {name: row[name] for name in ("preload", "folds", "drain") if name in row}
    rows, cols, m = (whole(row[name]) for name in ("rows", "cols", "m"))
    array = lanes_of(element, rows, cols, stays, Conventions(**switches))
    weights, fmt = matrix(row["weights"]), number_format(row["weight"])
    assert set(weights.flat) <= set(fmt.levels)
    profile = element.profile(weights, rows, cols, stays, fmt)
    assert profile.tolist() == matrix(row["beats"]).tolist()
    cycles = array.profiled_cycles(m, profile, (fmt, INT8), stays)
    assert cycles == evaluate(row["by hand"]) == whole(row["cycles"])
    assert cycles <= array.cycles(Tile(m, *weights.shape), fmt, INT8, stays)


def check_lane_by_lane(make, stays, fmt, oracle, shapes):
    """Demand products, beats, cycles and adds of arrays whose lanes skip one by one.

    `make` builds the kind from the group; `oracle` takes (group, rows, cols, inputs, weights,
    conventions) and returns a `skip_oracles.Walk`.
    """
    rng = np.random.default_rng(576)
    for _ in range(shapes):
        conventions = Conventions(
            str(rng.choice(["exposed", "hidden"])),
            str(rng.choice(["separate", "overlapped"])),
            str(rng.choice(["through_rows", "direct"])),
        )
        rows, cols, group = (int(x) for x in rng.integers(1, [5, 5, 7]))
        m, k, n = (int(x) for x in rng.integers(1, [7, 10, 8]))
        inputs, weights = rng.integers(-128, 128, (m, k)), mostly_zero(rng, fmt, (k, n))
        walked = oracle(group, rows, cols, inputs, weights, conventions)
        np.testing.assert_array_equal(walked.run.product, inputs @ weights)

        element = make(group)
        array = lanes_of(element, rows, cols, stays, conventions)
        profile = element.profile(weights, rows, cols, stays, fmt)
        assert profile.dtype == np.int64
        beats = profile.T  # folds of n outermost, as the lanes walk
        if stays == "output":
            assert walked.beats == [list(fold) for _ in range(-(-m // rows)) for fold in beats]
        else:
            assert walked.beats == beats.ravel().tolist()
        formats, tile = (fmt, INT8), Tile(m, k, n)
        cycles = array.profiled_cycles(m, profile, formats, stays)
        assert cycles == walked.run.cycles <= array.cycles(tile, *formats, stays)
        counts = tuple(int((weights == level).sum()) for level in fmt.levels)
        assert array.actions(Product(1, tile, *formats, stays, counts))["adder.add"] == walked.adds


def mostly_zero(rng, fmt, shape):
    """Return weights with more zeros than chance would give, where the format has a zero."""
    weights = rng.choice(fmt.levels, size=shape)
    if not fmt.has_zero:
        return weights
    return np.where(rng.random(shape) < rng.random(), 0, weights)


def check_zeros_never_slow_down(make, stays, fmt):
    """Demand that weights set to zero never take more beats."""
    rng = np.random.default_rng(192)
    for _ in range(200):
        rows, cols, group = (int(x) for x in rng.integers(1, 20, size=3))
        weights = rng.choice(fmt.levels, size=rng.integers(1, 60, size=2))
        fewer = np.where(rng.random(weights.shape) < rng.random(), 0, weights)
        before, after = (make(group).profile(w, rows, cols, stays, fmt) for w in (weights, fewer))
        assert (after <= before).all()


def check_any_signed_dtype(element, stays):
    """Demand the same profile of the same levels, whatever integers they are stored in."""
    levels = np.random.default_rng(8).integers(-128, 128, size=(50, 30))
    levels[0, 0] = -128  # whose magnitude an int8 does not have
    profiles = [
        element.profile(levels.astype(dtype), 8, 4, stays, INT8).tolist()
        for dtype in (np.int8, np.int16, np.int32, np.int64)
    ]
    assert all(profile == profiles[0] for profile in profiles)
