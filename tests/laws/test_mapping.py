"""What must hold of the best mapping of a product, on every machine."""

import random
from collections import defaultdict
from dataclasses import replace

import pytest
from machines import make_place, random_place

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.engines.roofline import roofline
from lowbit_sim.mapping.mapper import Mapper

ONE_EACH = defaultdict(lambda: 1.0)
SEEDS = pytest.mark.parametrize("seed", range(50))


def best(place):
    return Mapper(closed_form.timing, ONE_EACH, 0).map(place).schedule


def cycles(place):
    return closed_form.timing(best(place)).total_cycles


def place_of(seed):
    rng = random.Random(seed)
    shape = [rng.randint(1, 6) for _ in "mkn"]
    return rng, random_place(rng, shape, on_chip=rng.random() < 0.5)


def with_memory(place, index, **change):
    memories = list(place.machine.memories)
    memories[index] = replace(memories[index], **change)
    return make_place(place.gemm, replace(place.machine, memories=tuple(memories)))


@SEEDS
def test_more_of_any_memory_is_never_slower(seed):
    rng, place = place_of(seed)
    least = cycles(place)
    for index, level in enumerate(place.machine.memories):
        changes = [
            {"read_bits_per_cycle": level.read_bits_per_cycle + rng.randint(1, 60)},
            {"write_bits_per_cycle": level.write_bits_per_cycle + rng.randint(1, 60)},
            {"latency_cycles": level.latency_cycles // 2},
            {"shared_port": False},
        ]
        if level.technology == "sram":
            grown_bits = rng.choice([1, 2, 3]) * level.capacity_bits + rng.randint(1, 99)
            changes.append({"capacity_bits": grown_bits})
        for change in changes:
            assert cycles(with_memory(place, index, **change)) <= least, (level.name, change)


@SEEDS
@pytest.mark.parametrize("dim", ["batch", "m", "k", "n"])
def test_more_work_is_never_faster(dim, seed):
    _, place = place_of(1000 + seed)
    more = replace(place.gemm, **{dim: getattr(place.gemm, dim) + 1})
    assert cycles(make_place(more, place.machine)) >= cycles(place)


@SEEDS
def test_no_mapping_beats_its_machine(seed):
    _, place = place_of(2000 + seed)
    schedule, gemm, pe = best(place), place.gemm, place.array.pe
    for engine in (closed_form, event_driven):
        total = engine.timing(schedule).total_cycles
        assert total >= roofline(schedule).bound_cycles
        slots = gemm.batch * gemm.m * gemm.k * gemm.n * pe.passes(gemm.weight, gemm.activation)
        assert total * pe.rows * pe.cols >= slots
        assert total * place.machine.dram.read_bits_per_cycle >= schedule.total_load_bits
        assert total * place.machine.dram.write_bits_per_cycle >= schedule.total_store_bits
