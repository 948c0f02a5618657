import random
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from machines import (
    HIERARCHIES,
    Serial,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_place,
    random_place,
    skipping_place,
)
from stated_space import every_mapping

from lowbit_sim.actions import ActionCounts
from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.mapping.mapper import Mapper, UnmappableError, ascending
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.refusal import fed
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product

OBJECTIVES = ("cycles", "energy", "edp")
LEAKAGE_PJ = 0.25
FEW = 250


def prices(rng):
    """Return a price for every action, drawn when it is first asked for."""
    known = {}

    class Drawn(dict):
        def __missing__(self, name):
            return known.setdefault(name, rng.choice([0.5, 1.0, 3.0, 20.0]))

        def get(self, name, default=None):  # noqa: ARG002 (a price is never missing)
            return self[name]

    return Drawn()


def total_pj(price, actions):
    return sum(price[name] * actions[name] for name in actions)


def small_place(seed):
    """Return a place of few mappings, and those: {what stays: mappings}."""
    rng = random.Random(seed)
    hierarchy = rng.choice(list(HIERARCHIES))
    longest = {1: 8, 2: 5, 3: 3}[make_hierarchy(hierarchy).boundaries]
    shape = [rng.randint(1, longest) for _ in "mkn"]
    place = random_place(rng, shape, hierarchy=hierarchy, on_chip=rng.random() < 0.4,
                         convolution=rng.random() < 0.25)  # fmt: skip
    try:
        stationary = fed(place)
    except UnmappableError:
        return rng, place, {}
    return rng, place, {stays: list(every_mapping(place, stays)) for stays in stationary}


def score(objective, cycles, energy_pj):
    return {"cycles": cycles, "energy": energy_pj, "edp": cycles * energy_pj}[objective]


def cost(place, price, mapping, timer=closed_form.timing):
    """Return cycles, and the energy of everything that is counted, leakage included."""
    schedule, counts = Nest(place).unroll(mapping)
    gemm = place.gemm
    product = Product(gemm.batch, gemm.whole, gemm.weight, gemm.activation, mapping.stationary)
    actions = Nest(place).actions(counts) + place.array.pe.actions(product)
    cycles = timer(schedule).total_cycles
    return cycles, total_pj(price, actions) + LEAKAGE_PJ * cycles


@pytest.mark.parametrize("seed", range(60))
def test_nothing_in_the_stated_space_is_better(seed):
    rng, place, every = small_place(seed)
    mappings = [mapping for found in every.values() for mapping in found]
    if len(mappings) > FEW:
        mappings = rng.sample(mappings, FEW)  # the best is better than any sample
    price = prices(rng)
    mappers = [Mapper(closed_form.timing, price, LEAKAGE_PJ, o) for o in OBJECTIVES]
    if not mappings:
        for mapper in mappers:
            with pytest.raises(UnmappableError):
                mapper.map(place, {})
        return
    costs = [cost(place, price, mapping) for mapping in mappings]
    for mapper in mappers:
        best = mapper.map(place, {})
        found = cost(place, price, best.mapping)
        assert found[0] == closed_form.timing(best.schedule).total_cycles
        scores = [score(mapper.objective, *one) for one in costs]
        least = min(scores)
        if len(mappings) < FEW:
            assert best.mapping in mappings
            assert score(mapper.objective, *found) == pytest.approx(least, rel=1e-9)
        else:
            assert score(mapper.objective, *found) <= least * (1 + 1e-9)
        if mapper.objective == "cycles":  # at equal cycles the energy decides
            alike = [pj for cycles, pj in costs if cycles == found[0]]
            assert found[1] <= min(alike, default=found[1]) * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_with_any_clock(seed):
    """The bounds hold of events as well, hence the search finds the best of them."""
    rng, place, every = small_place(500 + seed)
    mappings = [mapping for found in every.values() for mapping in found][:FEW]
    if not mappings:
        return
    price = prices(rng)
    best = Mapper(event_driven.timing, price, LEAKAGE_PJ, "cycles").map(place, {})
    least = min(cost(place, price, mapping, event_driven.timing)[0] for mapping in mappings)
    assert event_driven.timing(best.schedule).total_cycles <= least


