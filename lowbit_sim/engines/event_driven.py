"""Cycles by events: one SimPy process per stage, ports as resources, buffers as containers.

The loader, the array and the storer hand steps to each other. A *port* serves one transfer at a
time, first come, first served; with a shared port the loader and the storer queue for one, and
where both ask at the same instant the load goes first.
An inner schedule runs on other ports than its outer one, so its duration does not depend on when
it starts, and equal inner schedules are run once.

`spans` tells when each stage of each step began and ended. `concurrent` runs several schedules at
once, each as soon as those before it have ended and its unit is free: they share the ports of the
outermost boundary, and nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import simpy

from lowbit_sim.cost import Timing
from lowbit_sim.mapping.schedule import Step, TileSchedule

NAME = "event_driven"
Process = Generator[simpy.Event, Any, None]
Stage = Literal["load", "compute", "store"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stage at work on one step.

    Parameters
    ----------
    stage : {"load", "compute", "store"}
    index : int
        The step, from 0.
    begin_cycles, end_cycles : int
        When it began and ended, since the schedule did [cycle].
    inner : TileSchedule or None
        What the computation consisted of.
    """

    stage: Stage
    index: int
    begin_cycles: int
    end_cycles: int
    inner: TileSchedule | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A schedule on a unit, after others.

    Parameters
    ----------
    name, unit : str
        Units do one task at a time.
    schedule : TileSchedule
    after : tuple of str
        Tasks that must have ended.
    """

    name: str
    unit: str
    schedule: TileSchedule
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """When a task ran.

    Parameters
    ----------
    begin_cycles, end_cycles : int
        From its first request to its last store [cycle].
    spans : tuple of Span
        Of its stages, counted from the beginning of everything; empty if not asked for.
    """

    begin_cycles: int
    end_cycles: int
    spans: tuple[Span, ...]


@lru_cache(maxsize=65536)
def timing(schedule: TileSchedule) -> Timing:
    """Return the cycles of `schedule`, step by step."""
    run = _Run(schedule, simpy.Environment())
    run.environment.run()
    computes = sum(times * step.compute_cycles for times, step in schedule.counted())
    drain = run.now - run.computed
    total = Timing(run.fill, computes, run.stall_load, run.stall_store, drain)
    for times, step in schedule.counted():
        if step.inner is not None:
            total += timing(step.inner) * times
    return total


@lru_cache(maxsize=1024)
def spans(schedule: TileSchedule) -> tuple[Span, ...]:
    """Return when each stage worked on each step, inner schedules not unfolded."""
    run = _Run(schedule, simpy.Environment(), records=True)
    run.environment.run()
    return tuple(run.spans)


def concurrent(
    tasks: Sequence[Task], *, shared_port: bool, records: bool = False
) -> dict[str, Ran]:
    """Run tasks at once, in the given order where several could begin at the same instant.

    Parameters
    ----------
    tasks : sequence of Task
        In a topological order.
    shared_port : bool
        Whether loads and stores of the outermost boundary share one port.
    records : bool
        Whether the stages' spans are wanted.

    Returns
    -------
    dict of str to Ran
        By the task's name.
    """
    environment = simpy.Environment()
    load_port = simpy.Resource(environment)
    ports = (load_port, load_port if shared_port else simpy.Resource(environment))
    units = {task.unit: simpy.Resource(environment) for task in tasks}
    ended = {task.name: environment.event() for task in tasks}
    found: dict[str, Ran] = {}

    def run(task: Task) -> Process:
        yield environment.all_of([ended[name] for name in task.after])
        with units[task.unit].request() as turn:
            yield turn
            begin = int(environment.now)
            one = _Run(task.schedule, environment, ports, records=records)
            yield one.done
            found[task.name] = Ran(begin, one.now, tuple(one.spans))
            ended[task.name].succeed()

    for task in tasks:
        environment.process(run(task))
    environment.run()
    return found


def _compute_cycles(step: Step) -> int:
    return step.compute_cycles if step.inner is None else timing(step.inner).total_cycles


class _Run:
    """The stages of one schedule in a SimPy environment."""

    def __init__(
        self,
        schedule: TileSchedule,
        environment: simpy.Environment,
        ports: tuple[simpy.Resource, simpy.Resource] | None = None,
        *,
        records: bool = False,
    ) -> None:
        self.schedule = schedule
        self.records = records
        self.environment = environment
        if ports is None:
            load_port = simpy.Resource(environment)
            own_port = load_port if schedule.shared_port else simpy.Resource(environment)
            ports = load_port, own_port
        self.load_port, self.store_port = ports
        self.input_buffers = simpy.Container(environment, init=schedule.load_buffers)
        self.output_buffers = simpy.Container(environment, init=schedule.store_buffers)
        self.loaded = simpy.Store(environment)
        self.finished = simpy.Store(environment)
        self.fill = self.stall_load = self.stall_store = self.computed = 0
        self.spans: list[Span] = []
        stages = [environment.process(stage()) for stage in (self.loader, self.array, self.storer)]
        self.done = stages[-1]

    @property
    def now(self) -> int:
        """The instant [cycle]; every delay is a whole number of cycles."""
        return int(self.environment.now)

    def record(
        self, stage: Stage, index: int, cycles: int, inner: TileSchedule | None = None
    ) -> None:
        """Note that a stage is at work from now on, if that is wanted."""
        if self.records:
            self.spans.append(Span(stage, index, self.now, self.now + cycles, inner))

    def transfer(self, port: simpy.Resource, stage: Stage, index: int, cycles: int) -> Process:
        """Occupy `port` for so many cycles; nothing to move means no request."""
        if cycles:
            with port.request() as turn:
                yield turn
                self.record(stage, index, cycles)
                yield self.environment.timeout(cycles)

    def loader(self) -> Process:
        """Bring in every step's operands as soon as a buffer is free."""
        for index, step in enumerate(self.schedule.in_order()):
            yield self.input_buffers.get(1)
            if self.schedule.loads_outputs:
                yield self.output_buffers.get(1)
            yield from self.transfer(self.load_port, "load", index, step.load_cycles)
            yield self.loaded.put(None)

    def array(self) -> Process:
        """Compute every step once its operands are in and an output buffer is free."""
        for index, step in enumerate(self.schedule.in_order()):
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
            cycles = _compute_cycles(step)
            self.record("compute", index, cycles, step.inner)
            yield self.environment.timeout(cycles)
            self.computed = self.now
            yield self.input_buffers.put(1)
            yield self.finished.put(None)

    def storer(self) -> Process:
        """Store every step's results in order."""
        for index, step in enumerate(self.schedule.in_order()):
            yield self.finished.get()
            yield from self.transfer(self.store_port, "store", index, step.store_cycles)
            yield self.output_buffers.put(1)
