"""Whole nests against a literal machine: `tile_by_tile` keeps the contents of every memory."""

import random
from collections import Counter

import cycle_by_cycle
import numpy as np
import pytest
from machines import (
    HIERARCHIES,
    make_convolution,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_place,
    random_place,
    skipping_place,
)
from schedules import written_out
from tile_by_tile import Run, pieces

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.mapping.mapping import LOOP_ORDERS, Extent, Mapping
from lowbit_sim.mapping.nest import Nest, profile_of
from lowbit_sim.mapping.refusal import UnmappableError, fed
from lowbit_sim.mapping.space import candidates
from lowbit_sim.pe.base import ValueDependent

PER_HIERARCHY = 30


def random_nest(seed, hierarchy):
    """Return a place and some mapping of its space; None where it has none."""
    rng = random.Random(f"{hierarchy} {seed}")
    place = random_place(
        rng,
        [rng.randint(1, 7) for _ in "mkn"],
        hierarchy=hierarchy,
        on_chip=rng.random() < 0.4,
        convolution=rng.random() < 0.3,
    )
    stays = rng.choice(place.array.pe.stationary)
    found = candidates(place, {}, stays)
    if not found.m.shape[1]:
        return None
    return place, found.mapping(rng.randrange(found.m.shape[1]), "adders")


def nests(hierarchy, first=0):
    found = [random_nest(first + seed, hierarchy) for seed in range(PER_HIERARCHY)]
    kept = [nest for nest in found if nest is not None]
    assert len(kept) > PER_HIERARCHY // 2
    return kept


BY_HIERARCHY = pytest.mark.parametrize("hierarchy", HIERARCHIES)


@BY_HIERARCHY
def test_schedules_and_counts_tile_by_tile(hierarchy):
    for place, mapping in nests(hierarchy):
        nest, literal = Nest(place), Run(place, mapping)
        schedule, counts = nest.unroll(mapping)
        assert (literal.macs == 1).all()
        assert (literal.sums[0] == 1).all()
        assert written_out(schedule) == literal.schedule
        assert nest.actions(counts).counts == {n: c for n, c in literal.counts.items() if c}
        cycles = closed_form.timing(schedule)
        assert cycles == closed_form.timing(literal.schedule)
        if closed_form.is_exact(schedule):
            assert cycles == event_driven.timing(schedule)


@BY_HIERARCHY
def test_cycles_cycle_by_cycle(hierarchy):
    for place, mapping in nests(hierarchy)[:6]:
        schedule, _ = Nest(place).unroll(mapping)
        if closed_form.is_exact(schedule):
            expected = cycle_by_cycle.timing(Run(place, mapping).schedule)
            assert closed_form.timing(schedule) == expected


def crossing_bits(schedule, depth=0, found=None):
    """Add up (loaded, stored) bits of every boundary."""
    found = Counter() if found is None else found
    for step in schedule.in_order():
        found["load", depth] += step.load_bits
        found["store", depth] += step.store_bits
        if step.inner is not None:
            crossing_bits(step.inner, depth + 1, found)
    return found


@BY_HIERARCHY
def test_bits_are_conserved(hierarchy):
    for place, mapping in nests(hierarchy, 100):
        nest = Nest(place)
        schedule, counts = nest.unroll(mapping)
        actions, machine, gemm = nest.actions(counts), place.machine, place.gemm
        bits = crossing_bits(schedule)
        assert actions["dram.read_bit"] == bits["load", 0]
        assert actions["dram.write_bit"] == bits["store", 0]
        unique = Counter()
        if place.crosses("weight", 0):
            unique["load"] += gemm.stored_parameter_bits()
        if place.crosses("input", 0):
            unique["load"] += touched_inputs(gemm) * gemm.activation.field_bits
        if place.crosses("output", 0) or gemm.output_to_dram:
            unique["store"] += gemm.batch * gemm.m * gemm.n * gemm.output.field_bits
        assert bits["load", 0] >= unique["load"]
        assert bits["store", 0] >= unique["store"]
        # what enters a memory that only inputs pass is read from the one before
        for level in machine.memories[1:]:
            if level.serves == {"input"}:
                outer = machine.path("input")[machine.depth(level) - 1]
                assert actions[f"{level.name}.write_bit"] <= actions[f"{outer.name}.read_bit"]
        assert actions["vector.multiply"] == gemm.batch * gemm.m * gemm.n


