import itertools
import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from machines import make_gemm, make_machine, make_place, random_place
from tile_by_tile import walk_blocks

from lowbit_sim.actions import ActionCounts
from lowbit_sim.engines import closed_form
from lowbit_sim.mapping.block_schedule import block_actions, block_schedule
from lowbit_sim.mapping.dram_schedule import block_bits, dram_actions, dram_step
from lowbit_sim.mapping.mapper import Mapper, UnmappableError
from lowbit_sim.mapping.mapping import LOOP_ORDERS, ScratchpadMapping
from lowbit_sim.mapping.schedule import schedule_of
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.ternary_adder import TernaryAdder


def prices(rng):
    """Return a price for every action, drawn when it is first asked for."""
    return defaultdict(lambda: rng.choice([0.5, 1.0, 3.0, 20.0]))


def total_pj(price, actions):
    return sum(price[name] * actions[name] for name in actions)


def doubled(unit, total):
    return sorted({min(unit * 2**i, total) for i in range(10)})


def fitting_tiles(place, block):
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    for m, k, n in itertools.product(
        doubled(pe.rows, block.m), doubled(pe.rows, block.k), doubled(pe.cols, block.n)
    ):
        bits = {
            "weight": k * n * gemm.held_weight_bits,
            "input": m * k * gemm.activation.field_bits,
            "output": m * n * pe.accumulator_bits,
        }
        pads = {operand: machine.scratchpad(operand) for operand in bits}
        if all(b * pads[o].buffers <= pads[o].capacity_bits for o, b in bits.items()):
            yield Tile(m, k, n)


def every_mapping(place, price):
    """Yield (cycles, price, whether each block takes its fewest cycles) of the stated space."""
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    sram = machine.shared_sram
    ms = [gemm.m] if gemm.on_chip else doubled(pe.rows, gemm.m)
    resident_weights = gemm.on_chip and gemm.weights_are_activations
    ns = [gemm.n] if resident_weights else doubled(pe.cols, gemm.n)
    for m, n, order, stationary in itertools.product(ms, ns, ("nm", "mn"), ("weight", "output")):
        if sram.buffers * block_bits(place, m, n) > sram.capacity_bits:
            continue
        walk = walk_blocks(place, Tile(m, gemm.k, n), order)
        shapes = sorted({shape for shape, _, _ in walk}, key=str)
        choices = []
        for shape in shapes:
            mappings = [
                ScratchpadMapping(stationary, loop, tile)
                for tile in fitting_tiles(place, shape)
                for loop in LOOP_ORDERS
            ]
            # equal schedules and actions are one choice
            choices.append(
                list(
                    {
                        (block_schedule(place, shape, x), block_actions(place, shape, x)): 0
                        for x in mappings
                    }
                )
            )
        least = [min(total_cycles(schedule) for schedule, _ in found) for found in choices]
        array = pe.actions(gemm.batch, gemm.whole, gemm.weight, gemm.activation, stationary, None)
        for combination in itertools.product(*choices):
            chosen = dict(zip(shapes, combination, strict=True))
            steps, actions = [], array
            for shape, load, store in walk:
                inner, inside = chosen[shape]
                steps.append((1, dram_step(machine, load, store, inner)))
                actions += inside
            schedule = schedule_of(
                steps, (sram.buffers, sram.buffers), shared_port=machine.dram.shared_port
            )
            quickest = [total_cycles(schedule) for schedule, _ in combination] == least
            actions += dram_actions(machine, schedule)
            yield total_cycles(schedule), total_pj(price, actions), quickest


def total_cycles(schedule):
    return closed_form.timing(schedule).total_cycles


def small_place(rng):
    """Return a place of several tiles and blocks, with few mappings in all."""
    shape = [rng.randint(1, 8) for _ in range(3)]
    place = random_place(rng, shape, on_chip=rng.random() < 0.4)
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    m = gemm.m if gemm.on_chip else min(gemm.m, pe.rows)
    least = block_bits(place, m, min(gemm.n, pe.cols)) * machine.shared_sram.buffers
    capacity = max(1, rng.choice([1, 2, 4]) * least)
    return make_place(gemm, with_sram(machine, capacity_bits=capacity))


def with_sram(machine, **change):
    return with_memory(machine, 1, **change)


def with_memory(machine, index, **change):
    memories = list(machine.memories)
    memories[index] = replace(memories[index], **change)
    return replace(machine, memories=tuple(memories))


@pytest.mark.parametrize("seed", range(60))
def test_nothing_in_the_stated_space_is_better(seed):
    rng = random.Random(seed)
    place, price = small_place(rng), prices(rng)
    mapped = Mapper(closed_form.timing, price, 0).map(place)
    cycles = total_cycles(mapped.schedule)
    stationary = mapped.mapping.scratchpad[0].stationary
    gemm = place.gemm
    array = place.array.pe.actions(
        gemm.batch, gemm.whole, gemm.weight, gemm.activation, stationary, None
    )
    found = list(every_mapping(place, price))
    assert cycles == min(found)[0]
    alike = [pj for c, pj, quickest in found if c == cycles and quickest]
    assert total_pj(price, mapped.actions + array) == pytest.approx(min(alike))


