import random

import pytest
from tile_by_tile import pieces, walk_tiles

from lowbit_sim.mapping.mapping import LOOP_ORDERS
from lowbit_sim.mapping.tiling import extents, load_counts, walk
from lowbit_sim.pe.base import Tile

ORDERS = pytest.mark.parametrize("order", LOOP_ORDERS)


def random_tiling(rng):
    """Return a shape of up to 13 a side (a prime, often ragged) and a tile of it."""
    shape = [rng.randint(1, 13) for _ in "mkn"]
    return Tile(*shape), Tile(*(rng.randint(1, extent) for extent in shape))


SHAPES = [random_tiling(random.Random(seed)) for seed in range(120)]
SHAPES += [
    (Tile(1, 1, 1), Tile(1, 1, 1)),
    (Tile(197, 3, 2), Tile(32, 2, 2)),
    (Tile(3, 197, 2), Tile(2, 32, 1)),
    (Tile(2, 3, 197), Tile(1, 2, 64)),
    (Tile(197, 1, 1), Tile(196, 1, 1)),
    (Tile(7, 7, 7), Tile(7, 7, 7)),
]


def unrolled(whole, tile, order):
    return [step for times, step in walk(whole, tile, order) for _ in range(times)]


@pytest.mark.parametrize("total", [1, 2, 7, 32, 197])
@pytest.mark.parametrize("tile", [1, 2, 31, 197])
def test_extents_cover_the_dimension(total, tile):
    assert extents(total, tile) == [len(piece) for piece in pieces(total, tile)]


@ORDERS
@pytest.mark.parametrize(("whole", "tile"), SHAPES)
def test_what_moves_is_what_is_missing(whole, tile, order):
    expected = walk_tiles(whole, tile, order)
    steps = unrolled(whole, tile, order)
    assert len(steps) == len(expected.visits)
    for step, visit in zip(steps, expected.visits, strict=True):
        assert (step.tile.m, step.tile.k, step.tile.n) == visit.extents
        for name in step.__slots__[1:]:
            assert getattr(step, name) == getattr(visit, name), (name, visit)


@ORDERS
@pytest.mark.parametrize(("whole", "tile"), SHAPES)
def test_every_multiplication_once_and_every_sum_whole(whole, tile, order):
    expected = walk_tiles(whole, tile, order)
    assert (expected.macs == 1).all()
    assert (expected.results == 1).all()
    macs = sum(t * s.tile.m * s.tile.k * s.tile.n for t, s in walk(whole, tile, order))
    assert macs == whole.m * whole.k * whole.n


@ORDERS
@pytest.mark.parametrize(("whole", "tile"), SHAPES)
def test_load_counts_are_the_elements_moved(whole, tile, order):
    visits = walk_tiles(whole, tile, order).visits
    counts = load_counts(whole, tile, order)
    elements = {
        "weight": (sum(len(v.k) * len(v.n) for v in visits if v.loads_weight), whole.k * whole.n),
        "input": (sum(len(v.m) * len(v.k) for v in visits if v.loads_input), whole.m * whole.k),
        "partial_loads": (
            sum(len(v.m) * len(v.n) for v in visits if v.loads_partial),
            whole.m * whole.n,
        ),
        "stores": (sum(len(v.m) * len(v.n) for v in visits if v.stores), whole.m * whole.n),
    }
    for name, (moved, unique) in elements.items():
        assert moved == getattr(counts, name) * unique, name
    assert counts.weight >= 1
    assert counts.input >= 1
    assert counts.stores >= 1


def test_a_million_tiles_are_few_runs():
    runs = list(walk(Tile(10**6, 1, 2), Tile(1, 1, 1), "nkm"))
    assert len(runs) == 6
    assert sum(times for times, _ in runs) == 2 * 10**6