@pytest.mark.parametrize("seed", range(6))
def test_where_values_decide(seed):
    rng = random.Random(seed)
    place, price = skipping_place(rng), prices(rng)
    best = Mapper(closed_form.timing, price, LEAKAGE_PJ, "edp").map(place, {})
    found = score("edp", *cost(place, price, best.mapping))
    every = [m for stays in fed(place) for m in every_mapping(place, stays)]
    for mapping in rng.sample(every, min(60, len(every))):
        assert found <= score("edp", *cost(place, price, mapping)) * (1 + 1e-9)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_same_question_has_the_same_answer(objective):
    for seed in range(5):
        _, place, every = small_place(900 + seed)
        if not any(every.values()):
            continue
        first, second = (
            Mapper(closed_form.timing, defaultdict(lambda: 1.0), LEAKAGE_PJ, objective).map(
                place, {}
            )
            for _ in range(2)
        )
        assert first == second
        closed_form.timing.cache_clear()
        again = Mapper(closed_form.timing, defaultdict(lambda: 1.0), LEAKAGE_PJ, objective)
        assert again.map(place, {}) == first


def map_it(place, reserved_bits=None, objective="edp", price=None):
    price = price or defaultdict(lambda: 1.0)
    return Mapper(closed_form.timing, price, 0.0, objective).map(place, reserved_bits or {})


@pytest.mark.parametrize(
    ("dear", "stays"),
    [
        # 4 × 8 × 4 on 2 × 2 adders: 4 folds of k; sums that stay are written once, weights and
        # inputs that stay are read once
        ("outputs.write_bit", "output"),
        ("weights.read_bit", "weight"),
        ("inputs.read_bit", "input"),
    ],
)
def test_what_stays_is_what_is_dear_to_move(dear, stays):
    pe = PEArray(Serial(), 2, 2, 16, stationary=("weight", "output", "input"))
    place = make_place(make_gemm(4, 8, 4), make_machine(pe=pe))
    best = map_it(place, objective="energy", price=defaultdict(float, {dear: 1.0}))
    assert best.mapping.stationary == stays


def test_at_equal_energy_the_cycles_decide():
    place = make_place(make_gemm(8, 8, 8), make_machine())
    best = map_it(place, objective="energy", price=defaultdict(float))
    quickest = map_it(place, objective="cycles")
    assert closed_form.timing(best.schedule) == closed_form.timing(quickest.schedule)


def test_leakage_makes_time_dear():
    place = make_place(make_gemm(6, 9, 7), make_machine(dram={"read_bits_per_cycle": 8}))
    price = defaultdict(lambda: 1.0)
    slow = Mapper(closed_form.timing, price, 0.0, "energy").map(place, {})
    quick = Mapper(closed_form.timing, price, 1e6, "energy").map(place, {})
    least = closed_form.timing(map_it(place, objective="cycles").schedule)
    assert closed_form.timing(quick.schedule).total_cycles == least.total_cycles
    assert closed_form.timing(slow.schedule).total_cycles >= least.total_cycles


def test_what_every_mapping_costs_counts_in_a_product():
    """Energy times delay weighs delay by all of the energy, the scaling of results included."""
    machine = make_machine(
        sram={"capacity_bits": 300, "read_bits_per_cycle": 64}, dram={"read_bits_per_cycle": 64}
    )
    place = make_place(make_gemm(16, 4, 4), machine)
    moving = {"dram.read_bit": 1.0, "sram.read_bit": 1.0, "sram.write_bit": 1.0}
    quickest = closed_form.timing(map_it(place, objective="cycles").schedule).total_cycles
    found = [
        closed_form.timing(map_it(place, price=defaultdict(float, price)).schedule).total_cycles
        for price in (moving, moving | {"vector.add": 1e6})  # beside it nothing else weighs
    ]
    assert found[0] > found[1] == quickest


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 600, 5000])
def test_ascending_yields_every_index_once_and_equal_keys_in_order(size):
    rng = np.random.default_rng(size)
    for keys in (rng.random(size), rng.integers(0, 3, size) * 1.0, np.zeros(size)):
        chunks = list(ascending(keys))
        assert all(len(chunk) for chunk in chunks)
        found = np.concatenate([np.zeros(0, int), *chunks]).tolist()
        assert found == np.argsort(keys, kind="stable").tolist()


