"""Operators at once, worked out by hand: which port and which unit is whose at which cycle."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from machines import make_op, make_workload
from made import pricing, two_branches
from schedules import random_schedule

from lowbit_sim.actions import ActionCounts
from lowbit_sim.engines import event_driven
from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.overlap import overlapped


def schedule(*steps, shared=False, times=1):
    return TileSchedule((Repeat(times, tuple(Step(*step) for step in steps)),), shared_port=shared)


def at_once(*tasks, pairs=(), records=False):
    """Run tasks (name, unit, schedule) that read each other as the pairs of names say."""
    ops = [make_op(name, "add", 2, 4, k=2) for name, _, _ in tasks]
    mapped = [
        MappedOp(op, unit, None, steps, ActionCounts({}))
        for op, (_, unit, steps) in zip(ops, tasks, strict=True)
    ]
    found = overlapped(make_workload(ops, list(pairs)), mapped, records=records)
    assert list(found) == sorted(found, key=lambda name: found[name].end_cycles)
    return found


def when(found):
    return {name: (one.begin_cycles, one.end_cycles) for name, one in found.items()}


def test_two_units_overlap_by_hand():
    # the load port:  a 0-2, b 2-5;  a computes 2-12, b 5-9;  the store port:  b 9-10, a 12-13
    a, b = schedule((2, 10, 1)), schedule((3, 4, 1))
    found = at_once(("a", "adders", a), ("b", "vector_unit", b))
    assert when(found) == {"a": (0, 13), "b": (0, 10)}


def test_one_unit_does_one_operator_at_a_time():
    # b asks for nothing before a's last store has ended at 13
    a, b = schedule((2, 10, 1)), schedule((3, 4, 1))
    found = at_once(("a", "adders", a), ("b", "adders", b))
    assert when(found) == {"a": (0, 13), "b": (13, 21)}


@pytest.mark.parametrize(("shared", "ends"), [(False, (11, 17)), (True, (12, 22))])
def test_a_shared_dram_port_serialises_by_hand(shared, ends):
    """Two ports: a stores 5-11 while b loads 6-10. One: b's first load 2-6 delays a's store.

    One port: a load 0-2, b load 2-6, a store 6-12 (asked for at 5), b load 12-16 (asked for at
    6), b store 16-17 (asked for at 11); b computes 16-21 and stores 21-22.
    """
    a = schedule((2, 3, 6), shared=shared)
    b = schedule((4, 5, 1), shared=shared, times=2)
    found = at_once(("a", "adders", a), ("b", "vector_unit", b))
    assert (found["a"].end_cycles, found["b"].end_cycles) == ends


def test_who_reads_waits_and_who_reads_the_same_does_not():
    source, reader = schedule((0, 5, 0)), schedule((0, 7, 0))
    found = at_once(
        ("a", "adders", source),
        ("b", "vector_unit", reader),
        ("c", "macs", reader),
        ("d", "vector_unit", source),
        pairs=[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")],
    )
    assert when(found) == {"a": (0, 5), "b": (5, 12), "c": (5, 12), "d": (12, 17)}


def test_waits_pass_through_what_takes_no_time():
    ops = [
        make_op("image", "input", 2, 4),
        make_op("a", "relu", 2, 4),
        make_op("leaves", "output", 2, 4),
        make_op("b", "relu", 2, 4),
    ]
    workload = make_workload(ops)  # each reads the one before
    steps = schedule((1, 3, 1))
    mapped = [
        MappedOp(workload.op(name), unit, None, steps, ActionCounts({}))
        for name, unit in (("a", "one"), ("b", "other"))
    ]
    assert when(overlapped(workload, mapped)) == {"a": (0, 5), "b": (5, 10)}


@pytest.mark.parametrize("seed", range(60))
def test_a_chain_takes_the_sum(seed):
    rng = random.Random(seed)
    shared = rng.random() < 0.5
    tasks = [
        (f"op{i}", rng.choice(["adders", "vector_unit"]), random_schedule(rng, shared=shared))
        for i in range(rng.randint(1, 5))
    ]
    names = [name for name, _, _ in tasks]
    found = at_once(*tasks, pairs=pairwise(names))
    now = 0
    for name, _, steps in tasks:
        assert found[name].begin_cycles == now
        now += event_driven.timing(steps).total_cycles
        assert found[name].end_cycles == now


@pytest.mark.parametrize("seed", range(60))
def test_no_order_is_broken_and_no_unit_is_in_two_places(seed):
    rng = random.Random(seed)
    shared = rng.random() < 0.5
    units = ["adders", "macs", "vector_unit"]
    tasks = [(f"op{i}", rng.choice(units), random_schedule(rng, shared=shared)) for i in range(6)]
    names = [name for name, _, _ in tasks]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if rng.random() < 0.3]
    found = at_once(*tasks, pairs=pairs, records=True)
    assert all(found[a].end_cycles <= found[b].begin_cycles for a, b in pairs)
    for unit in {unit for _, unit, _ in tasks}:
        runs = sorted(when({n: found[n] for n, on, _ in tasks if on == unit}).values())
        assert all(one[1] <= other[0] for one, other in pairwise(runs))
    ports = {"load": [], "store": []}
    for name, _, steps in tasks:
        one = found[name]
        lasted = one.end_cycles - one.begin_cycles
        assert lasted >= event_driven.timing(steps).total_cycles
        assert max(span.end_cycles for span in one.spans) <= one.end_cycles
        assert min(span.begin_cycles for span in one.spans) >= one.begin_cycles
        for span in one.spans:
            if span.stage != "compute":
                ports["load" if shared else span.stage].append((span.begin_cycles, span.end_cycles))
    for transfers in ports.values():
        ordered = sorted(transfers)
        assert all(one[1] <= other[0] for one, other in pairwise(ordered))


def test_a_machine_runs_operators_at_once_only_if_it_says_so_and_events_make_the_cycles():
    given, priced = two_branches(), pricing()
    at_once = replace(priced, machine=replace(priced.machine, concurrent=True))
    alone = simulate(given, priced, "event_driven").results[0]
    closed = simulate(given, at_once, "closed_form").results[0]
    events = simulate(given, at_once, "event_driven").results[0]
    assert alone.total_cycles == closed.total_cycles == alone.cost.timing.total_cycles
    assert not closed.overlaps
    assert events.overlaps
    layer, norm, added = events.layers
    assert layer.begin_cycles == norm.begin_cycles == 0
    assert added.begin_cycles == max(layer.end_cycles, norm.end_cycles)
    assert events.total_cycles < alone.total_cycles
    # the same work, but the chip leaks for a shorter time
    assert events.cost.energy_pj == alone.cost.energy_pj
    ratio = events.total_cycles / alone.total_cycles
    leaked = [r.energy_pj_by_component["leakage"] for r in (events, alone)]
    assert leaked[0] == pytest.approx(ratio * leaked[1])