def touched_inputs(gemm):
    """Return the inputs that some output needs: all of them, for a product."""
    geometry = gemm.convolution
    if geometry is None:
        return gemm.batch * gemm.m * gemm.k
    return geometry.in_channels * len(touched(geometry, "height")) * len(touched(geometry, "width"))


def touched(geometry, side):
    positions = {
        place * getattr(geometry, f"stride_{side}")
        + tap * getattr(geometry, f"dilation_{side}")
        - getattr(geometry, f"padding_{side}")
        for place in range(getattr(geometry, f"out_{side}"))
        for tap in range(getattr(geometry, f"kernel_{side}"))
    }
    return {p for p in positions if 0 <= p < getattr(geometry, f"in_{side}")}


def test_any_tiling_whatever_not_only_those_of_the_space():
    for seed in range(60):
        rng = random.Random(seed)
        place = random_place(rng, hierarchy=rng.choice(list(HIERARCHIES)), tight=False)
        gemm = place.gemm
        extents, outer = [], Extent(gemm.batch, gemm.m, gemm.k, gemm.n)
        for depth in range(place.machine.boundaries):
            batch = rng.randint(1, outer.batch) if depth == 0 else 1
            outer = Extent(batch, *(rng.randint(1, e) for e in (outer.m, outer.k, outer.n)))
            extents.append(outer)
        orders = tuple(rng.choice(LOOP_ORDERS) for _ in extents)
        mapping = Mapping("a", rng.choice(place.array.pe.stationary), tuple(extents), orders)
        if len(extents) > 1 and gemm.batch > 1 and len({e.batch for e in extents}) > 1:
            continue
        schedule, counts = Nest(place).unroll(mapping)
        literal = Run(place, mapping)
        assert written_out(schedule) == literal.schedule
        assert Nest(place).actions(counts).counts == {n: c for n, c in literal.counts.items() if c}


