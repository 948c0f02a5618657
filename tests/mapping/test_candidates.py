import itertools
import random

import pytest
from machines import make_gemm, make_machine, make_place, random_place
from tile_by_tile import pieces

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.mapping.block_schedule import block_schedule
from lowbit_sim.mapping.candidates import bound_cycles, candidates, tile_extents
from lowbit_sim.mapping.mapping import LOOP_ORDERS, ScratchpadMapping
from lowbit_sim.pe.base import Tile

STATIONARY = ("weight", "output")


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


def fits(place, tile):
    gemm, machine = place.gemm, place.machine
    needs = {
        "weight": tile.k * tile.n * gemm.held_weight_bits,
        "input": tile.m * tile.k * gemm.activation.field_bits,
        "output": tile.m * tile.n * place.array.pe.accumulator_bits,
    }
    pads = {operand: machine.scratchpad(operand) for operand in needs}
    return all(bits * pads[o].buffers <= pads[o].capacity_bits for o, bits in needs.items())


@pytest.mark.parametrize("seed", range(60))
def test_every_tile_of_the_stated_space_that_fits_and_no_other(seed):
    place = random_place(random.Random(seed))
    whole, pe = place.gemm.whole, place.array.pe
    extents = [
        {u * 2**i for i in range(9) if u * 2**i < total} | {total}
        for u, total in ((pe.rows, whole.m), (pe.rows, whole.k), (pe.cols, whole.n))
    ]
    expected = {
        tile for tile in itertools.starmap(Tile, itertools.product(*extents)) if fits(place, tile)
    }
    found = candidates(place, whole, "weight")
    assert {candidate.tile for candidate in found} == expected
    assert len(found) == len(expected) > 0
    cycles = [candidate.compute_cycles for candidate in found]
    assert cycles == sorted(cycles)


@pytest.mark.parametrize("seed", range(60))
def test_compute_cycles_tile_by_tile(seed):
    place = random_place(random.Random(100 + seed))
    gemm, whole = place.gemm, place.gemm.whole
    for stationary in STATIONARY:
        for candidate in candidates(place, whole, stationary):
            tiles = itertools.product(
                *(pieces(getattr(whole, d), getattr(candidate.tile, d)) for d in "mkn")
            )
            cycles = sum(
                place.array.pe.cycles(
                    Tile(*map(len, tile)), gemm.weight, gemm.activation, stationary
                )
                for tile in tiles
            )
            assert candidate.compute_cycles == gemm.batch * cycles


@pytest.mark.parametrize("seed", range(100))
def test_no_candidate_beats_its_bound(seed):
    place = random_place(random.Random(200 + seed))
    whole = place.gemm.whole
    for stationary, order in itertools.product(STATIONARY, LOOP_ORDERS):
        for candidate in candidates(place, whole, stationary)[:20]:
            mapping = ScratchpadMapping(stationary, order, candidate.tile)
            schedule = block_schedule(place, whole, mapping)
            bound = bound_cycles(place, whole, candidate, order)
            assert bound <= event_driven.timing(schedule).total_cycles
            assert bound <= closed_form.timing(schedule).total_cycles


def test_the_bound_is_met_where_one_tile_is_all():
    place = make_place(make_gemm(2, 2, 2), make_machine(sram={"latency_cycles": 1}))
    (candidate,) = candidates(place, place.gemm.whole, "weight")
    schedule = block_schedule(
        place, place.gemm.whole, ScratchpadMapping("weight", "nkm", candidate.tile)
    )
    bound = bound_cycles(place, place.gemm.whole, candidate, "nkm")
    # load 1 + 1, compute 2·2 + 2 + 2 − 2, store 1 + 1
    assert bound == closed_form.timing(schedule).total_cycles == 2 + 6 + 2


def test_nothing_fits_a_scratchpad_below_one_fold():
    machine = make_machine(weight={"capacity_bits": 2 * 2 * 2 * 2 - 1})
    assert candidates(make_place(make_gemm(8, 8, 8), machine), Tile(8, 8, 8), "weight") == []
