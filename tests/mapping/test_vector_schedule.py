import random
from collections import defaultdict

import pytest
from cycle_by_cycle import every_step
from machines import make_hierarchy, make_machine, make_op
from tile_by_tile import pieces

from lowbit_sim.engines import closed_form
from lowbit_sim.mapping.mapper import Mapper, UnmappableError
from lowbit_sim.mapping.schedule import Step, TileSchedule
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule
from lowbit_sim.pe.vector_unit import OPERATIONS

KINDS = {  # adds, multiplies, specials of an input element
    "relu": (1, 0, 0),
    "layer_norm": (4, 3, 0),
    "softmax": (3, 1, 1),
    "add": (1, 0, 0),
    "avg_pool": (1, 0, 0),
    "mul": (0, 1, 0),
}
MAPPER = Mapper(closed_form.timing, defaultdict(lambda: 1.0), 0.0)


def mapped(place):
    return vector_schedule(place, MAPPER)


def width(op):
    return 32 if op.activation == "fp32" else 8


def random_vector(seed):
    rng = random.Random(seed)
    kind = rng.choice(sorted(KINDS))
    k = {"add": 2, "mul": 2, "avg_pool": rng.randint(1, 9)}.get(kind, 1)
    op = make_op(
        kind, kind, rng.randint(1, 20), rng.randint(1, 20), k=k,
        batch=rng.randint(1, 3), activation=rng.choice(["fp32", "int8"]),
        side_parameter_bits=rng.choice([0, 100]) if kind == "layer_norm" else 0,
    )  # fmt: skip
    lanes = rng.choice([1, 4, 7])
    least = 2 * lanes * (k * 32 + 8)
    hierarchy = rng.choice(["scratchpads", "separate", "bypassed"])
    memories = {
        name: {
            "capacity_bits": rng.randint(least, 6 * least),
            "read_bits_per_cycle": rng.choice([16, 100]),
            "write_bits_per_cycle": rng.choice([16, 100]),
            "shared_port": rng.random() < 0.5,
            "buffers": rng.choice([1, 2]),
            "banks": rng.choice([0, 1, 2]),
        }
        for name in ("sram", "unified", "inputs", "outputs")
    }
    dram = {
        "shared_port": rng.random() < 0.5,
        "latency_cycles": rng.randint(0, 9),
        "burst_bits": rng.choice([1, 64]),
        "row_bits": rng.choice([0, 100]),
        "row_miss_cycles": rng.choice([0, 3]),
        "read_bits_per_cycle": 32,
        "write_bits_per_cycle": 24,
    }
    machine = make_hierarchy(hierarchy, memories=memories, dram=dram, lanes=lanes)
    on_chip = machine.home is not None and rng.random() < 0.5
    crossing = rng.choice([0, op.input_elements * 8]), rng.random() < 0.5
    return VectorPlace(op, machine, on_chip, *crossing)


