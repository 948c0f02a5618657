import itertools
import random
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from machines import (
    HIERARCHIES,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_place,
    random_place,
    rates_of_many,
    skipping_place,
    with_other_rates,
)
from tile_by_tile import Run

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.mapping.bounds import (
    array_cycles,
    least_demands,
    lower_bounds,
    port_cycles,
    priced_pj,
    rates_of,
)
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.refusal import UnmappableError, fed
from lowbit_sim.mapping.space import Candidates, candidates, tilings

OBJECTIVES = ("cycles", "energy", "edp")
BY_HIERARCHY = pytest.mark.parametrize("hierarchy", HIERARCHIES)
#: the largest share by which sums in another order may differ
ROUNDING = 1e-9


def prices(rng):
    """Return a price for every action, drawn when it is first asked for."""
    return defaultdict(lambda: rng.choice([0.5, 1.0, 3.0, 20.0]))


def spaces(hierarchy, seeds, largest=400, **given):
    """Yield places with all candidates of theirs; large spaces are left out."""
    for seed in seeds:
        rng = random.Random(f"{hierarchy} {seed}")
        longest = 7 if len(HIERARCHIES[hierarchy]) < 4 else 5
        shape = [rng.randint(1, longest) for _ in "mkn"]
        place = random_place(rng, shape, hierarchy=hierarchy, on_chip=rng.random() < 0.4, **given)
        try:
            stationary = fed(place)
        except UnmappableError:
            continue
        for stays in stationary:
            found = candidates(place, {}, stays)
            if 0 < found.m.shape[1] <= largest:
                yield rng, place, found


def exact(nest, found, price):
    """Yield the exact (cycles, energy) of every candidate, by events where these are fewer."""
    for index in range(found.m.shape[1]):
        schedule, counts = nest.unroll(found.mapping(index, "adders"))
        timing = closed_form.timing(schedule)
        if not closed_form.is_exact(schedule) and index % 5 == 0:
            timing = event_driven.timing(schedule)
        energy_pj = sum(price[n] * c for n, c in zip(nest.names(), counts, strict=True))
        yield timing.total_cycles, energy_pj


@BY_HIERARCHY
@pytest.mark.parametrize("convolution", [False, True])
def test_no_candidate_beats_its_bound(hierarchy, convolution):
    seen = 0
    for rng, place, found in spaces(hierarchy, range(12), convolution=convolution):
        price, nest = prices(rng), Nest(place)
        cycles, energy_pj = lower_bounds(place, found, price)
        mappers = {o: Mapper(closed_form.timing, price, 0.1, o) for o in OBJECTIVES}
        bounds = {o: mapper.score(cycles, energy_pj) for o, mapper in mappers.items()}
        every = enumerate(exact(nest, found, price))
        for index, (exact_cycles, exact_pj) in every:
            told = place, found.mapping(index, "adders")
            assert cycles[index] <= exact_cycles, told
            assert energy_pj[index] <= exact_pj * (1 + ROUNDING), told
            for objective, mapper in mappers.items():
                score = mapper.score(exact_cycles, exact_pj)[0]
                assert bounds[objective][0][index] <= score * (1 + ROUNDING), told
            seen += 1
    assert seen > 40


@BY_HIERARCHY
def test_no_loop_order_beats_the_bound_of_its_tiling(hierarchy):
    for rng, place, found in spaces(hierarchy, range(20, 24)):
        price = prices(rng)
        cycles, energy_pj = lower_bounds(place, found, price)
        tiled = tilings(place, {}, found.stationary)
        least_cycles, least_pj = lower_bounds(place, tiled, price)
        at = {extents(tiled, index): index for index in range(tiled.m.shape[1])}
        for index in range(found.m.shape[1]):
            tiling = at[extents(found, index)]
            assert least_cycles[tiling] <= cycles[index]
            assert least_pj[tiling] <= energy_pj[index] * (1 + ROUNDING)


@BY_HIERARCHY
@pytest.mark.parametrize("tiled", [False, True])
def test_many_machines_at_once_are_bounded_as_one_at_a_time(hierarchy, tiled):
    seen = 0
    for rng, place, every in spaces(hierarchy, range(50, 58)):
        found = tilings(place, {}, every.stationary) if tiled else every
        count = found.m.shape[1]
        machines = [place.machine, *(with_other_rates(rng, place.machine) for _ in range(5))]
        cycles, sides = least_demands(place, found, rates_of_many(machines))
        assert np.broadcast_shapes(cycles.shape, (6, count)) == (6, count)
        told = {(level.name, side) for level, side, _ in sides}
        price = {f"{name}.{side}_bit": rng.choice([0.5, 1.0, 3.0]) for name, side in told}
        together_pj = np.broadcast_to(priced_pj(sides, price), count)
        for row, machine in zip(np.broadcast_to(cycles, (6, count)), machines, strict=True):
            alone = lower_bounds(replace(place, machine=machine), found, price)
            assert row.tolist() == np.broadcast_to(alone[0], count).tolist()
            assert together_pj.tolist() == np.broadcast_to(alone[1], count).tolist()
        seen += len({tuple(row) for row in cycles.tolist()}) > 1
    assert seen > 2


def test_the_rates_of_a_machine():
    machine = make_machine(
        dram={"read_bits_per_cycle": 10, "latency_cycles": 3}, output={"write_bits_per_cycle": 7}
    )
    rates = rates_of(machine)
    assert rates.latency_cycles == {"dram": 3, "sram": 0, "weights": 0, "inputs": 0, "outputs": 0}
    assert rates.width_bits["dram", "read"] == 10
    assert rates.width_bits["dram", "write"] == 256
    assert rates.width_bits["outputs", "write"] == 7
    assert len(rates.width_bits) == 10


