import random
from collections import Counter

import cycle_by_cycle
import pytest
from machines import make_gemm, make_machine, make_place, random_place
from tile_by_tile import (
    count_actions,
    lifetimes,
    most_held_bits,
    moved,
    sent_bits,
    step_cycles,
    walk_tiles,
)

from lowbit_sim.mapping.block_schedule import block_actions, block_schedule
from lowbit_sim.mapping.candidates import candidates
from lowbit_sim.mapping.mapping import LOOP_ORDERS, ScratchpadMapping
from lowbit_sim.pe.base import Tile

STATIONARY = ("weight", "output")
PRIMES = [(197, 3, 2), (2, 197, 3), (3, 2, 197), (1, 1, 1), (13, 1, 1), (1, 11, 7)]


def random_case(seed):
    """Return a place, a block (all of the product) and a mapping with any tile whatever."""
    rng = random.Random(seed)
    shape = PRIMES[seed] if seed < len(PRIMES) else None
    place = random_place(rng, shape)
    whole = place.gemm.whole
    least = 1 if max(whole.m, whole.k, whole.n) < 100 else 20
    tile = Tile(
        *(rng.randint(min(least, extent), extent) for extent in (whole.m, whole.k, whole.n))
    )
    return place, whole, ScratchpadMapping(rng.choice(STATIONARY), rng.choice(LOOP_ORDERS), tile)


@pytest.mark.parametrize("seed", range(300))
def test_schedule_and_actions_tile_by_tile(seed):
    place, block, mapping = random_case(seed)
    schedule = block_schedule(place, block, mapping)
    visits = walk_tiles(block, mapping.tile, mapping.order).visits * place.gemm.batch
    assert schedule.steps == len(visits)
    columns = [
        cycle_by_cycle.every_step(schedule, getattr(schedule, name))
        for name in ("load_cycles", "compute_cycles", "store_cycles", "load_bits", "store_bits")
    ]
    counts = Counter()
    for step, visit in zip(zip(*columns, strict=True), visits, strict=True):
        bits = moved(visit, place)
        cycles = step_cycles(visit, place, mapping.stationary)
        assert step == (*cycles, sent_bits(bits), bits["stored"])
        counts += count_actions(visit, place, mapping.stationary)
    assert dict(block_actions(place, block, mapping)) == dict(counts)
    assert schedule.loads_outputs == any(visit.loads_partial for visit in visits)
    machine = place.machine
    assert schedule.shared_port == machine.shared_sram.shared_port
    assert schedule.store_buffers == machine.scratchpad("output").buffers
    pair = machine.scratchpad("weight").buffers, machine.scratchpad("input").buffers
    assert schedule.load_buffers == min(pair)


@pytest.mark.parametrize("seed", range(300))
def test_what_crosses_the_port_is_what_is_counted(seed):
    place, block, mapping = random_case(seed)
    schedule, actions = (f(place, block, mapping) for f in (block_schedule, block_actions))
    assert actions["sram.read_bit"] == schedule.total_load_bits
    assert actions["sram.write_bit"] == schedule.total_store_bits
    gemm = place.gemm
    unique = gemm.stored_parameter_bits(gemm.n) + gemm.batch * gemm.m * gemm.k * 8
    assert schedule.total_load_bits >= unique
    results = gemm.batch * gemm.m * gemm.n
    assert schedule.total_store_bits >= results * gemm.output.field_bits
    assert actions["vector.multiply"] == actions["vector.add"] == results


@pytest.mark.parametrize("seed", range(80))
def test_scratchpads_never_overflow_and_sums_come_back_after_they_left(seed):
    rng = random.Random(1000 + seed)
    place = random_place(rng, tight=seed % 4 > 0)
    machine = place.machine
    for _ in range(6):
        found = candidates(place, place.gemm.whole, rng.choice(STATIONARY))
        candidate, order = rng.choice(found), rng.choice(LOOP_ORDERS)
        mapping = ScratchpadMapping(candidate.stationary, order, candidate.tile)
        schedule = block_schedule(place, place.gemm.whole, mapping)
        spans = cycle_by_cycle.pipeline(schedule)
        once = walk_tiles(place.gemm.whole, candidate.tile, order).visits
        visits = once * place.gemm.batch
        held = most_held_bits(list(lifetimes(visits, place, spans)))
        for operand in ("weight", "input", "output"):
            assert held[operand] <= machine.scratchpad(operand).capacity_bits, operand
        left = {}
        for index, visit in enumerate(visits):
            key = index // len(once), visit.m, visit.n
            if visit.loads_partial:
                assert spans.loader.begun[index] >= left[key]
            if visit.stores:
                left[key] = spans.storer.ended[index]


def test_nothing_to_move_takes_no_cycle():
    place = make_place(make_gemm(2, 2, 2), make_machine(sram={"latency_cycles": 5}))
    assert place.load_cycles(0, 0, 0, 0) == 0
    assert place.store_cycles(0) == 0


@pytest.mark.parametrize(
    ("bits", "cycles"),
    [
        # sram reads 10 a cycle; weight, input, output scratchpads take 20, 5, 2; latency 3
        ((100, 120, 0, 0), 3 + 10),  # the sram's port
        ((10, 240, 0, 0), 3 + 12),  # decoded weights are wider than packed ones
        ((0, 0, 40, 0), 3 + 8),
        ((0, 0, 0, 41), 3 + 21),
        ((50, 60, 30, 20), 3 + 10),  # together 100 at 10
        ((1, 1, 1, 1), 3 + 1),
    ],
)
def test_load_cycles_by_hand(bits, cycles):
    machine = make_machine(
        sram={"read_bits_per_cycle": 10, "latency_cycles": 3},
        weight={"write_bits_per_cycle": 20},
        inputs={"write_bits_per_cycle": 5},
        output={"write_bits_per_cycle": 2},
    )
    assert make_place(make_gemm(2, 2, 2), machine).load_cycles(*bits) == cycles


@pytest.mark.parametrize(("write", "read", "cycles"), [(8, 64, 3 + 5), (64, 8, 3 + 5), (40, 40, 4)])
def test_store_cycles_by_hand(write, read, cycles):
    machine = make_machine(
        sram={"write_bits_per_cycle": write, "latency_cycles": 3},
        output={"read_bits_per_cycle": read},
    )
    assert make_place(make_gemm(2, 2, 2), machine).store_cycles(40) == cycles
