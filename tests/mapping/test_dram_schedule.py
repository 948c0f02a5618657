import random
from collections import Counter

import cycle_by_cycle
import pytest
from machines import make_gemm, make_machine, make_place, random_place
from test_gemm import make_conv_gemm, make_convolution
from tile_by_tile import cycles_of, most_held_bits, walk_blocks

from lowbit_sim.mapping.block_schedule import block_schedule
from lowbit_sim.mapping.candidates import candidates
from lowbit_sim.mapping.dram_schedule import (
    block_bits,
    block_step,
    block_walk,
    dram_actions,
    dram_step,
)
from lowbit_sim.mapping.mapping import ScratchpadMapping
from lowbit_sim.mapping.schedule import Step, schedule_of
from lowbit_sim.pe.base import Tile

INNER = schedule_of([(1, Step(0, 1, 0))])


def random_blocks(seed):
    """Return a place, a block shape, an order, and the steps of the code."""
    rng = random.Random(seed)
    place = random_place(rng, on_chip=rng.random() < 0.5)
    gemm = place.gemm
    m = gemm.m if gemm.on_chip else rng.randint(1, gemm.m)
    block, order = Tile(m, gemm.k, rng.randint(1, gemm.n)), rng.choice(["nm", "mn"])
    steps, last = [], None
    for now, shape in block_walk(gemm.whole, block, order):
        tile = candidates(place, shape, "weight")[0].tile
        mapping = ScratchpadMapping("weight", "nmk", tile)
        steps.append((shape, mapping, block_step(place, shape, mapping, now, last)))
        last = now
    return place, block, order, steps


@pytest.mark.parametrize("seed", range(150))
def test_block_by_block(seed):
    place, block, order, steps = random_blocks(seed)
    dram, sram = place.machine.dram, place.machine.shared_sram
    expected = walk_blocks(place, block, order)
    for (shape, mapping, step), (same, load, store) in zip(steps, expected, strict=True):
        assert shape == same
        assert (step.load_bits, step.store_bits) == (load, store)
        arriving = cycles_of(load, dram.read_bits_per_cycle, sram.write_bits_per_cycle)
        leaving = cycles_of(store, dram.write_bits_per_cycle, sram.read_bits_per_cycle)
        assert step.load_cycles == arriving + dram.latency_cycles * (load > 0)
        assert step.store_cycles == leaving + dram.latency_cycles * (store > 0)
        assert step.inner == block_schedule(place, shape, mapping)


@pytest.mark.parametrize("seed", range(40))
def test_blocks_in_flight_fit_what_the_mapper_demands(seed):
    place, block, _, steps = random_blocks(seed)
    gemm, sram = place.gemm, place.machine.shared_sram
    buffers = sram.buffers, sram.buffers
    runs = [(1, step) for _, _, step in steps]
    spans = cycle_by_cycle.pipeline(
        schedule_of(runs, buffers, shared_port=place.machine.dram.shared_port)
    )
    lives = []
    for index, (shape, _, step) in enumerate(steps):
        if step.load_bits:  # at worst it stays until the next load of its kind is computed with
            following = [i for i in range(index + 1, len(steps)) if steps[i][2].load_bits]
            end = spans.array.ended[(following or [len(steps)])[0] - 1]
            lives.append(("sram", step.load_bits, spans.loader.begun[index], end))
        if not gemm.on_chip:
            result_bits = gemm.batch * shape.m * shape.n * gemm.output.field_bits
            begun, stored = spans.array.begun[index], spans.storer.ended[index]
            lives.append(("sram", result_bits, begun, stored))
    needed = sram.buffers * block_bits(place, block.m, block.n)
    assert most_held_bits(lives)["sram"] <= needed


def test_actions_of_a_step_appear_on_both_sides():
    machine = make_machine()
    steps = (2, Step(1, 1, 1, load_bits=30, store_bits=20)), (1, Step(1, 1, 1, 10, 10))
    counts = dram_actions(machine, schedule_of(steps))
    assert dict(counts) == {
        "dram.read_bit": 70,
        "sram.write_bit": 70,
        "sram.read_bit": 50,
        "dram.write_bit": 50,
    }


@pytest.mark.parametrize(
    ("dram", "sram", "cycles"),
    [((8, 32), (64, 16), (10 + 13, 10 + 4)), ((64, 8), (16, 64), (10 + 7, 10 + 7))],
)
def test_the_narrower_port_sets_the_pace(dram, sram, cycles):
    machine = make_machine(
        dram={"read_bits_per_cycle": dram[0], "write_bits_per_cycle": dram[1]},
        sram={"write_bits_per_cycle": sram[0], "read_bits_per_cycle": sram[1]},
    )
    step = dram_step(machine, 100, 50, INNER)
    assert (step.load_cycles, step.store_cycles) == cycles


def test_nothing_to_move_takes_no_cycle():
    assert dram_step(make_machine(), 0, 0, INNER) == Step(0, 0, 0, inner=INNER)


def test_block_bits():
    machine = make_machine()
    # 4 × 6 ternary weights in 2 bit, 5 × 4 inputs and 5 × 6 results in 8 bit; three times
    batch = 3 * (4 * 6 * 2 + 5 * 4 * 8 + 5 * 6 * 8)
    assert block_bits(make_place(make_gemm(9, 4, 9, batch=3), machine), 5, 6) == batch
    on_chip = make_gemm(9, 4, 9, batch=3, on_chip=True)
    assert block_bits(make_place(on_chip, machine), 9, 6) == 3 * 4 * 6 * 2
    matmul = make_gemm(9, 4, 9, weight="int8", weights_are_activations=True, on_chip=True)
    assert block_bits(make_place(matmul, machine), 9, 9) == 0


def test_every_block_of_a_convolution_brings_its_halo():
    # 8 × 8 image, 3 × 3 kernel, 6 × 6 outputs; blocks of 2 output rows read 4 image rows
    gemm = make_conv_gemm(make_convolution(in_height=8, in_width=8))
    place = make_place(gemm, make_machine())
    loads = Counter()
    last = None
    for now, shape in block_walk(gemm.whole, Tile(12, gemm.k, 3), "nm"):
        mapping = ScratchpadMapping("weight", "nkm", shape)
        loads[now] = block_step(place, shape, mapping, now, last).load_bits
        last = now
    inputs_bits = 4 * 8 * 2 * 8
    weights_bits = gemm.stored_weight_bits(gemm.k, 3)
    assert loads == {
        (0, 0): inputs_bits + weights_bits,
        (1, 0): inputs_bits,
        (2, 0): inputs_bits,
    }