@pytest.mark.parametrize("seed", range(100))
def test_bits_are_conserved_between_schedules_and_actions(seed):
    rng = random.Random(500 + seed)
    place = small_place(rng)
    mapped = Mapper(closed_form.timing, prices(rng), 0).map(place)
    schedule, actions = mapped.schedule, mapped.actions
    inner = Counter()
    for times, part in zip(schedule.repeat, schedule.inner, strict=True):
        inner["load"] += times * part.total_load_bits
        inner["store"] += times * part.total_store_bits
    assert actions["dram.read_bit"] == schedule.total_load_bits
    assert actions["dram.write_bit"] == schedule.total_store_bits
    assert actions["sram.write_bit"] == schedule.total_load_bits + inner["store"]
    assert actions["sram.read_bit"] == schedule.total_store_bits + inner["load"]
    gemm = place.gemm
    assert actions["vector.multiply"] == gemm.batch * gemm.m * gemm.n
    if not (gemm.on_chip and gemm.weights_are_activations):
        assert actions["dram.read_bit"] >= gemm.stored_parameter_bits(gemm.n)
    if gemm.on_chip:
        assert actions["dram.write_bit"] == 0


@pytest.mark.parametrize("seed", range(10))
def test_the_same_question_has_the_same_answer(seed):
    rng = random.Random(seed)
    place, price = small_place(rng), prices(rng)
    first = Mapper(closed_form.timing, price, 0).map(place)
    for cache in (block_schedule, block_actions, closed_form.timing):
        cache.cache_clear()
    assert Mapper(closed_form.timing, price, 0).map(place) == first


def test_at_equal_cycles_the_price_decides():
    # one fold of 2 × 2 × 2: both operands can stay in the same cycles
    place = make_place(make_gemm(2, 2, 2), make_machine())
    for dear, stays in (("weights.read_bit", "weight"), ("adder.add", "weight")):
        price = defaultdict(float, {dear: 1.0})
        mapped = Mapper(closed_form.timing, price, 0).map(place)
        assert mapped.mapping.scratchpad[0].stationary == stays
    # weights that stay are not passed on from PE to PE
    price = defaultdict(float, {"register.write_bit": 1.0})
    mapped = Mapper(closed_form.timing, price, 0).map(place)
    assert mapped.mapping.scratchpad[0].stationary == "weight"


def test_a_scratchpad_below_one_fold():
    machine = make_machine(weight={"capacity_bits": 15})
    with pytest.raises(UnmappableError, match=r"no tile fits .* 2 × 2; weights 15 bit / 2 buffers"):
        map_it(make_place(make_gemm(8, 8, 8), machine))


def test_a_block_above_the_shared_sram():
    # the least block: 8 · 2 weights of 2 bit, 2 · 8 inputs and 2 · 2 results of 8 bit = 192 bit
    place = make_place(make_gemm(8, 8, 8), make_machine(sram={"capacity_bits": 383}))
    with pytest.raises(
        UnmappableError, match=r"needs 384 bit \(2 buffers\), 383 bit are free of 383"
    ):
        map_it(place)
    place = make_place(make_gemm(8, 8, 8), make_machine(sram={"capacity_bits": 384}))
    assert map_it(place).mapping.block == Tile(2, 8, 2)


def test_resident_activations_take_room():
    # on the chip a block is its weights: 8 · 2 · 2 bit in two buffers
    gemm = make_gemm(8, 8, 8, on_chip=True)
    place = make_place(gemm, make_machine(sram={"capacity_bits": 1000}))
    assert map_it(place, resident_bits=1000 - 64).mapping.block == Tile(8, 8, 2)
    with pytest.raises(UnmappableError, match="63 bit are free of 1,000"):
        map_it(place, resident_bits=1000 - 63)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": {"read_bits_per_cycle": 15}}, "inputs reads 15 bit/cycle; .* needs 16 bit"),
        ({"weight": {"read_bits_per_cycle": 3}}, "weights reads 3 bit/cycle; .* needs 4 bit"),
        ({"output": {"write_bits_per_cycle": 31}}, "outputs writes 31 bit/cycle; .* needs 32 bit"),
        ({"output": {"read_bits_per_cycle": 31}}, "outputs reads 31 bit/cycle; .* needs 32 bit"),
    ],
)
def test_a_scratchpad_that_starves_the_array(change, message):
    with pytest.raises(UnmappableError, match=message):
        map_it(make_place(make_gemm(8, 8, 8), make_machine(**change)))


def test_sums_that_never_come_back_need_no_wide_read_port():
    machine = make_machine(output={"read_bits_per_cycle": 1})
    assert map_it(make_place(make_gemm(8, 2, 8), machine)).actions["outputs.read_bit"] == 8 * 8 * 16


def test_a_batch_has_weights_of_its_own():
    one, three = (
        map_it(make_place(make_gemm(4, 4, 4, batch=batch), make_machine())).actions
        for batch in (1, 3)
    )
    assert three == one * 3
    assert isinstance(three, ActionCounts)


def test_a_wider_array_is_used():
    wide = make_machine(pe=TernaryAdder(4, 8, accumulator_bits=16))
    narrow = make_machine()
    gemm = make_gemm(8, 8, 8)
    assert total_cycles(map_it(make_place(gemm, wide)).schedule) < total_cycles(
        map_it(make_place(gemm, narrow)).schedule
    )


def map_it(place, resident_bits=0):
    return Mapper(closed_form.timing, defaultdict(lambda: 1.0), resident_bits).map(place)
