"""What must hold of the best mapping of a product, on every machine."""

import itertools
import random
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from machines import (
    HIERARCHIES,
    Serial,
    make_conv_gemm,
    make_convolution,
    make_hierarchy,
    make_machine,
    make_place,
    random_array,
    random_place,
    with_memory,
)
from tile_by_tile import Run

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.engines.roofline import busy_cycles, roofline
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.mapping.mapper import Mapper, UnmappableError
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.space import tilings
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.folding import Conventions

ONE_EACH = defaultdict(lambda: 1.0)
SEEDS = pytest.mark.parametrize("seed", range(20))
FEW_TILINGS = 120
PARTS = ("fill", "compute", "stall_load", "stall_store", "drain")
FORMATS = number_format("levels_3"), number_format("int8")


def best(place, objective="cycles"):
    return Mapper(closed_form.timing, ONE_EACH, 0.0, objective).map(place, {})


def cycles(place):
    return closed_form.timing(best(place).schedule).total_cycles


def place_of(seed, **given):
    """Return a place that can be mapped, and in not too many ways."""
    for attempt in itertools.count():
        rng = random.Random(f"{seed} {attempt}")
        hierarchy = rng.choice(list(HIERARCHIES))
        longest = {1: 9, 2: 6, 3: 4}[make_hierarchy(hierarchy).boundaries]
        shape = [rng.randint(1, longest) for _ in "mkn"]
        place = random_place(rng, shape, hierarchy=hierarchy, on_chip=rng.random() < 0.4, **given)
        ways = sum(tilings(place, {}, stays).m.shape[1] for stays in place.array.pe.stationary)
        if 0 < ways < FEW_TILINGS and mappable(place):
            return rng, place
    raise AssertionError


def mappable(place):
    try:
        best(place)
    except UnmappableError:
        return False
    return True


