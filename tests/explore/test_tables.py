import random
from dataclasses import replace

import numpy as np
import pytest
from machines import HIERARCHIES, random_place, rates_of_many, with_memory, with_other_rates
from stated_space import every_mapping

from lowbit_sim.explore.tables import table_of
from lowbit_sim.mapping.bounds import lower_bounds
from lowbit_sim.mapping.refusal import UnmappableError, fed
from lowbit_sim.mapping.space import tilings

BY_HIERARCHY = pytest.mark.parametrize("hierarchy", HIERARCHIES)
SIDES = ("read", "write")


def shrunk(rng, place):
    """Return `place` with less room in some of its memories."""
    memories = tuple(
        replace(level, capacity_bits=max(int(level.capacity_bits * rng.choice([0.2, 0.6, 1])), 1))
        if level.technology == "sram"
        else level
        for level in place.machine.memories
    )
    return replace(place, machine=replace(place.machine, memories=memories))


def places(hierarchy, seeds, longest=9):
    for seed in seeds:
        rng = random.Random(f"table {hierarchy} {seed}")
        shape = [rng.randint(1, longest) for _ in "mkn"]
        place = random_place(rng, shape, hierarchy=hierarchy, on_chip=rng.random() < 0.4,
                             convolution=rng.random() < 0.3)  # fmt: skip
        try:
            yield rng, place, rng.choice(fed(place))
        except UnmappableError:
            continue


@BY_HIERARCHY
def test_cycles_and_bits_are_those_of_each_machine_alone(hierarchy):
    seen = 0
    for rng, place, stays in places(hierarchy, range(8)):
        found = tilings(place, {}, stays)
        count = found.m.shape[1]
        if not count:
            continue
        machines = [with_other_rates(rng, place.machine) for _ in range(4)]
        table = table_of(place, stays, rates_of_many(machines))
        assert table.tilings == count
        assert table.cycles.shape == (4, count)
        names = [f"{m.name}.{side}_bit" for m in place.machine.memories for side in SIDES]
        price = {name: rng.choice([0.5, 1.0, 3.0, 20.0]) for name in names}
        energy_pj = table.moved_bits @ [price[name] for name in names]
        for row, machine in enumerate(machines):
            cycles, told_pj = lower_bounds(replace(place, machine=machine), found, price)
            assert table.cycles[row].tolist() == np.broadcast_to(cycles, count).tolist()
            assert energy_pj == pytest.approx(np.broadcast_to(told_pj, count), rel=1e-12)
        seen += 1
    assert seen > 2


@BY_HIERARCHY
def test_what_fits_a_smaller_machine_is_what_its_memories_have_room_for(hierarchy):
    some = 0
    for rng, place, stays in places(hierarchy, range(40)):
        found = tilings(place, {}, stays)
        table = table_of(place, stays, rates_of_many([place.machine]))
        small = shrunk(rng, place)
        names = [level.name for level in small.machine.memories]
        reserved_bits = {names[-1]: rng.choice([0, 5])}
        room_bits = [m.capacity_bits - reserved_bits.get(m.name, 0) for m in small.machine.memories]
        fits = (table.needed_bits <= np.array(room_bits)[:, None]).all(axis=0)
        directly = tilings(small, reserved_bits, stays)
        assert told(found.take(np.flatnonzero(fits))) == told(directly)
        some += 0 < fits.sum() < table.tilings
    assert some > 2


def told(found):
    columns = np.concatenate([found.batch, found.m, found.k, found.n])
    return sorted(map(tuple, columns.T.tolist()))


@pytest.mark.parametrize("hierarchy", ["shared", "separate", "scratchpads", "bypassed"])
def test_every_mapping_of_the_stated_space_has_a_row(hierarchy):
    """Written down once more as nested loops; a table may hold more, its needs are from below."""
    seen = 0
    for _, place, stays in places(hierarchy, range(4), longest=6):
        found = tilings(place, {}, stays)
        rows = set(told(found))
        table = table_of(place, stays, rates_of_many([place.machine]))
        assert len(rows) == table.tilings
        for mapping in every_mapping(place, stays):
            extents = [(e.batch, e.m, e.k, e.n) for e in mapping.extents]
            assert tuple(value for column in zip(*extents, strict=True) for value in column) in rows
            seen += 1
    assert seen > 20


def test_where_nothing_fits_a_table_is_empty():
    _, place, stays = next(places("scratchpads", range(9)))
    tiny = with_memory(place.machine, 1, capacity_bits=1)
    table = table_of(replace(place, machine=tiny), stays, rates_of_many([tiny] * 3))
    memories = len(place.machine.memories)
    assert table.tilings == 0
    assert table.cycles.shape == (3, 0)
    assert table.moved_bits.shape == (0, 2 * memories)
    assert table.needed_bits.shape == (memories, 0)