def moving_cycles(dram, near, bits, *, loads):
    """Count the cycles of one transfer between the DRAM and a memory at depth 1."""
    if not bits:
        return 0
    rows = -(-bits // dram.row_bits) if dram.row_bits else 0
    left = [-(-bits // dram.burst_bits) * dram.burst_bits, bits]
    rates = [dram.write_bits_per_cycle, near.read_bits_per_cycle]
    if loads:
        rates = [dram.read_bits_per_cycle, near.write_bits_per_cycle]
    cycles = 0
    while max(left) > 0:
        left = [bits - rate for bits, rate in zip(left, rates, strict=True)]
        cycles += 1
    return dram.latency_cycles + rows * dram.row_miss_cycles + cycles


def literal(place, block):
    """Return the schedule with so many outputs at depth 1 at once, without a repetition."""
    op, machine = place.op, place.machine
    source, sink = machine.path("input")[1], machine.path("output")[1]
    lanes, steps = machine.vector_unit.lanes, []
    for outputs in pieces(range(op.output_elements), block):
        chunks = []
        for chunk in pieces(outputs, lanes):
            read, written = len(chunk) * op.k * width(op), len(chunk) * 8
            chunks.append(
                Step(
                    -(-read // source.read_bits_per_cycle),
                    op.k * sum(KINDS[op.kind]),
                    -(-written // sink.write_bits_per_cycle),
                    read,
                    written,
                )
            )
        shared = source is sink and source.shared_port
        inner = TileSchedule(tuple(chunks), shared_port=shared)
        loaded = 0 if place.on_chip else len(outputs) * op.k * width(op)
        if not steps:
            loaded += op.side_parameter_bits
            loaded += place.input_from_dram_bits * place.on_chip
        stored = len(outputs) * 8 if place.output_to_dram or not place.on_chip else 0
        load = moving_cycles(machine.dram, source, loaded, loads=True)
        store = moving_cycles(machine.dram, sink, stored, loads=False)
        steps.append(Step(load, 0, store, loaded, stored, inner))
    buffers = [2 if m.buffers == 2 and m.banks != 1 else 1 for m in (source, sink)]
    shared = machine.dram.shared_port or (source is sink and source.shared_port)
    return TileSchedule(tuple(steps), *buffers, shared)


def fitting(place):
    op, machine = place.op, place.machine
    source, sink = machine.path("input")[1], machine.path("output")[1]
    for i in range(12):
        block = min(machine.vector_unit.lanes * 2**i, op.output_elements)
        needed = {source.name: 0, sink.name: 0}
        needed[source.name] += source.buffers * block * op.k * width(op)
        needed[sink.name] += sink.buffers * block * 8
        if all(needed[memory.name] <= memory.capacity_bits for memory in (source, sink)):
            yield block


@pytest.mark.parametrize("seed", range(120))
def test_the_quickest_block_chunk_by_chunk(seed):
    place = random_vector(seed)
    schedule, _ = mapped(place)
    blocks = [place.op.output_elements] if place.on_chip else list(fitting(place))
    every = [literal(place, block) for block in blocks]
    total = closed_form.timing(schedule).total_cycles
    assert total == min(closed_form.timing(one).total_cycles for one in every)
    steps = every_step(schedule.body)
    assert any(
        [flat(step) for step in steps] == [flat(step) for step in one.body]
        and schedule.shared_port == one.shared_port
        and (schedule.load_buffers, schedule.store_buffers) == (one.load_buffers, one.store_buffers)
        for one in every
    )


def flat(step):
    own = step.load_cycles, step.compute_cycles, step.store_cycles, step.load_bits, step.store_bits
    inner = step.inner and [flat(part) for part in every_step(step.inner.body)]
    return own, inner


@pytest.mark.parametrize("seed", range(120))
def test_bits_and_operations_are_conserved(seed):
    place = random_vector(seed)
    op, machine = place.op, place.machine
    schedule, actions = mapped(place)
    in_bits, out_bits = op.input_elements * width(op), op.batch * op.m * op.n * 8
    inner = [step.inner for step in every_step(schedule.body)]
    assert sum(part.load_bits for part in inner) == in_bits
    assert sum(part.store_bits for part in inner) == out_bits
    loaded = place.input_from_dram_bits if place.on_chip else in_bits
    loaded += op.side_parameter_bits
    stored = out_bits if place.output_to_dram or not place.on_chip else 0
    assert (schedule.load_bits, schedule.store_bits) == (loaded, stored)
    source, sink = machine.path("input")[1], machine.path("output")[1]
    expected = defaultdict(int, {"dram.read_bit": loaded, "dram.write_bit": stored})
    expected[f"{source.name}.write_bit"] += loaded
    expected[f"{source.name}.read_bit"] += in_bits
    expected[f"{sink.name}.write_bit"] += out_bits
    expected[f"{sink.name}.read_bit"] += stored
    for name, each in zip(("add", "multiply", "special"), KINDS[op.kind], strict=True):
        expected[f"vector.{name}"] = op.input_elements * each
    if machine.dram.row_bits:
        expected["dram.activate"] = sum(
            -(-bits // machine.dram.row_bits)
            for step in every_step(schedule.body)
            for bits in (step.load_bits, step.store_bits)
        )
    assert dict(actions) == {name: count for name, count in expected.items() if count}


def test_softmax_by_hand():
    # 5 × 7 = 35 outputs on 8 lanes: 4 chunks and 3 left; 3 + 1 + 1 cycles each; 64 bit a cycle
    machine = make_machine(lanes=8, sram={"read_bits_per_cycle": 64, "write_bits_per_cycle": 64})
    op = make_op("scores", "softmax", 5, 7, activation="fp32")
    schedule, _ = mapped(VectorPlace(op, machine, True, 0, False))
    (step,) = schedule.body
    chunks = [(s.load_cycles, s.compute_cycles, s.store_cycles) for s in step.inner.in_order()]
    assert chunks == 4 * [(4, 5, 1)] + [(2, 5, 1)]
    assert closed_form.timing(schedule).total_cycles == 4 + 5 * 5 + 1


def test_parameters_come_with_the_first_block():
    op = make_op("norm", "layer_norm", 4, 8, side_parameter_bits=2 * 8 * 32)
    for on_chip, bits in ((True, 512), (False, 512 + 4 * 8 * 8)):
        schedule, actions = mapped(VectorPlace(op, make_machine(), on_chip, 0, False))
        assert schedule.load_bits == actions["dram.read_bit"] == bits
        steps = every_step(schedule.body)
        assert steps[0].load_bits - 512 <= bits - 512
    stays, _ = mapped(VectorPlace(op, make_machine(), True, 0, False, parameters_stay=True))
    assert stays.load_bits == 0


@pytest.mark.parametrize("kind", ["add", "mul", "concat", "embedding"])
def test_parameters_that_are_inputs_come_once(kind):
    """Where activations are in the DRAM, whatever is read comes from there."""
    assert kind in OPERATIONS
    change = {"k": 2} if kind in ("add", "mul") else {}
    if kind == "embedding":
        change = {"weight": "int8", "parameter": "table", "table_rows": 99}
    op = make_op(kind, kind, 4, 8, side_parameter_bits=4 * 8 * 8, **change)
    read_bits = op.input_elements * 8
    schedule, _ = mapped(VectorPlace(op, make_machine(), False, 0, False))
    assert schedule.load_bits == read_bits
    schedule, _ = mapped(VectorPlace(op, make_machine(), True, 0, False))
    assert schedule.load_bits == 4 * 8 * 8


def test_fewer_outputs_than_lanes_fit():
    machine = make_machine(lanes=16, sram={"capacity_bits": 2 * 16 * 15})
    place = VectorPlace(make_op("act", "relu", 4, 8), machine, False, 0, False)
    with pytest.raises(UnmappableError, match=r"sram holds 15 outputs of a relu .* 16 lanes"):
        mapped(place)


def test_what_stays_in_a_memory_takes_room():
    machine = make_machine(lanes=16, sram={"capacity_bits": 1000})
    op = make_op("act", "relu", 4, 8)
    least = 2 * 16 * 16
    place = VectorPlace(op, machine, False, 0, False, reserved_bits={"sram": 1000 - least})
    schedule, _ = mapped(place)
    assert schedule.steps == 2
    with pytest.raises(UnmappableError, match="sram holds 15 outputs"):
        mapped(VectorPlace(op, machine, False, 0, False, reserved_bits={"sram": 1001 - least}))