@SEEDS
@pytest.mark.parametrize("convolution", [False, True])
def test_more_of_any_memory_is_never_slower(seed, convolution):
    rng, place = place_of(seed, convolution=convolution)
    least = cycles(place)
    strided = convolution and place.gemm.convolution.stride_width > 1
    for index, level in enumerate(place.machine.memories):
        changes = [
            {"read_bits_per_cycle": level.read_bits_per_cycle + rng.randint(1, 60)},
            {"write_bits_per_cycle": level.write_bits_per_cycle + rng.randint(1, 60)},
            {"latency_cycles": level.latency_cycles // 2},
            {"shared_port": False},
            {"row_miss_cycles": level.row_miss_cycles // 2},
            {"row_bits": 2 * level.row_bits},
            {"burst_bits": 1},
        ]
        if level.technology == "sram":
            grown_bits = rng.choice([1, 2, 3]) * level.capacity_bits + rng.randint(1, 99)
            changes.append({"capacity_bits": grown_bits})
        if level.banks and not strided:  # see below
            changes.append({"banks": 2 * level.banks})
        for change in rng.sample(changes, 4):
            changed = make_place(place.gemm, with_memory(place.machine, index, **change))
            assert cycles(changed) <= least, (level.name, change)


def test_more_banks_may_be_slower_where_a_stride_skips_some():
    """The width of a port does not grow with its banks; a stride of 2 meets half of two."""
    gemm = make_conv_gemm(make_convolution(stride_width=2))
    found = []
    for banks in (2, 4):
        slow = {"banks": banks, "read_bits_per_cycle": 16}
        machine = make_machine(sram=slow, unfolding="scratchpad")
        found.append(cycles(make_place(gemm, machine)))
    assert found[0] < found[1]


@SEEDS
def test_fewer_beats_are_never_slower(seed):
    rng, place = place_of(seed)
    pe = replace(place.array.pe, element=Serial(8, rng.choice([1, 2])))
    totals = []
    for beats in (1, 2, 3, 4, 8):
        element = replace(pe.element, beats=beats)
        arrays = (NamedArray("adders", replace(pe, element=element)),)
        machine = replace(place.machine, arrays=arrays)
        try:
            totals.append(cycles(make_place(place.gemm, machine)))
        except UnmappableError:  # a word of two terms may be too large for a small memory
            return
    assert totals == sorted(totals)


@SEEDS
@pytest.mark.parametrize("dim", ["batch", "m", "k", "n"])
def test_more_work_is_never_faster(dim, seed):
    _, place = place_of(1000 + seed)
    more = replace(place.gemm, **{dim: getattr(place.gemm, dim) + 1})
    try:
        total = cycles(make_place(more, place.machine))
    except UnmappableError:  # what stays on the chip may need more room
        return
    assert total >= cycles(place)


@SEEDS
@pytest.mark.parametrize("objective", ["cycles", "energy", "edp"])
def test_no_mapping_beats_its_machine(seed, objective):
    _, place = place_of(2000 + seed)
    schedule, gemm, pe = best(place, objective).schedule, place.gemm, place.array.pe
    slots = gemm.batch * gemm.m * gemm.k * gemm.n * pe.passes(gemm.weight, gemm.activation)
    for engine in (closed_form, event_driven):
        timing = engine.timing(schedule)
        total = timing.total_cycles
        parts = [getattr(timing, f"{part}_cycles") for part in PARTS]
        assert total == sum(parts)
        assert all(isinstance(part, int) and part >= 0 for part in parts)
        assert total >= roofline(schedule).bound_cycles >= max(busy_cycles(schedule).values())
        utilised = pe.rows * pe.cols * pe.terms(gemm.weight, gemm.activation)
        assert slots <= timing.compute_cycles * utilised
        assert total * place.machine.dram.read_bits_per_cycle >= schedule.load_bits
        assert total * place.machine.dram.write_bits_per_cycle >= schedule.store_bits
    if closed_form.is_exact(schedule):
        assert closed_form.timing(schedule) == event_driven.timing(schedule)


@SEEDS
def test_the_best_by_one_measure_is_no_better_by_another(seed):
    _, place = place_of(3000 + seed)
    found = {}
    for objective in ("cycles", "energy", "edp"):
        mapped = best(place, objective)
        total = closed_form.timing(mapped.schedule).total_cycles
        constant = Mapper(closed_form.timing, ONE_EACH, 0.0)._fixed_pj(
            place, mapped.mapping.stationary
        )
        moving = sum(
            count for name, count in mapped.actions.counts.items() if not name.startswith("vector")
        )
        found[objective] = total, moving + constant, total * (moving + constant)
    for index, objective in enumerate(("cycles", "energy", "edp")):
        least = min(one[index] for one in found.values())
        assert found[objective][index] == pytest.approx(least, rel=1e-9)


@SEEDS
def test_every_operand_moves_at_least_once_and_at_most_for_every_multiplication(seed):
    _, place = place_of(4000 + seed)
    gemm = place.gemm
    macs = gemm.batch * gemm.m * gemm.k * gemm.n
    unique = {
        "weight": gemm.batch * gemm.k * gemm.n,
        "input": gemm.batch * gemm.m * gemm.k,
        "output": gemm.batch * gemm.m * gemm.n,
    }
    for objective in ("cycles", "energy"):
        run = Run(place, best(place, objective).mapping)
        for boundary, visits in enumerate(run.visits):
            moved = Counter()
            for visit in visits:
                moved["weight"] += visit.loads_weight * visit.box.count("bkn")
                moved["input"] += visit.loads_input * visit.box.count("bmk")
                moved["output"] += visit.stores * visit.box.count("bmn")
                moved["back"] += visit.loads_partial * visit.box.count("bmn")
            for operand, elements in unique.items():
                assert elements <= moved[operand] <= macs
            assert moved["back"] == moved["output"] - unique["output"] or boundary > 0
            assert moved["back"] < macs
        assert (run.macs == 1).all()


@SEEDS
def test_bits_of_the_dram_lie_between_once_and_never_reused(seed):
    _, place = place_of(5000 + seed)
    gemm = place.gemm
    mapped = best(place)
    macs = gemm.batch * gemm.m * gemm.k * gemm.n
    alone = gemm.stored_weight_bits(1)
    least = most = 0
    if place.crosses("weight", 0):
        least += gemm.stored_weight_bits(gemm.batch * gemm.k * gemm.n)
        least += gemm.batch * gemm.n * gemm.channel_bits
        most += macs * alone + gemm.batch * gemm.m * gemm.n * gemm.channel_bits
    if place.crosses("input", 0):
        least += gemm.batch * gemm.m * gemm.k * gemm.activation.field_bits
        most += macs * gemm.activation.field_bits
    if place.crosses("output", 0):
        most += macs * place.array.pe.accumulator_bits
    if gemm.on_chip:
        least += gemm.input_from_dram_bits
        most += gemm.input_from_dram_bits
    assert least <= mapped.actions["dram.read_bit"] <= most
    assert all(isinstance(count, int) for count in mapped.actions.counts.values())


@SEEDS
def test_twice_the_beats_stream_twice_as_long(seed):
    """Fill, preload and drain apart: exactly twice, whatever stays, however folds follow."""
    rng = random.Random(seed)
    pe = random_array(rng)
    tile = Tile(*(rng.randint(1, 30) for _ in "mkn"))
    for beats, stays in itertools.product((1, 2, 3, 5), ("weight", "output", "input")):
        one, two = (
            replace(pe, element=Serial(b, rng.choice([1]))).folds(
                tile.m, tile.k, tile.n, FORMATS, stays
            )
            for b in (beats, 2 * beats)
        )
        assert two.beats == 2 * one.beats
        assert replace(two, beats=one.beats) == one
        apart = PEArray(Serial(beats), pe.rows, pe.cols, 16, pe.organisation, Conventions())
        twice = replace(apart, element=Serial(2 * beats))
        difference = twice.cycles(tile, *FORMATS, stays) - apart.cycles(tile, *FORMATS, stays)
        assert difference == one.count * one.beats


@SEEDS
def test_many_shapes_at_once_are_each_alone(seed):
    rng = random.Random(seed)
    pe = random_array(rng)
    shapes = np.array([[rng.randint(1, 40) for _ in range(25)] for _ in "mkn"], np.int64)
    for stays in ("weight", "output", "input"):
        many = pe.folds(*shapes, FORMATS, stays)
        for index, shape in enumerate(shapes.T.tolist()):
            one = pe.folds(*shape, FORMATS, stays)
            for name in one.__slots__:
                column = np.broadcast_to(getattr(many, name), shapes.shape[1:])
                assert column[index] == getattr(one, name)


@SEEDS
def test_twice_the_beats_of_a_mapping(seed):
    """In a whole nest: the array's cycles grow by what streams, everything else stays."""
    rng, place = place_of(6000 + seed)
    conventions = Conventions("exposed", "separate", rng.choice(["through_rows", "direct"]))
    pe = replace(place.array.pe, element=Serial(1), conventions=conventions)
    mapping = best(place).mapping
    found = []
    for beats in (1, 2, 4):
        array = NamedArray("adders", replace(pe, element=Serial(beats)))
        machine = replace(place.machine, arrays=(array,))
        schedule, counts = Nest(make_place(place.gemm, machine)).unroll(mapping)
        found.append((closed_form.timing(schedule).compute_cycles, counts))
    assert found[2][0] - found[1][0] == 2 * (found[1][0] - found[0][0])
    assert found[0][1] == found[1][1] == found[2][1]
