"""Walks against literal contents: what a step needs and does not find, it loads."""

import itertools
import random
from collections import Counter

import numpy as np
import pytest
from tile_by_tile import pieces

from lowbit_sim.mapping.mapping import LOOP_ORDERS, Extent
from lowbit_sim.mapping.walk import Repeated, TileStep, rounds, walk

ALL_ORDERS = ["".join(order) for order in itertools.permutations("mkn")]
FLAGS = (
    "loads_weight", "loads_input", "loads_partial", "loads_channels",
    "accumulates", "stores", "final", "first",
)  # fmt: skip


def random_case(seed):
    rng = random.Random(seed)
    whole = Extent(rng.randint(1, 3), *(rng.randint(1, 9) for _ in "mkn"))
    if seed % 10 == 0:  # many tiles, a ragged prime
        whole = Extent(1, *rng.sample([197, 2, 3], 3))
    tile = Extent(
        rng.randint(1, whole.batch),
        *(rng.randint(1 if e < 100 else 20, e) for e in (whole.m, whole.k, whole.n)),
    )
    return whole, tile, rng.random() < 0.4, rng.random() < 0.6


CASES = [random_case(seed) for seed in range(120)]
CASES += [
    (Extent(1, 1, 1, 1), Extent(1, 1, 1, 1), False, True),
    (Extent(2, 2, 2, 2), Extent(1, 1, 1, 1), True, False),
    (Extent(3, 7, 7, 7), Extent(3, 7, 7, 7), True, True),
    (Extent(2, 4, 1, 4), Extent(2, 2, 1, 2), False, True),
]


def unrolled(body):
    steps = []
    for one in body:
        if isinstance(one, Repeated):
            steps += unrolled(one.body) * one.times
        else:
            steps.append(one)
    return steps


class Contents:
    """Two memories: an inner one that holds one tile, and an outer one with all of the sums."""

    def __init__(self, whole, tile, order, accumulates, final):
        before, after = int(accumulates), int(not final)  # a k on either side of the walk
        self.terms = before + whole.k + after
        self.outside = np.zeros((whole.batch, whole.m, whole.n, self.terms), int)
        self.outside[..., :before] = 1
        self.before = before
        self.macs = np.zeros((whole.batch, whole.m, whole.k, whole.n), int)
        extents = dict(zip("bmkn", (whole.batch, whole.m, whole.k, whole.n), strict=True))
        sizes = dict(zip("bmkn", (tile.batch, tile.m, tile.k, tile.n), strict=True))
        parts = {dim: pieces(range(extents[dim]), sizes[dim]) for dim in "bmkn"}
        dims = "b" + order
        self.tiles = [
            dict(zip(dims, pick, strict=True))
            for pick in itertools.product(*(parts[dim] for dim in dims))
        ]
        self.steps = []
        for index, now in enumerate(self.tiles):
            self.visit(now, self.tiles[index - 1] if index else None, self.tiles[index + 1 :][:1])

    def visit(self, now, last, following):
        def held(dims, other):
            return other is not None and all(now[dim] == other[dim] for dim in dims)

        at = np.ix_(now["b"], now["m"], now["n"])
        found = Counter(
            loads_weight=not held("bkn", last), loads_input=not held("bmk", last), first=not last
        )
        if not held("bmn", last):
            found["loads_partial"] = bool(self.outside[at].any())
            self.sums = self.outside[at]
        found["accumulates"] = bool(self.sums.any())
        self.sums[..., [self.before + k for k in now["k"]]] += 1
        self.macs[np.ix_(now["b"], now["m"], now["k"], now["n"])] += 1
        assert (self.sums <= 1).all()
        found["final"] = bool((self.sums == 1).all())
        found["loads_channels"] = found["loads_weight"] and found["final"]
        found["stores"] = not (following and held("bmn", following[0]))
        if found["stores"]:
            self.outside[at] = self.sums
        self.steps.append(found)


