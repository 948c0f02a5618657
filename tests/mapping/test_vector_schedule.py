import random
from collections import Counter
from dataclasses import replace

import cycle_by_cycle
import pytest
from machines import make_machine, make_op
from tile_by_tile import cycles_of, pieces

from lowbit_sim.engines import closed_form
from lowbit_sim.mapping.dram_schedule import dram_step
from lowbit_sim.mapping.mapper import UnmappableError
from lowbit_sim.mapping.schedule import schedule_of
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule

KINDS = {  # adds, multiplies, specials of an input element
    "relu": (1, 0, 0),
    "layer_norm": (4, 3, 0),
    "softmax": (3, 1, 1),
    "add": (1, 0, 0),
    "avg_pool": (1, 0, 0),
}


def mapped(place):
    return vector_schedule(place, closed_form.timing)


def random_place(seed):
    rng = random.Random(seed)
    kind = rng.choice(sorted(KINDS))
    k = {"add": 2, "avg_pool": rng.randint(1, 9)}.get(kind, 1)
    op = make_op(
        kind, kind, rng.randint(1, 20), rng.randint(1, 20), k=k,
        batch=rng.randint(1, 3), activation=rng.choice(["fp32", "int8"]),
    )  # fmt: skip
    lanes = rng.choice([1, 4, 7])
    least = 2 * lanes * (k * 32 + 8)
    machine = make_machine(
        lanes=lanes,
        dram={"shared_port": rng.random() < 0.5},
        sram={
            "capacity_bits": rng.randint(least, 6 * least),
            "read_bits_per_cycle": rng.choice([16, 100]),
            "write_bits_per_cycle": rng.choice([16, 100]),
            "shared_port": rng.random() < 0.5,
        },
    )
    on_chip = rng.random() < 0.5
    crossing = rng.choice([0, op.input_elements * 8]), rng.random() < 0.5
    return VectorPlace(op, machine, on_chip, *crossing)


@pytest.mark.parametrize("seed", range(150))
def test_chunk_by_chunk(seed):
    place = random_place(seed)
    op, machine = place.op, place.machine
    sram = machine.shared_sram
    schedule, _ = mapped(place)
    in_width, out_width = 32 if op.activation == "fp32" else 8, 8
    outputs = done = 0
    for inner in cycle_by_cycle.every_step(schedule, schedule.inner):
        columns = zip(
            *(
                cycle_by_cycle.every_step(inner, column)
                for column in (inner.load_cycles, inner.compute_cycles, inner.store_cycles)
            ),
            *(cycle_by_cycle.every_step(inner, c) for c in (inner.load_bits, inner.store_bits)),
            strict=True,
        )
        for load, compute, store, in_bits, out_bits in columns:
            chunk = out_bits // out_width
            assert in_bits == chunk * op.k * in_width
            assert 0 < chunk <= machine.vector_unit.lanes
            assert load == cycles_of(in_bits, sram.read_bits_per_cycle)
            assert store == cycles_of(out_bits, sram.write_bits_per_cycle)
            assert compute == op.k * sum(KINDS[op.kind])
            outputs += chunk
            done += compute
    assert outputs == op.batch * op.m * op.n
    assert done * machine.vector_unit.lanes >= op.input_elements * sum(KINDS[op.kind])


@pytest.mark.parametrize("seed", range(150))
def test_bits_and_operations_are_conserved(seed):
    place = random_place(seed)
    op = place.op
    schedule, actions = mapped(place)
    in_bits = op.input_elements * (32 if op.activation == "fp32" else 8)
    out_bits = op.batch * op.m * op.n * 8
    inner = Counter()
    for times, part in zip(schedule.repeat, schedule.inner, strict=True):
        inner["load"] += times * part.total_load_bits
        inner["store"] += times * part.total_store_bits
    assert inner == {"load": in_bits, "store": out_bits}
    loaded = place.input_from_dram_bits if place.on_chip else in_bits
    stored = out_bits if place.output_to_dram or not place.on_chip else 0
    assert (schedule.total_load_bits, schedule.total_store_bits) == (loaded, stored)
    adds, multiplies, specials = (op.input_elements * each for each in KINDS[op.kind])
    expected = {
        "dram.read_bit": loaded,
        "dram.write_bit": stored,
        "sram.read_bit": in_bits + stored,
        "sram.write_bit": out_bits + loaded,
        "vector.add": adds,
        "vector.multiply": multiplies,
        "vector.special": specials,
    }
    assert dict(actions) == {name: count for name, count in expected.items() if count}


@pytest.mark.parametrize("seed", range(100))
def test_the_quickest_block_that_fits_twice(seed):
    place = random_place(seed)
    if place.on_chip:
        assert mapped(place)[0].steps == 1
        return
    op, machine = place.op, place.machine
    in_bits, out_bits = op.k * (32 if op.activation == "fp32" else 8), 8
    found = []
    for i in range(12):
        block = min(machine.vector_unit.lanes * 2**i, op.output_elements)
        if 2 * block * (in_bits + out_bits) > machine.shared_sram.capacity_bits:
            continue
        steps = []
        for outputs in map(len, pieces(op.output_elements, block)):
            width = {"m": 1, "batch": 1, "n": outputs}
            alone = VectorPlace(replace(op, **width), machine, True, 0, False)
            (inner,) = mapped(alone)[0].inner
            step = dram_step(machine, outputs * in_bits, outputs * out_bits, inner)
            steps.append((1, step))
        shared = machine.dram.shared_port
        tried = schedule_of(steps, shared_port=shared)
        found.append(closed_form.timing(tried).total_cycles)
    assert closed_form.timing(mapped(place)[0]).total_cycles == min(found)


def test_softmax_by_hand():
    # 5 × 7 = 35 outputs on 8 lanes: 4 chunks and 3 left; 3 + 1 + 1 cycles each; 64 bit a cycle
    machine = make_machine(lanes=8, sram={"read_bits_per_cycle": 64, "write_bits_per_cycle": 64})
    op = make_op("scores", "softmax", 5, 7, activation="fp32")
    schedule, _ = mapped(VectorPlace(op, machine, True, 0, False))
    (inner,) = schedule.inner
    assert (inner.repeat, inner.load_cycles, inner.store_cycles) == ((4, 1), (4, 2), (1, 1))
    assert closed_form.timing(schedule).total_cycles == 4 + 5 * 5 + 1


def test_parameters_come_with_the_first_block():
    op = make_op("norm", "layer_norm", 4, 8, side_parameter_bits=2 * 8 * 32)
    schedule, actions = mapped(VectorPlace(op, make_machine(), True, 0, False))
    assert schedule.total_load_bits == actions["dram.read_bit"] == 512


def test_fewer_outputs_than_lanes_fit():
    machine = make_machine(lanes=16, sram={"capacity_bits": 2 * 16 * 15})
    place = VectorPlace(make_op("act", "relu", 4, 8), machine, False, 0, False)
    with pytest.raises(UnmappableError, match=r"sram holds 15 outputs of a relu .* 16 lanes"):
        mapped(place)