def extents(found, index):
    columns = (found.batch, found.m, found.k, found.n)
    return tuple(int(value) for column in columns for value in column[:, index])


@BY_HIERARCHY
def test_the_arrays_cycles_are_exact(hierarchy):
    """Of all tiles of every candidate together: vectorised, in a schedule, and literally."""
    for _, place, found in spaces(hierarchy, range(40, 44), convolution=False):
        gemm, nest = place.gemm, Nest(place)
        whole = (gemm.batch, gemm.m, gemm.k, gemm.n)
        cycles = np.broadcast_to(array_cycles(place, found, whole), found.m.shape[1:])
        for index in range(0, found.m.shape[1], 3):
            mapping = found.mapping(index, "adders")
            schedule, _ = nest.unroll(mapping)
            assert closed_form.timing(schedule).compute_cycles == cycles[index]
        literal = closed_form.timing(Run(place, mapping).schedule)
        assert literal.compute_cycles == cycles[index]


@pytest.mark.parametrize("seed", range(25))
def test_no_candidate_beats_its_bound_where_values_decide(seed):
    rng = random.Random(seed)
    place = skipping_place(rng, rng.choice(list(HIERARCHIES)))
    price, nest = prices(rng), Nest(place)
    for stays in fed(place):
        found = candidates(place, {}, stays)
        cycles, energy_pj = lower_bounds(place, found, price)
        some = rng.sample(range(found.m.shape[1]), min(25, found.m.shape[1]))
        for index in some:
            schedule, counts = nest.unroll(found.mapping(index, "adders"))
            assert cycles[index] <= closed_form.timing(schedule).total_cycles
            total_pj = sum(price[n] * c for n, c in zip(nest.names(), counts, strict=True))
            assert energy_pj[index] <= total_pj * (1 + ROUNDING)


def single(mapping):
    """Return one mapping as candidates."""
    columns = [
        np.array([[getattr(extent, name)] for extent in mapping.extents], np.int64)
        for name in ("batch", "m", "k", "n")
    ]
    return Candidates(mapping.stationary, *columns, np.zeros((len(mapping.extents), 1), np.int64))


def test_the_bound_is_met_where_one_tile_is_all():
    place = make_place(make_gemm(2, 2, 2), make_machine(sram={"latency_cycles": 1}))
    whole = Extent(1, 2, 2, 2)
    mapping = Mapping("adders", "weight", (whole, whole), ("nkm", "nkm"))
    cycles, _ = lower_bounds(place, single(mapping), defaultdict(float))
    # from the dram 10 + 1, into the scratchpads 1 + 1, a fold of 2·2 + 2 + 2 − 2, and back
    schedule, _ = Nest(place).unroll(mapping)
    assert cycles[0] == closed_form.timing(schedule).total_cycles == 11 + 2 + 6 + 2 + 11


def test_the_bound_is_met_where_the_dram_is_slow():
    # 4 tiles over m, every load and store of the shared port: 8 bit a cycle, no latency
    dram = {"read_bits_per_cycle": 8, "write_bits_per_cycle": 8, "latency_cycles": 0,
            "shared_port": True}  # fmt: skip
    place = make_place(make_gemm(8, 2, 2, packing="byte"),
                       make_hierarchy("shared", dram=dram, packing="byte"))  # fmt: skip
    mapping = Mapping("adders", "weight", (Extent(1, 2, 2, 2),), ("nkm",))
    cycles, _ = lower_bounds(place, single(mapping), defaultdict(float))
    # 4 weights and 16 inputs in, 16 results out, a byte a cycle
    assert cycles[0] == 4 + 16 + 16


def test_prices_are_paid_for_bits():
    place = make_place(make_gemm(2, 2, 2, packing="byte"),
                       make_hierarchy("shared", packing="byte"))  # fmt: skip
    mapping = Mapping("adders", "weight", (Extent(1, 2, 2, 2),), ("nkm",))
    for name, bits in {
        "dram.read_bit": 4 * 8 + 4 * 8,
        "dram.write_bit": 4 * 8,
        "sram.write_bit": 4 * 8 + 4 * 8 + 4 * 16,  # weights, inputs; sums
        "sram.read_bit": 4 * 8 + 4 * 8 + 4 * 16,  # for the array; sums that leave
    }.items():
        price = defaultdict(float, {name: 2.0})
        _, energy_pj = lower_bounds(place, single(mapping), price)
        assert energy_pj.tolist() == [2.0 * bits]


def test_ports_work_side_by_side():
    machine = make_machine(dram={"read_bits_per_cycle": 10}, sram={"write_bits_per_cycle": 7})
    dram, sram = machine.memories[:2]
    bits = np.array([35, 70])
    sides = [(dram, "read", bits), (dram, "read", bits), (sram, "write", bits)]
    rates = rates_of(machine)
    assert port_cycles(sides, np.array([0, 3]), rates).tolist() == [7, 3 + 14]
    price = {"dram.read_bit": 2.0, "sram.write_bit": 0.5}
    assert priced_pj(sides, price).tolist() == [2 * 70 + 17.5, 2 * 140 + 35.0]
    assert list(itertools.chain(port_cycles([], np.array([4]), rates))) == [4]