def test_two_tiles_by_hand():
    # 2 × 4 × 2 on 2 × 2 adders, k in two tiles; the sram holds everything
    place = make_place(make_gemm(2, 4, 2), make_machine(dram={"read_bits_per_cycle": 8}))
    whole, half = Extent(1, 2, 4, 2), Extent(1, 2, 2, 2)
    mapping = Mapping("adders", "weight", (whole, half), ("nkm", "nkm"))
    schedule, counts = Nest(place).unroll(mapping)
    # load 10 + (4·2 weights of 2 bit, 2·4 inputs of 8 bit) / 8, store 10 + 4·8 / 256
    (step,) = schedule.body
    assert (step.load_cycles, step.store_cycles) == (10 + (16 + 64) // 8, 10 + 1)
    first, second = step.inner.body
    # a tile: 8 bit of weights in whole bytes and 32 of inputs, a fold of 2·2 + 2 + 2 − 2 = 6
    assert (first.load_cycles, first.compute_cycles, first.store_cycles) == (1, 6, 0)
    assert (second.load_cycles, second.compute_cycles, second.store_cycles) == (1, 6, 1)
    assert (first.load_bits, second.load_bits, second.store_bits) == (40, 40, 32)
    actions = Nest(place).actions(counts)
    # every fold writes 4 sums of 16 bit, the second reads them first; they leave as sums
    assert actions["outputs.write_bit"] == 2 * 64
    assert actions["outputs.read_bit"] == 64 + 64
    assert closed_form.timing(schedule).total_cycles == 20 + (1 + 6 + 6 + 1) + 11


def test_names_are_those_of_all_memories():
    place = make_place(make_gemm(2, 2, 2), make_hierarchy("pair"))
    assert Nest(place).names() == (
        "dram.read_bit", "dram.write_bit", "unified.read_bit", "unified.write_bit",
        "weights.read_bit", "weights.write_bit", "dram.activate", "decoder.levels_3",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_values_decide_how_long_a_tile_takes(seed):
    """The array's cycles over every tile: folds in order, each as long as its slowest weight."""
    rng = random.Random(seed)
    place = skipping_place(rng, rng.choice(["scratchpads", "separate", "deep"]))
    gemm, pe = place.gemm, place.array.pe
    assert isinstance(pe.element, ValueDependent)
    stays = rng.choice(fed(place))
    found = candidates(place, {}, stays)
    mapping = found.mapping(rng.randrange(found.m.shape[1]), "adders")
    schedule, _ = Nest(place).unroll(mapping)
    levels = np.abs(gemm.levels.values.astype(int))
    expected = 0
    for visit in Run(place, mapping).visits[-1]:
        box = visit.box
        rows, side = (box.k, pe.rows) if stays == "weight" else (box.m, pe.rows)
        for b in box.b:
            for ns in pieces(box.n, pe.cols):
                for held in pieces(rows, side):
                    if stays == "weight":  # preload, a beat for each row of m, skew
                        slowest = max(1, levels[b][np.ix_(held, ns)].max())
                        expected += pe.rows + len(box.m) * slowest + pe.rows + pe.cols - 2
                    else:  # every k as long as its slowest column, skew, drain through the rows
                        beats = sum(max(1, levels[b][k, list(ns)].max()) for k in box.k)
                        expected += beats + 2 * pe.rows + pe.cols - 2
    assert closed_form.timing(schedule).compute_cycles == expected


def test_profiles_want_weights_and_a_kind_that_asks_for_them():
    rng = random.Random(0)
    place = skipping_place(rng)
    gemm = place.gemm
    shape = gemm.batch, -(-gemm.k // place.array.pe.rows), -(-gemm.n // place.array.pe.cols)
    assert profile_of(place, "weight").shape == shape
    with pytest.raises(ValueError, match="no weights whose values decide"):
        profile_of(make_place(make_gemm(2, 2, 2), make_machine()), "weight")


def test_equal_tiles_are_unrolled_once():
    place = make_place(make_gemm(64, 64, 64), make_machine())
    mapping = Mapping("adders", "weight", (Extent(1, 32, 32, 32), Extent(1, 4, 4, 4)),
                      ("nkm", "nkm"))  # fmt: skip
    nest = Nest(place)
    nest.unroll(mapping)
    tiles = [key for key in nest.known if key[0] == 2]
    # the array's tiles differ in whether sums of an earlier k lie there, and if they end
    assert len(tiles) == 3


def test_weights_that_stay_decoded_are_not_decoded_again():
    # decoded between the dram and the sram, in which they stay; or behind the sram, each time
    for depth, decoded in ((0, 0), (1, 16)):
        for stays in (False, True):
            gemm = make_gemm(4, 4, 4, packing="word_8", weights_stay=stays)
            place = make_place(gemm, make_machine(packing="word_8", decoder_depth=depth))
            whole = Extent(1, 4, 4, 4)
            mapping = Mapping("adders", "weight", (whole, whole), ("nkm", "nkm"))
            nest = Nest(place)
            actions = nest.actions(nest.unroll(mapping)[1])
            assert actions["decoder.levels_3"] == (decoded if stays else 16)


def test_a_strided_convolution_meets_fewer_banks():
    # 4 banks in two buffers: words two apart meet one of the two banks of a buffer
    geometry = make_convolution(stride_width=2)
    batch, m, k, n = geometry.gemm_dims
    gemm = make_gemm(m, k, n, batch=batch, convolution=geometry)
    whole = Extent(batch, m, k, n)
    mapping = Mapping("adders", "weight", (whole, whole), ("nkm", "nkm"))
    loads = []
    for banks in (2, 4):
        machine = make_machine(sram={"banks": banks}, unfolding="scratchpad")
        schedule, _ = Nest(make_place(gemm, machine)).unroll(mapping)
        loads.append(schedule.body[0].inner.body[0].load_cycles)
    windows = m * k * 8
    weights = gemm.stored_weight_bits(k * n)
    assert loads == [-(-(windows + weights) // 256), -(-(2 * windows + weights) // 256)]


def test_nothing_that_fits_is_refused_by_a_nest():
    for seed in range(20):
        place = random_place(random.Random(seed), (3, 3, 3))
        try:
            stationary = fed(place)
        except UnmappableError:
            continue
        for stays in stationary:
            found = candidates(place, {}, stays)
            for index in range(min(5, found.m.shape[1])):
                schedule, _ = Nest(place).unroll(found.mapping(index, "adders"))
                assert schedule.steps >= 1
