"""Timelines drawn in Markdown: each becomes a schedule and the timing that can be read off it."""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lowbit_sim.cost import Timing
from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule

CAPTION = re.compile(
    r"load buffers (\d), store buffers (\d), (private ports|shared port)"
    r'(, loads fill output buffers)?(?:, inside "(.*)")?(?:, written as (.*))?'
)


@dataclass
class Drawing:
    """A schedule, the timing of its columns, and the sum that is written below."""

    title: str
    schedule: TileSchedule
    timing: Timing
    written: tuple


def read_drawings(path: Path):
    """Return the drawings of `path` by title; an inner schedule stands before its outer one."""
    drawings = {}
    for section in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, text = section.split("\n", 1)
        drawings[title] = _drawing(title, text, drawings)
    return drawings


def _drawing(title, text, earlier):
    loads, stores, ports, early, inside, written = CAPTION.search(text).groups()
    rows = dict(line.split() for line in text.split("```")[1].strip().splitlines())
    width = len(rows["compute"])
    assert {len(row) for row in rows.values()} == {width}, f"{title}: the rows differ in length"
    spans = {name: _spans(row) for name, row in rows.items()}
    count = len(spans["compute"])
    inner = earlier[inside] if inside else None
    steps = [_step(spans, index, inner) for index in range(count)]
    own = _read_off(rows, spans, width)
    if inner:
        own = Timing(own.fill_cycles, 0, *_stalls(own), own.drain_cycles) + inner.timing * count
    return Drawing(
        title,
        TileSchedule(
            _body(written, steps) if written else tuple(steps),
            int(loads),
            int(stores),
            shared_port=ports == "shared port",
            loads_outputs=bool(early),
        ),
        own,
        tuple(map(int, re.findall(r"\d+", re.findall(r"^\d.*= \d+$", text, re.MULTILINE)[-1]))),
    )


def _body(written, steps):
    """Return the body that `written` says, such as ``0 2×(1 2×(2))``: it must be what is drawn."""
    tokens = re.findall(r"\d+×\(|\d+|\)", written)

    def parts():
        found = []
        while tokens:
            token = tokens.pop(0)
            if token == ")":
                break
            if token.isdigit():
                found.append(steps[int(token)])
            else:
                found.append(Repeat(int(token[:-2]), parts()))
        return tuple(found)

    body = parts()
    assert list(TileSchedule(body).in_order()) == steps, f"{written} is not what is drawn"
    return body


def _spans(row):
    """Return {step: (first column, column after the last)}."""
    spans, column = {}, 0
    for char, run in groupby(row):
        length = len(list(run))
        if char != ".":
            assert int(char) not in spans, f"step {char} is interrupted in {row}"
            spans[int(char)] = (column, column + length)
        column += length
    return spans


def _step(spans, index, inner):
    begin, end = zip(
        *(spans[n].get(index, (0, 0)) for n in ("load", "compute", "store")), strict=True
    )
    load, compute, store = (e - b for b, e in zip(begin, end, strict=True))
    if inner is None:
        return Step(load, compute, store)
    assert compute == inner.timing.total_cycles
    return Step(load, 0, store, inner=inner.schedule)


def _read_off(rows, spans, width):
    computes = [spans["compute"][index] for index in range(len(spans["compute"]))]
    first, last = computes[0][0], computes[-1][1]
    stall_load = stall_store = 0
    for column in range(first, last):
        if rows["compute"][column] == ".":
            following = next(i for i, span in enumerate(computes) if span[0] > column)
            arrived = spans["load"].get(following, (0, 0))[1] <= column
            stall_store += arrived
            stall_load += not arrived
    busy = sum(end - begin for begin, end in computes)
    return Timing(first, busy, stall_load, stall_store, width - last)


def _stalls(timing):
    return timing.stall_load_cycles, timing.stall_store_cycles
