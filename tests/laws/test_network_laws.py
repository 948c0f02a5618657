"""What must hold of a whole network on a machine."""

import random
from collections import defaultdict
from itertools import pairwise

import pytest
from machines import make_hierarchy, make_machine, make_op, make_workload, with_memory

from lowbit_sim.engines import closed_form, event_driven
from lowbit_sim.mapping.mapper import Mapper, UnmappableError
from lowbit_sim.mapping.network import NetworkMapper
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.workload.parameters import parameter_bits

ONE_EACH = defaultdict(lambda: 1.0)
SEEDS = pytest.mark.parametrize("seed", range(12))
WIDE = PEArray(TernaryAdder(), 2, 2, 24)


def network(machine, objective="cycles"):
    return NetworkMapper(machine, Mapper(closed_form.timing, ONE_EACH, 0.0, objective))


def run(workload, machine, objective="cycles", **given):
    return network(machine, objective).map(workload, **given)


def cycles(mapped):
    return sum(closed_form.timing(op.schedule).total_cycles for op in mapped.ops)


def counts(mapped):
    """Add up the actions of all operators."""
    total = defaultdict(int)
    for op in mapped.ops:
        for name in op.actions:
            total[name] += op.actions[name]
    return dict(total)


def random_machine(rng, **change):
    name = rng.choice(["scratchpads", "bypassed", "shared", "separate"])
    memories = {
        memory: {"capacity_bits": 1 << 22, "buffers": rng.choice([1, 2])}
        for memory in ("sram", "unified", "weights", "inputs", "outputs", "sums")
    }
    dram = {
        "read_bits_per_cycle": rng.choice([8, 64]),
        "write_bits_per_cycle": rng.choice([8, 64]),
        "latency_cycles": rng.choice([0, 10, 50]),
        "shared_port": rng.random() < 0.5,
    }
    return make_hierarchy(name, dram=dram, memories=memories, pe=WIDE, **change)


def layer(rng, name, m, k):
    """Return a layer that reads m × k elements, and its width."""
    kind = rng.choice(["linear", "linear", "relu", "softmax"])
    if kind == "linear":
        n = rng.randint(1, 6)
        return make_op(name, kind, m, n, k=k, side_parameter_bits=n * rng.choice([0, 64])), n
    return make_op(name, kind, m, k), k


def chain(rng, prefix, depth=3):
    """Return the operators of a small network, one after another."""
    m, width = rng.randint(1, 4), rng.randint(1, 6)
    ops = [make_op(f"{prefix}.input", "input", m, width)]
    for index in range(depth):
        op, width = layer(rng, f"{prefix}.{index}", m, width)
        ops.append(op)
    return ops


def pairs_of(ops):
    return list(pairwise(op.name for op in ops))


@SEEDS
def test_the_order_of_independent_operators_changes_nothing(seed):
    """Two branches behind one operator, in any order that keeps what depends on what.

    On memories where everything has room, and with no network input that both of them read.
    """
    rng = random.Random(seed)
    machine = random_machine(rng)
    root = [make_op("input", "input", 3, 4), make_op("stem", "linear", 3, 5, k=4)]
    ops, pairs = [], [("input", "stem")]
    for name in ("left", "right"):
        before, width = "stem", 5
        branch = []
        for index in range(2):
            op, width = layer(rng, f"{name}.{index}", 3, width)
            branch.append(op)
            pairs.append((before, op.name))
            before = op.name
        ops.append(branch)
    left, right = ops
    orders = [left + right, right + left, [left[0], right[0], left[1], right[1]]]
    found = [run(make_workload(root + order, pairs), machine) for order in orders]
    assert len({cycles(mapped) for mapped in found}) == 1
    assert counts(found[0]) == counts(found[1]) == counts(found[2])
    each = [{op.op.name: closed_form.timing(op.schedule) for op in one.ops} for one in found]
    assert each[0] == each[1] == each[2]


def test_whoever_reads_the_networks_input_first_pays_for_it():
    """So the order of two of its readers may change cycles: not a law."""
    ops = [
        make_op("input", "input", 8, 16),
        make_op("wide", "linear", 8, 16, k=16),
        make_op("narrow", "relu", 8, 16),
    ]
    pairs = [("input", "wide"), ("input", "narrow")]
    machine = make_machine(dram={"read_bits_per_cycle": 8, "latency_cycles": 100})
    mapper = network(machine)
    reserved = {"sram": 8 * 16 * 8 * 3}
    totals = []
    for order in (ops, [ops[0], ops[2], ops[1]]):
        mapped = mapper._ops(make_workload(order, pairs), {}, reserved, True, False)
        totals.append(sum(closed_form.timing(op.schedule).total_cycles for op in mapped))
        bits = sum(op.actions["dram.read_bit"] for op in mapped)
        assert bits == 8 * 16 * 8 + 16 * 16 * 2
    assert totals[0] != totals[1]


