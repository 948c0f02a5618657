import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from machines import HIERARCHIES, Serial, make_gemm, make_hierarchy, make_place, random_place
from tile_by_tile import Run

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.refusal import UnmappableError, fed
from lowbit_sim.mapping.space import candidates, tilings
from lowbit_sim.mapping.traffic import array_sides, sides_of, tile_counts, traffic, weight_bits
from lowbit_sim.pe.array import PEArray

BY_HIERARCHY = pytest.mark.parametrize("hierarchy", HIERARCHIES)


def all_sides(place, found):
    """Return {action: bits of every candidate} over all boundaries and the array."""
    counts = [tile_counts(place, found, depth) for depth in range(len(found.m))]
    sides = array_sides(place, found, counts[-1])
    for depth, count in enumerate(counts):
        loads, stores = sides_of(place, depth, traffic(place, found, depth, count))
        sides = [*sides, *loads, *stores]
    total = Counter()
    for level, side, bits in sides:
        total[f"{level.name}.{side}_bit"] = total[f"{level.name}.{side}_bit"] + bits
    return {name: np.broadcast_to(bits, found.m.shape[1:]) for name, bits in total.items()}


def cases(hierarchy, seeds, **given):
    for seed in seeds:
        rng = random.Random(f"{hierarchy} {seed}")
        shape = given.get("shape") or [rng.randint(1, 7) for _ in "mkn"]
        place = random_place(rng, shape, hierarchy=hierarchy, on_chip=rng.random() < 0.4,
                             convolution=rng.random() < given.get("convolutions", 0.3))  # fmt: skip
        try:
            stays = rng.choice(fed(place))
        except UnmappableError:
            continue
        found = candidates(place, {}, stays)
        picked = rng.sample(range(found.m.shape[1]), min(12, found.m.shape[1]))
        if picked:
            yield place, found.take(np.array(picked))


@BY_HIERARCHY
def test_never_more_than_what_is_counted(hierarchy):
    for place, found in cases(hierarchy, range(25)):
        nest, least = Nest(place), all_sides(place, found)
        for index in range(found.m.shape[1]):
            _, counts = nest.unroll(found.mapping(index, "adders"))
            for name, count in zip(nest.names(), counts, strict=True):
                assert name not in least or least[name][index] <= count, name


def even_place(rng, hierarchy):
    """Return powers of two in bytes: no ragged tile, no padded word, no burst."""
    shape = [rng.choice([1, 2, 4, 8]) for _ in "mkn"]
    place = random_place(rng, shape, hierarchy=hierarchy, tight=False, on_chip=rng.random() < 0.4)
    pe = PEArray(
        Serial(lanes=rng.choice([1, 2])),
        rng.choice([1, 2, 4]),
        rng.choice([1, 2, 4]),
        16,
        stationary=place.array.pe.stationary,
    )
    gemm = replace(place.gemm, packing="byte", channel_bits=0, batch=rng.choice([1, 2, 4]))
    return make_place(gemm, replace(place.machine, arrays=(NamedArray("adders", pe),)))


@BY_HIERARCHY
def test_exactly_what_is_counted_where_nothing_is_rounded(hierarchy):
    for seed in range(10):
        rng = random.Random(f"even {hierarchy} {seed}")
        place = even_place(rng, hierarchy)
        found = candidates(place, {}, place.array.pe.stationary[0])
        nest, least = Nest(place), all_sides(place, found)
        for index in rng.sample(range(found.m.shape[1]), min(10, found.m.shape[1])):
            _, counts = nest.unroll(found.mapping(index, "adders"))
            counted = {n: c for n, c in zip(nest.names(), counts, strict=True) if n in least}
            assert counted == {name: int(bits[index]) for name, bits in least.items()}


@BY_HIERARCHY
def test_tilings_move_no_more_than_any_of_their_loop_orders(hierarchy):
    for seed in range(8):
        rng = random.Random(f"any {hierarchy} {seed}")
        place = random_place(rng, [rng.randint(1, 7) for _ in "mkn"], hierarchy=hierarchy)
        stays = place.array.pe.stationary[0]
        tiled = tilings(place, {}, stays)
        any_order = {extents_at(tiled, i): i for i in range(tiled.m.shape[1])}
        every = candidates(place, {}, stays)
        least, each = all_sides(place, tiled), all_sides(place, every)
        for index in range(every.m.shape[1]):
            at = any_order[extents_at(every, index)]
            assert all(least[name][at] <= bits[index] for name, bits in each.items())


def extents_at(found, index):
    columns = (found.batch, found.m, found.k, found.n)
    return tuple(int(value) for column in columns for value in column[:, index])


@BY_HIERARCHY
def test_how_often_elements_come_in(hierarchy):
    """Counted on the literal machine, where no tile is ragged."""
    for seed in range(4):
        rng = random.Random(f"often {hierarchy} {seed}")
        place = even_place(rng, hierarchy)
        gemm, found = place.gemm, candidates(place, {}, place.array.pe.stationary[0])
        runs = {
            index: Run(place, found.mapping(index, "adders"))
            for index in rng.sample(range(found.m.shape[1]), min(5, found.m.shape[1]))
        }
        for depth in range(len(found.m)):
            counts = tile_counts(place, found, depth)
            for index, run in runs.items():
                seen = Counter()
                for visit in run.visits[depth]:
                    box = visit.box
                    seen["weight", gemm.k * gemm.n] += visit.loads_weight * box.count("bkn")
                    seen["input", gemm.m * gemm.k] += visit.loads_input * box.count("bmk")
                    seen["stores", gemm.m * gemm.n] += visit.stores * box.count("bmn")
                for (name, each), elements in seen.items():
                    times = np.broadcast_to(getattr(counts, name), found.m.shape[1:])[index]
                    assert elements == times * gemm.batch * each, (name, depth)


def test_weight_bits_round_down():
    # 27 weights of five levels in a word of 64 bit; 28 take 66.4 bit of a long stream
    gemm = make_gemm(1, 28, 1, weight="levels_5", packing="word_64")
    place = make_place(gemm, make_hierarchy("scratchpads", packing="word_64"))
    assert weight_bits(place, np.array([27, 28]), 0).tolist() == [64, 66]
    assert weight_bits(place, np.array([28]), 2).tolist() == [28 * 3]
