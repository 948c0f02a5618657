import random

import numpy as np
import pytest
from machines import (
    make_gemm,
    make_hierarchy,
    make_machine,
    make_op,
    make_place,
    rates_of_many,
    with_other_rates,
)

from lowbit_sim.engines.closed_form import timing
from lowbit_sim.explore.kept import table_kept, vector_kept
from lowbit_sim.explore.tables import table_of
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule

DRAM = {"row_bits": 1024, "row_miss_cycles": 3, "burst_bits": 64}


def test_a_table_is_made_once_and_again_for_what_differs():
    rng = random.Random(0)
    machine = make_machine()
    machines = [with_other_rates(rng, machine) for _ in range(3)]
    place, rates = make_place(make_gemm(5, 7, 9), machine), rates_of_many(machines)
    found = table_kept(place, "weight", rates)
    direct = table_of(place, "weight", rates)
    assert np.array_equal(found.cycles, direct.cycles)
    assert np.array_equal(found.moved_bits, direct.moved_bits)
    assert np.array_equal(found.needed_bits, direct.needed_bits)
    assert (
        table_kept(make_place(make_gemm(5, 7, 9), machine), "weight", rates_of_many(machines))
        is found
    )
    others = [
        (place, "output", rates),
        (place, "weight", rates_of_many(machines[::-1])),
        (place, "weight", rates_of_many(machines[:2])),
        (make_place(make_gemm(5, 7, 8), machine), "weight", rates),
        (make_place(make_gemm(5, 7, 9, on_chip=True), machine), "weight", rates),
    ]
    for asked in others:
        other, direct = table_kept(*asked), table_of(*asked)
        assert other is not found
        assert np.array_equal(other.cycles, direct.cycles)


@pytest.mark.parametrize("seed", range(12))
def test_a_vector_operator_at_each_rate_is_that_machines_own(seed):
    rng = random.Random(seed)
    kind = rng.choice(["relu", "softmax", "add", "layer_norm"])
    op = make_op("op", kind, rng.randint(1, 30), rng.randint(1, 30), k=2 if kind == "add" else 1,
                 side_parameter_bits=100 if kind == "layer_norm" else 0)  # fmt: skip
    dram = {**DRAM, "shared_port": rng.random() < 0.5}
    machine = make_hierarchy(
        rng.choice(["scratchpads", "separate", "bypassed"]), dram=dram, lanes=rng.choice([1, 4])
    )
    machines = [with_other_rates(rng, machine) for _ in range(5)]
    machines.append(machines[0])
    on_chip = machine.home is not None and rng.random() < 0.5
    around = (on_chip, 100 * on_chip, rng.random() < 0.5, rng.random() < 0.5)
    cycles, actions = vector_kept(VectorPlace(op, machine, *around), rates_of_many(machines))
    assert cycles.shape == (6,)
    for took, one in zip(cycles, machines, strict=True):
        place = VectorPlace(op, one, *around)
        schedule, counts = vector_schedule(place, Mapper(timing, {}, 0.0))
        assert took == timing(schedule).total_cycles
        told = {name: counts[name] for name in counts if name != "dram.activate"}
        assert {name: actions[name] for name in actions} == told


def test_less_room_is_never_quicker_and_moves_the_same():
    """What is kept is of the largest memories: from below for every smaller one."""
    op = make_op("op", "relu", 30, 30)
    largest = make_machine(dram=DRAM, sram={"capacity_bits": 1 << 20})
    (took,), actions = vector_kept(
        VectorPlace(op, largest, False, 0, True), rates_of_many([largest])
    )
    slower = 0
    for capacity_bits in (1 << 8, 1 << 10, 1 << 14):
        small = make_machine(dram=DRAM, sram={"capacity_bits": capacity_bits})
        place = VectorPlace(op, small, False, 0, True)
        schedule, counts = vector_schedule(place, Mapper(timing, {}, 0.0))
        assert took <= timing(schedule).total_cycles
        slower += took < timing(schedule).total_cycles
        assert {name: counts[name] for name in actions} == {n: actions[n] for n in actions}
    assert slower


def test_the_operators_name_and_the_other_memories_do_not_matter():
    machine = make_machine()
    narrow = make_machine(weight={"read_bits_per_cycle": 8, "capacity_bits": 100})
    one, other = make_op("one", "relu", 9, 9), make_op("other", "relu", 9, 9)
    cycles, actions = vector_kept(
        VectorPlace(one, machine, False, 0, True), rates_of_many([machine])
    )
    same = vector_kept(VectorPlace(other, narrow, False, 0, True), rates_of_many([narrow]))
    assert same[0].tolist() == cycles.tolist()
    assert same[1] is actions  # found, not made again


def test_where_not_one_output_for_every_lane_fits():
    machine = make_machine(sram={"capacity_bits": 100})
    place = VectorPlace(make_op("op", "relu", 9, 9), machine, False, 0, True)
    with pytest.raises(UnmappableError, match="at once, the vector unit has 4 lanes"):
        vector_kept(place, rates_of_many([machine]))
