import random
from collections import Counter

import numpy as np
import pytest
from machines import (
    HIERARCHIES,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_place,
    random_place,
)
from stated_space import every_mapping
from tile_by_tile import Run

from lowbit_sim.mapping.mapping import LOOP_ORDERS, Extent
from lowbit_sim.mapping.space import (
    ANY_ORDER,
    candidates,
    ordered,
    spills,
    tile_extents,
    tilings,
)


@pytest.mark.parametrize(
    ("total", "unit", "expected"),
    [
        (1, 16, [1]),
        (16, 16, [16]),
        (17, 16, [16, 17]),
        (64, 16, [16, 32, 64]),
        (197, 1, [1, 2, 4, 8, 16, 32, 64, 128, 197]),
    ],
)
def test_tile_extents(total, unit, expected):
    assert tile_extents(total, unit) == expected


def small_place(seed, hierarchy):
    rng = random.Random(f"{hierarchy} {seed}")
    longest = 5 if len(HIERARCHIES[hierarchy]) > 4 else 7
    place = random_place(
        rng,
        [rng.randint(1, longest) for _ in "mkn"],
        hierarchy=hierarchy,
        on_chip=rng.random() < 0.4,
        convolution=rng.random() < 0.3,
    )
    reserved = {}
    if rng.random() < 0.3:
        memory = rng.choice(place.machine.memories[1:])
        reserved[memory.name] = rng.randint(0, memory.capacity_bits // 2)
    return place, reserved


def listed(found):
    return [found.mapping(index, "adders") for index in range(found.m.shape[1])]


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
def test_every_mapping_of_the_stated_space_that_fits_and_no_other(hierarchy):
    some = 0
    for seed in range(12):
        place, reserved = small_place(seed, hierarchy)
        for stays in place.array.pe.stationary:
            found = listed(candidates(place, reserved, stays))
            expected = set(every_mapping(place, stays, reserved))
            assert len(found) == len(set(found))
            assert set(found) == expected
            some += len(found) > 1
    assert some >= 6


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
def test_whatever_is_held_fits(hierarchy):
    """Contents taken from the literal machine, in two buffers or one, never exceed a memory."""
    for seed in range(25):
        rng = random.Random(f"held {seed}")
        place, reserved = small_place(100 + seed, hierarchy)
        found = candidates(place, reserved, place.array.pe.stationary[0])
        for index in rng.sample(range(found.m.shape[1]), min(3, found.m.shape[1])):
            run = Run(place, found.mapping(index, "adders"))
            for memory, most in literally_held(place, run).items():
                room = memory.capacity_bits - reserved.get(memory.name, 0)
                assert most <= room, (seed, memory.name)


def literally_held(place, run):
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    sums_bits, results_bits = pe.accumulator_bits, gemm.output.field_bits
    most = Counter()
    for boundary, visits in enumerate(run.visits):
        for memory in machine.memories[1:]:
            paths = {o: machine.path(o) for o in memory.serves if run.moves(o, boundary)}
            paths = {o: p for o, p in paths.items() if p[boundary + 1 : boundary + 2] == (memory,)}
            for visit in visits if paths else ():
                bits = 0
                for operand, path in paths.items():
                    innermost = path[-1] == memory
                    if operand == "weight":
                        bits += run.packed_bits(visit.box.count("bkn"), boundary + 1)
                        channels = len(visit.box.b) * len(visit.box.n) * gemm.channel_bits
                        bits += channels * (visit.final and not innermost)
                    elif operand == "input":
                        elements = run.input_elements(visit.box, boundary + 1)
                        bits += elements * gemm.activation.field_bits
                    else:
                        width = sums_bits if innermost or visit.wide else results_bits
                        bits += visit.box.count("bmn") * width
                most[memory] = max(most[memory], memory.buffers * bits)
    if gemm.on_chip:
        wider = max(sums_bits - results_bits, 0)
        most[machine.home] += run.unfinished * wider
    return most


@pytest.mark.parametrize("seed", range(20))
def test_tilings_are_what_is_ordered(seed):
    place, reserved = small_place(seed, random.Random(seed).choice(list(HIERARCHIES)))
    stays = place.array.pe.stationary[0]
    tiled = tilings(place, reserved, stays)
    assert (tiled.orders == ANY_ORDER).all()
    every = candidates(place, reserved, stays)
    where = np.arange(tiled.m.shape[1])
    for part in (where[:1], where[1:]):
        found = set(listed(ordered(place, reserved, tiled.take(part))))
        assert found <= set(listed(every))
    one_by_one = [listed(ordered(place, reserved, tiled.take(where[i : i + 1]))) for i in where]
    assert {m for part in one_by_one for m in part} == set(listed(every))
    shapes = {m.extents for m in listed(every)}
    assert shapes <= {tuple(extents) for extents in extents_of(tiled)}


def extents_of(found):
    columns = (found.batch, found.m, found.k, found.n)
    for index in range(found.m.shape[1]):
        yield [Extent(*(int(c[d, index]) for c in columns)) for d in range(len(found.m))]


def layer(batch, m, k, n):
    return np.array([[batch], [m], [k], [n]], np.int64)


def test_sums_in_the_place_of_results_are_wider():
    # 4 × 8 results of 8 bit stay; two tiles over k leave sums of 16 bit in their place
    gemm = make_gemm(4, 4, 8, on_chip=True)
    room = 4 * 8 * (16 - 8)
    weights = 2 * (2 * 8 * 2)  # 2 · 8 weights of 2 bit, in two buffers
    for capacity_bits, fits in ((weights + room, True), (weights + room - 1, False)):
        machine = make_machine(sram={"capacity_bits": capacity_bits})
        found = listed(candidates(make_place(gemm, machine), {}, "weight"))
        halves = {m.extents[0] for m in found if m.extents[0].k == 2 and m.extents[0].n == 8}
        assert bool(halves) is fits


def test_spills_by_hand():
    place = make_place(make_gemm(4, 4, 4), make_hierarchy("shared"))
    found = candidates(place, {}, "weight")
    flags = {
        (e.m, e.k, e.n, o): bool(spilled)
        for (e,), (o,), spilled in (
            (m.extents, m.orders, s)
            for m, s in zip(listed(found), spills(found, 0, place), strict=True)
        )
    }
    assert flags[2, 2, 2, "nkm"]
    assert flags[2, 2, 2, "mkn"]
    assert not flags[2, 2, 2, "nmk"]
    assert not flags[2, 2, 2, "mnk"]
    assert not flags[2, 4, 2, "nkm"]  # all of k at once
    assert not flags[4, 2, 4, "nkm"]  # one tile of sums
    assert flags[2, 2, 4, "nkm"]
    assert flags[4, 2, 2, "mkn"]
    assert set(LOOP_ORDERS) == {"nkm", "nmk", "mnk", "mkn"}