@SEEDS
def test_two_networks_one_after_the_other_cost_what_both_cost(seed):
    """Or less: where activations are kept in the same place, to the cycle and the action."""
    rng = random.Random(seed)
    machine = random_machine(rng)
    one, other = chain(rng, "one"), chain(rng, "other")
    alone = [run(make_workload(ops), machine) for ops in (one, other)]
    joined = run(make_workload(one + other, pairs_of(one) + pairs_of(other)), machine)
    total = sum(map(cycles, alone))
    if {mapped.activations_on_chip for mapped in alone} == {joined.activations_on_chip}:
        assert cycles(joined) == total
        together = defaultdict(int)
        for mapped in alone:
            for name, count in counts(mapped).items():
                together[name] += count
        assert counts(joined) == together
    assert cycles(joined) >= total


def test_networks_that_keep_activations_elsewhere_may_cost_more_together():
    """One is quicker if activations pass the DRAM, as it begins before all its input is there.

    Together they must agree on one way: so "the sum or less" is no law for two that do not.
    """
    one = [make_op("one.input", "input", 64, 4), make_op("one.fc", "linear", 64, 4, k=4)]
    other = [
        make_op("other.input", "input", 4, 8),
        make_op("other.a", "linear", 4, 8, k=8),
        make_op("other.b", "linear", 4, 8, k=8),
    ]
    dram = {"read_bits_per_cycle": 8, "write_bits_per_cycle": 64, "latency_cycles": 0}
    machine = make_machine(pe=WIDE, dram=dram)
    alone = [run(make_workload(ops), machine) for ops in (one, other)]
    assert [mapped.activations_on_chip for mapped in alone] == [False, True]
    joined = run(make_workload(one + other, pairs_of(one) + pairs_of(other)), machine)
    assert cycles(joined) > sum(map(cycles, alone))


@SEEDS
def test_a_network_that_reads_on_costs_no_more_than_both_alone(seed):
    """The second reads what the first has made: nothing in between need leave the chip."""
    rng = random.Random(seed)
    machine = random_machine(rng)
    m, width = 3, 4
    first, second = [make_op("input", "input", m, width)], []
    for index in range(2):
        op, width = layer(rng, f"a{index}", m, width)
        first.append(op)
    again = [make_op("again", "input", m, width)]
    for index in range(2):
        op, width = layer(rng, f"b{index}", m, width)
        second.append(op)
    mapper = network(machine)
    for on_chip in {machine.home is not None, False}:

        def total(ops, on_chip=on_chip):
            mapped = mapper._ops(make_workload(ops), {}, {}, on_chip, False)
            bits = sum(op.actions["dram.read_bit"] + op.actions["dram.write_bit"] for op in mapped)
            return sum(closed_form.timing(op.schedule).total_cycles for op in mapped), bits

        chained, one, two = total(first + second), total(first), total(again + second)
        between = 2 * first[-1].output_bits if on_chip else 0
        assert chained[1] == one[1] + two[1] - between
        assert chained[0] <= one[0] + two[0]


@SEEDS
def test_more_memory_is_never_slower(seed):
    rng = random.Random(seed)
    workload = make_workload(chain(rng, "net"))
    machine = random_machine(rng)
    tight = rng.randint(600, 3000)
    machine = with_memory(machine, 1, capacity_bits=tight)
    try:
        least = cycles(run(workload, machine))
    except UnmappableError:
        return
    for factor in (2, 3, 10):
        assert cycles(run(workload, with_memory(machine, 1, capacity_bits=factor * tight))) <= least
    quick = with_memory(machine, 0, read_bits_per_cycle=512, latency_cycles=0)
    assert cycles(run(workload, quick)) <= least


@SEEDS
def test_weights_that_stay_do_not_come_again(seed):
    rng = random.Random(seed)
    workload = make_workload(chain(rng, "net"))
    machine = make_machine(pe=WIDE, sram={"capacity_bits": 1 << 22})
    comes = run(workload, machine, "energy")
    stays = run(workload, machine, "energy", weights_stay=True)
    assert stays.weights_on_chip
    assert comes.activations_on_chip
    assert stays.activations_on_chip
    difference = counts(comes).get("dram.read_bit", 0) - counts(stays).get("dram.read_bit", 0)
    assert difference >= parameter_bits(workload, "whole_field") - padded_bits(workload)
    for name in ("dram.write_bit", "adder.add", "vector.add", "vector.multiply"):
        assert counts(comes).get(name, 0) == counts(stays).get(name, 0)


def padded_bits(workload):
    """Return what packing may leave empty: less than a byte of every tensor."""
    return 8 * len(workload.ops)


@SEEDS
def test_every_multiplication_is_done(seed):
    rng = random.Random(seed)
    workload = make_workload(chain(rng, "net", depth=4))
    mapped = run(workload, random_machine(rng))
    done = counts(mapped)
    assert done.get("adder.add", 0) + done.get("adder.skip", 0) == workload.macs
    products = sum(op.output_elements for op in workload.ops if op.is_gemm)
    assert done.get("vector.multiply", 0) >= products
    for op in mapped.ops:
        if closed_form.is_exact(op.schedule):
            assert closed_form.timing(op.schedule) == event_driven.timing(op.schedule)