@pytest.mark.parametrize("order", ALL_ORDERS)
def test_what_moves_is_what_is_missing(order):
    for whole, tile, accumulates, final in CASES:
        expected = Contents(whole, tile, order, accumulates, final)
        steps = unrolled(walk(whole, tile, order, accumulates=accumulates, final=final))
        assert len(steps) == len(expected.steps)
        for step, now, visit in zip(steps, expected.tiles, expected.steps, strict=True):
            extent = step.extent
            assert (extent.batch, extent.m, extent.k, extent.n) == tuple(
                len(now[d]) for d in "bmkn"
            )
            for flag in FLAGS:
                assert getattr(step, flag) == visit[flag], (whole, tile, now, flag)
            assert step.origin == (0, 0, 0)


@pytest.mark.parametrize("order", ALL_ORDERS)
def test_every_multiplication_once_and_every_sum_whole(order):
    for whole, tile, accumulates, final in CASES:
        seen = Contents(whole, tile, order, accumulates, final)
        assert (seen.macs == 1).all()
        assert (seen.outside[..., : seen.before + whole.k] == 1).all()
        assert not seen.outside[..., seen.before + whole.k :].any()


@pytest.mark.parametrize("order", LOOP_ORDERS)
def test_rounds_told_apart_are_the_same_steps_with_their_origins(order):
    for whole, tile, accumulates, final in CASES:
        ends = {"accumulates": accumulates, "final": final}
        single = unrolled(walk(whole, tile, order, each=True, **ends))
        merged = unrolled(walk(whole, tile, order, **ends))
        tiles = Contents(whole, tile, order, accumulates, final).tiles
        assert [step.origin for step in single] == [
            (now["b"][0], now["k"][0], now["n"][0]) for now in tiles
        ]
        for one, other in zip(single, merged, strict=True):
            assert all(getattr(one, flag) == getattr(other, flag) for flag in ("extent", *FLAGS))


def test_a_long_walk_is_written_down_shortly():
    body = walk(
        Extent(99, 1000, 1000, 1000), Extent(2, 3, 7, 9), "nkm", accumulates=False, final=True
    )

    def written(parts):
        return sum(1 if isinstance(p, TileStep) else written(p.body) for p in parts)

    assert written(body) == 3**4
    assert len(unrolled(walk(Extent(1, 100, 10, 10), Extent(1, 3, 7, 9), "nkm",
                             accumulates=False, final=True))) == 34 * 2 * 2  # fmt: skip


def elements_moved(whole, tile, order):
    moved = Counter()
    for step in unrolled(walk(whole, tile, order, accumulates=False, final=True)):
        e = step.extent
        moved["weight"] += step.loads_weight * e.batch * e.k * e.n
        moved["input"] += step.loads_input * e.batch * e.m * e.k
        moved["partial"] += step.loads_partial * e.batch * e.m * e.n
        moved["stores"] += step.stores * e.batch * e.m * e.n
    return moved


@pytest.mark.parametrize(("left_out", "listed"), [("knm", "nkm"), ("kmn", "mkn")])
def test_the_two_orders_left_out_move_what_listed_ones_move(left_out, listed):
    """Or no less than another does, where not all of m, k and n are in several tiles."""
    assert left_out not in LOOP_ORDERS
    for whole, tile, _, _ in CASES:
        several = all(getattr(whole, d) > getattr(tile, d) for d in "mkn")
        moved = elements_moved(whole, tile, left_out)
        if several:
            assert moved == elements_moved(whole, tile, listed)
        else:
            assert any(moved == elements_moved(whole, tile, order) for order in LOOP_ORDERS)


@pytest.mark.parametrize("total", [1, 2, 7, 32, 197])
@pytest.mark.parametrize("tile", [1, 2, 31, 197])
def test_rounds_cover_the_dimension(total, tile):
    expected = [len(piece) for piece in pieces(range(total), tile)]
    assert [r.extent for r in rounds("m", total, tile, each=True)] == expected
    merged = rounds("m", total, tile)
    assert [r.extent for r in merged for _ in range(r.times)] == expected
    assert (merged[0].first, merged[-1].last) == (True, True)
    assert all(r.rounds == len(expected) for r in merged)