def test_a_batch_has_weights_of_its_own():
    one, three = (
        map_it(make_place(make_gemm(4, 4, 4, batch=batch), make_machine())).actions
        for batch in (1, 3)
    )
    assert three == one * 3
    assert isinstance(three, ActionCounts)


def test_reserved_bits_take_room():
    # the least tile, 2 × 2 × 2, in two buffers: 4 weights of 2 bit, 4 inputs of 8, 4 sums of 16
    place = make_place(make_gemm(8, 8, 8), make_hierarchy("separate"))
    for memory, bits in (("weights", 2 * 8), ("inputs", 2 * 32), ("outputs", 2 * 64)):
        (level,) = [level for level in place.machine.memories if level.name == memory]
        extent = map_it(place, {memory: level.capacity_bits - bits}).mapping.extents[0]
        held = {"weights": extent.k * extent.n, "inputs": extent.m * extent.k,
                "outputs": extent.m * extent.n}  # fmt: skip
        assert held[memory] == 4
        with pytest.raises(UnmappableError, match=f"needs {bits} bit in {memory}"):
            map_it(place, {memory: level.capacity_bits - bits + 1})


@pytest.mark.parametrize(
    ("place", "reserved", "message"),
    [
        # the least tile, 2 × 2 × 2, in two buffers: weights in a byte, inputs of 32 bit, and sums
        # of 64 bit, since k goes on
        (make_place(make_gemm(8, 8, 8), make_machine(sram={"capacity_bits": 207})), {},
         r"m·k·n = 2·2·2, needs 208 bit in sram \(2 buffers\), 207 bit are free of 207"),
        (make_place(make_gemm(8, 8, 8), make_machine(sram={"capacity_bits": 300})), {"sram": 93},
         r"needs 208 bit in sram \(2 buffers\), 207 bit are free of 300"),
        # and results of 32 bit, where it does not
        (make_place(make_gemm(8, 2, 8), make_machine(sram={"capacity_bits": 143})), {},
         r"needs 144 bit in sram \(2 buffers\), 143 bit are free of 143"),
        (make_place(make_gemm(8, 8, 8), make_machine(output={"capacity_bits": 127})), {},
         r"needs 128 bit in outputs \(2 buffers\), 127 bit are free"),
        (make_place(make_gemm(8, 8, 8), make_machine(inputs={"read_bits_per_cycle": 15})), {},
         r"inputs reads 15 bit/cycle; adders \(2 × 2\) needs 16 bit/cycle"),
    ],
)  # fmt: skip
def test_refusals_say_what_is_missing(place, reserved, message):
    with pytest.raises(UnmappableError, match=message):
        map_it(place, reserved)


@pytest.mark.parametrize(("k", "least_bits"), [(8, 208), (2, 144)])
def test_a_bit_more_is_enough(k, least_bits):
    machine = make_machine(sram={"capacity_bits": least_bits})
    extent = map_it(make_place(make_gemm(8, k, 8), machine)).mapping.extents[0]
    assert (extent.m, extent.k, extent.n) == (2, 2, 2)


def test_a_larger_array_is_used():
    gemm = make_gemm(8, 8, 8)
    large = make_machine(pe=PEArray(Serial(), 4, 8, 16))
    small = make_machine(pe=PEArray(Serial(), 2, 2, 16))
    cycles = [
        closed_form.timing(map_it(make_place(gemm, m), objective="cycles").schedule).total_cycles
        for m in (large, small)
    ]
    assert cycles[0] < cycles[1]
    assert replace(large, name="other") != large
