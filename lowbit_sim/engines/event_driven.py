"""Cycles by events: one SimPy process per stage, ports as resources, buffers as containers.

The loader, the array and the storer hand steps to each other. A *port* serves one transfer at a
time, first come, first served; with a shared port the loader and the storer queue for one, and
where both ask at the same instant the load goes first.
An inner schedule runs on other ports than its outer one, so its duration does not depend on when
it starts, and equal inner schedules are run once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import lru_cache
from typing import Any

import simpy

from lowbit_sim.cost import Timing
from lowbit_sim.mapping.schedule import TileSchedule

NAME = "event_driven"
Process = Generator[simpy.Event, Any, None]


@lru_cache(maxsize=65536)
def timing(schedule: TileSchedule) -> Timing:
    """Return the cycles of `schedule`, step by step."""
    inner = [None if part is None else timing(part) for part in schedule.inner]
    durations = tuple(
        own if part is None else part.total_cycles
        for own, part in zip(schedule.compute_cycles, inner, strict=True)
    )
    run = _Run(schedule, durations)
    run.environment.run()
    total = Timing(
        run.fill,
        sum(t * c for t, c in zip(schedule.repeat, schedule.compute_cycles, strict=True)),
        run.stall_load,
        run.stall_store,
        run.now - run.computed,
    )
    for times, part in zip(schedule.repeat, inner, strict=True):
        if part is not None:
            total += part * times
    return total


class _Run:
    """The stages of one schedule in one SimPy environment."""

    def __init__(self, schedule: TileSchedule, durations: tuple[int, ...]) -> None:
        self.schedule = schedule
        self.durations = durations
        self.environment = simpy.Environment()
        self.load_port = simpy.Resource(self.environment)
        shared = schedule.shared_port
        self.store_port = self.load_port if shared else simpy.Resource(self.environment)
        self.input_buffers = simpy.Container(self.environment, init=schedule.load_buffers)
        self.output_buffers = simpy.Container(self.environment, init=schedule.store_buffers)
        self.loaded = simpy.Store(self.environment)
        self.finished = simpy.Store(self.environment)
        self.fill = self.stall_load = self.stall_store = self.computed = 0
        for stage in (self.loader, self.array, self.storer):
            self.environment.process(stage())

    @property
    def now(self) -> int:
        """The instant [cycle]; every delay is a whole number of cycles."""
        return int(self.environment.now)

    def steps(self, column: tuple[int, ...]) -> Iterator[int]:
        """Yield `column` once per step rather than once per segment."""
        for times, value in zip(self.schedule.repeat, column, strict=True):
            for _ in range(times):
                yield value

    def transfer(self, port: simpy.Resource, cycles: int) -> Process:
        """Occupy `port` for so many cycles; nothing to move means no request."""
        if cycles:
            with port.request() as turn:
                yield turn
                yield self.environment.timeout(cycles)

    def loader(self) -> Process:
        """Bring in every step's operands as soon as a buffer is free."""
        for cycles in self.steps(self.schedule.load_cycles):
            yield self.input_buffers.get(1)
            if self.schedule.loads_outputs:
                yield self.output_buffers.get(1)
            yield from self.transfer(self.load_port, cycles)
            yield self.loaded.put(None)

    def array(self) -> Process:
        """Compute every step once its operands are in and an output buffer is free."""
        for index, cycles in enumerate(self.steps(self.durations)):
            idle = self.now
            yield self.loaded.get()
            ready = self.now
            if not self.schedule.loads_outputs:
                yield self.output_buffers.get(1)
            if index == 0:
                self.fill = self.now
            else:
                self.stall_load += ready - idle
                self.stall_store += self.now - ready
            yield self.environment.timeout(cycles)
            self.computed = self.now
            yield self.input_buffers.put(1)
            yield self.finished.put(None)

    def storer(self) -> Process:
        """Store every step's results in order."""
        for cycles in self.steps(self.schedule.store_cycles):
            yield self.finished.get()
            yield from self.transfer(self.store_port, cycles)
            yield self.output_buffers.put(1)
