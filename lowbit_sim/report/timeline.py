"""A run as a timeline: Chrome's trace format, which https://ui.perfetto.dev opens.

One track for each array and the vector unit (whose operator is under way), one for when it is at
work, and for each boundary one for what it loads and one for what it stores. Times are
microseconds, as the format demands; the cycle counts stand in each event's ``args``. Inner
boundaries are unfolded as long as the whole has at most `limit` events; what was left out is said
in the file's ``otherData``.

Source: "Trace Event Format", the public document of the Chromium project; events of phase X.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lowbit_sim.arch.accelerator import OPERANDS, Accelerator
from lowbit_sim.engines.event_driven import Ran, Span, spans
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.study.experiment import FormatResult, LayerResult

LIMIT = 200_000
_VECTOR_UNIT = "vector_unit"
_PER_MICROSECOND = 1e6


@dataclass(frozen=True, slots=True)
class Event:
    """Something at work on a track."""

    track: str
    name: str
    begin_cycles: int
    end_cycles: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that was at work during one inference.

    Parameters
    ----------
    events : tuple of Event
    folded : tuple of str
        Operators whose inner boundaries are left out.
    """

    events: tuple[Event, ...]
    folded: tuple[str, ...]

    @property
    def tracks(self) -> tuple[str, ...]:
        """The names of the tracks: units and boundaries in the order of first use."""
        return tuple(dict.fromkeys(event.track for event in self.events))


def timeline(
    result: FormatResult, machine: Accelerator, ran: Mapping[str, Ran], limit: int = LIMIT
) -> Timeline:
    """Return the timeline of one inference.

    Parameters
    ----------
    result : FormatResult
        One weight format on the machine.
    machine : Accelerator
        Names the tracks.
    ran : mapping of str to Ran
        Where operators ran at once: when, and their stages. Empty where they ran one by one.
    limit : int
        Events that it may have; inner boundaries beyond it are left out.
    """
    events: list[Event] = []
    folded = []
    for layer in result.layers:
        name = layer.mapped.op.name
        stages = ran[name].spans if name in ran else _moved(layer)
        events.append(Event(layer.mapped.unit, name, layer.begin_cycles, layer.end_cycles))
        unfolds = len(events) + _count(layer.mapped.schedule) <= limit
        if not unfolds:
            folded.append(name)
        events += _inner(machine, 0, layer, stages, unfold=unfolds)
    return Timeline(tuple(events), tuple(folded))


def trace_text(found: Timeline, machine: Accelerator, weight_format: str) -> str:
    """Return a timeline in Chrome's trace format."""
    numbers = {track: number for number, track in enumerate(found.tracks, start=1)}
    named: list[dict[str, Any]] = [
        {"name": "process_name", "ph": "M", "pid": 1, "args": {"name": machine.name}}
    ]
    for track, number in numbers.items():
        about = {"ph": "M", "pid": 1, "tid": number}
        named.append({"name": "thread_name", **about, "args": {"name": track}})
        named.append({"name": "thread_sort_index", **about, "args": {"sort_index": number}})
    scale = _PER_MICROSECOND / machine.clock_hz
    drawn = [
        {
            "name": event.name,
            "ph": "X",
            "pid": 1,
            "tid": numbers[event.track],
            "ts": event.begin_cycles * scale,
            "dur": (event.end_cycles - event.begin_cycles) * scale,
            "args": {"begin_cycles": event.begin_cycles, "end_cycles": event.end_cycles},
        }
        for event in found.events
    ]
    about_all = {
        "accelerator": machine.name,
        "weight_format": weight_format,
        "clock_hz": machine.clock_hz,
        "inner boundaries left out of": list(found.folded),
    }
    content = {"displayTimeUnit": "ns", "otherData": about_all, "traceEvents": named + drawn}
    return json.dumps(content, ensure_ascii=False) + "\n"


def _moved(layer: LayerResult) -> tuple[Span, ...]:
    at = layer.begin_cycles
    return tuple(
        Span(s.stage, s.index, s.begin_cycles + at, s.end_cycles + at, s.inner)
        for s in spans(layer.mapped.schedule)
    )


def _count(schedule: TileSchedule) -> int:
    """Return how many stages a schedule has at all depths."""
    return sum(
        times * (3 + (0 if step.inner is None else _count(step.inner)))
        for times, step in schedule.counted()
    )


def _inner(
    machine: Accelerator, depth: int, layer: LayerResult, stages: tuple[Span, ...], *, unfold: bool
) -> Iterator[Event]:
    tracks, name = boundary_tracks(machine, depth, layer.mapped.unit), layer.mapped.op.name
    for span in stages:
        if span.stage != "compute":
            track = tracks[span.stage]
            yield Event(track, f"{name} #{span.index}", span.begin_cycles, span.end_cycles)
        elif span.inner is not None and unfold:
            at = span.begin_cycles
            within = tuple(
                Span(s.stage, s.index, s.begin_cycles + at, s.end_cycles + at, s.inner)
                for s in spans(span.inner)
            )
            yield from _inner(machine, depth + 1, layer, within, unfold=True)
        elif span.inner is None:
            track = f"{layer.mapped.unit} at work"
            yield Event(track, f"{name} #{span.index}", span.begin_cycles, span.end_cycles)


def boundary_tracks(machine: Accelerator, depth: int, unit: str) -> dict[str, str]:
    """Return what the tracks of a boundary are called, by stage.

    Parameters
    ----------
    machine : Accelerator
    depth : int
        The boundary, counted from the DRAM.
    unit : str
        Who computes behind it. The vector unit stands directly behind depth 1; of several arrays
        that run at once, each has memories of its own.
    """
    streams = unit == _VECTOR_UNIT and depth > 0
    paths = [machine.path(operand) for operand in OPERANDS if not streams or operand != "weight"]
    sides = [
        _together(list(dict.fromkeys(path[at].name for path in paths if len(path) > at)))
        for at in (depth, depth + 1)
    ]
    outer, inner = sides[0], "vector unit" if streams else sides[1]
    if depth > 0 and not streams and machine.concurrent and len(machine.arrays) > 1:
        inner += f" of {unit}"
    return {"load": f"{outer} → {inner}", "store": f"{outer} ← {inner}"}


def _together(names: list[str]) -> str:
    """Return several memories in a word: what their names end in, if it is the same.

    Examples
    --------
    >>> _together(["input_scratchpad", "output_scratchpad"]), _together(["ibuf", "wbuf"])
    ('scratchpads', 'ibuf, wbuf')
    >>> _together(["ifmap_spads", "psum_spads"])
    'spads'
    """
    ends = {name.rpartition("_")[2] for name in names}
    alike = len(names) > 1 and len(ends) == 1
    return f"{ends.pop().removesuffix('s')}s" if alike else ", ".join(names)
