import json
from dataclasses import replace
from functools import cache
from itertools import groupby, pairwise

import pytest
from machines import make_machine, make_memory
from made import pricing, small_study, two_branches

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.engines.roofline import busy_cycles
from lowbit_sim.report.timeline import boundary_tracks, timeline, trace_text
from lowbit_sim.study.overlap import overlapped

MACHINE = pricing().machine


@cache
def result(**change):
    return small_study(**change).results[0]


@cache
def ran_at_once():
    """Return the operators at once, and when their stages ran."""
    found = result(at_once=True, engine="event_driven", features=256)
    mapped = [layer.mapped for layer in found.layers]
    return found, overlapped(two_branches(256).workloads[0], mapped, records=True)


def by_track(found):
    return {
        track: sorted((event.begin_cycles, event.end_cycles) for event in events)
        for track, events in groupby(
            sorted(found.events, key=lambda event: event.track), key=lambda event: event.track
        )
    }


@cache
def drawn(name):
    if name == "one by one":
        return timeline(result(features=256), MACHINE, {}), result(features=256)
    found, ran = ran_at_once()
    machine = replace(MACHINE, concurrent=True)
    return timeline(found, machine, ran), found


BOTH = pytest.mark.parametrize("name", ["one by one", "at once"])


@BOTH
def test_on_one_track_nothing_overlaps(name):
    for events in by_track(drawn(name)[0]).values():
        assert all(begin < end for begin, end in events)
        assert all(one[1] <= other[0] for one, other in pairwise(events))


@BOTH
def test_there_is_a_track_for_each_unit_and_each_boundarys_direction(name):
    units = {"adders", "adders at work", "vector_unit", "vector_unit at work"}
    outer = {"dram → shared_sram", "dram ← shared_sram"}
    inner = {"shared_sram → scratchpads", "shared_sram ← scratchpads"}
    vector = {"shared_sram → vector unit", "shared_sram ← vector unit"}
    assert set(drawn(name)[0].tracks) == units | outer | inner | vector


@BOTH
def test_it_lasts_from_the_first_request_to_the_last_store(name):
    found, simulated = drawn(name)
    assert min(event.begin_cycles for event in found.events) == 0
    assert max(event.end_cycles for event in found.events) == simulated.total_cycles
    for layer in simulated.layers:
        whole = [e for e in found.events if e.name == layer.mapped.op.name]
        assert [(e.begin_cycles, e.end_cycles) for e in whole] == [
            (layer.begin_cycles, layer.end_cycles)
        ]
        stages = [e for e in found.events if e.name.startswith(f"{layer.mapped.op.name} #")]
        assert min(e.begin_cycles for e in stages) >= layer.begin_cycles
        assert max(e.end_cycles for e in stages) == layer.end_cycles


@BOTH
def test_each_track_is_as_long_at_work_as_its_resource_is(name):
    found, simulated = drawn(name)
    layer = next(one for one in simulated.layers if one.mapped.op.name == "layer")
    told = {"array": "adders at work"}
    for depth in (0, 1):
        tracks = boundary_tracks(MACHINE, depth, "adders")
        told |= {f"{stage} {depth}": track for stage, track in tracks.items()}
    for resource, cycles in busy_cycles(layer.mapped.schedule).items():
        events = [e for e in found.events if e.track == told[resource] and "layer #" in e.name]
        assert sum(e.end_cycles - e.begin_cycles for e in events) == cycles


def test_at_once_it_is_shorter_and_units_are_at_work_together():
    one_by_one, at_once = drawn("one by one")[1], drawn("at once")[1]
    assert at_once.total_cycles < one_by_one.total_cycles
    tracks = by_track(drawn("at once")[0])
    assert tracks["adders"][0][0] == tracks["vector_unit"][0][0] == 0


def test_beyond_the_limit_inner_boundaries_are_left_out_and_that_is_said():
    whole = drawn("one by one")[0]
    assert whole.folded == ()
    few = timeline(result(features=256), MACHINE, {}, limit=len(whole.events) // 2)
    assert 0 < len(few.events) < len(whole.events)
    assert few.folded
    none = timeline(result(features=256), MACHINE, {}, limit=0)
    assert none.folded == ("layer", "norm", "sum")
    assert set(none.tracks) == {"adders", "vector_unit", "dram → shared_sram", "dram ← shared_sram"}
    content = json.loads(trace_text(none, MACHINE, "levels_3"))
    assert content["otherData"]["inner boundaries left out of"] == ["layer", "norm", "sum"]
    # what is drawn of the outermost boundary is the same
    assert by_track(none)["dram → shared_sram"] == by_track(whole)["dram → shared_sram"]


@BOTH
def test_the_trace_is_json_with_cycles_by_the_clock_in_microseconds(name):
    found = drawn(name)[0]
    content = json.loads(trace_text(found, MACHINE, "levels_3"))
    events = content["traceEvents"]
    drawn_events = [event for event in events if event["ph"] == "X"]
    named = {
        event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"
    }
    assert len(drawn_events) == len(found.events)
    assert sorted(named.values()) == sorted(found.tracks)
    assert {event["ph"] for event in events} == {"X", "M"}
    for shown, event in zip(drawn_events, found.events, strict=True):
        assert named[shown["tid"]] == event.track
        assert shown["args"] == {
            "begin_cycles": event.begin_cycles,
            "end_cycles": event.end_cycles,
        }
        # 500 MHz: 500 cycles a microsecond
        assert shown["ts"] * 500 == pytest.approx(event.begin_cycles)
        assert shown["dur"] * 500 == pytest.approx(event.end_cycles - event.begin_cycles)
    about = content["otherData"]
    assert (about["accelerator"], about["weight_format"]) == ("ternary_pe", "levels_3")
    assert about["clock_hz"] == 500_000_000


# names of tracks


def test_tracks_are_called_after_the_memories():
    machine = make_machine()
    assert boundary_tracks(machine, 0, "adders")["load"] == "dram → sram"
    assert boundary_tracks(machine, 1, "adders")["store"] == "sram ← weights, inputs, outputs"
    assert boundary_tracks(machine, 1, "vector_unit")["load"] == "sram → vector unit"


def test_without_a_shared_memory_the_vector_unit_has_no_weights():
    machine = make_machine()
    kept = [level for level in machine.memories if level.name != "sram"]
    flat = replace(machine, memories=tuple(kept))
    assert boundary_tracks(flat, 0, "adders")["load"] == "dram → weights, inputs, outputs"
    assert boundary_tracks(flat, 1, "vector_unit")["load"] == "inputs, outputs → vector unit"


def test_arrays_that_work_at_once_have_inner_tracks_of_their_own():
    machine = make_machine(concurrent=True)
    (array,) = machine.arrays
    two = replace(machine, arrays=(array, NamedArray("macs", array.pe)))
    assert boundary_tracks(two, 0, "macs") == boundary_tracks(two, 0, "adders")
    names = {boundary_tracks(two, 1, unit)["load"] for unit in ("adders", "macs", "vector_unit")}
    assert len(names) == 3
    deep = replace(machine, memories=(*machine.memories, make_memory("w0", {"weight"})))
    assert boundary_tracks(deep, 2, "adders")["load"] == "weights, inputs, outputs → w0"
