"""Cycles without a clock: the recurrence of a three-stage pipeline, jumped where it is periodic.

**Formula.** With load, compute and store durations l, c, s of step i, Bl load and Bs store
buffers, and L, C, S the instants at which each stage of step i ends::

    L[i] = max(L[i-1], C[i-Bl]) + l[i]
    C[i] = max(L[i], C[i-1], S[i-Bs]) + c[i]
    S[i] = max(S[i-1], C[i]) + s[i]

Where loads fill output buffers too, load i also waits for S[i-Bs].

Inside a segment of equal steps, once two consecutive steps leave the same pattern of instants
(measured from the end of computation), every further step adds the same number of cycles, and
the rest of the segment is one multiplication. Uniform tiles give the well-known

    double-buffered  l + c + s + (n-1)·max(l, c, s)
    single-buffered  l + c + s + (n-1)·max(l+c, c+s)

Where **both use one port** (first come, first served, at the same instant the load) and all is
double-buffered, the pipeline runs in lock step: slot j holds load j, computation j-1 and store
j-2, and no slot begins before the last one ends::

    l[0] + Σ_j max(l[j] + s[j-2], c[j-1])

because computation j-1 needs all three of slot j-1, and the two transfers of slot j are asked
for after those of slot j-1 and before those of slot j+1: computations j-2 and j-1 lie between,
and they take at least a cycle. That is exact too. With a single buffer somewhere, one port only
gives the bound ``Σ l + c + s``: some stage is always at work (`is_exact` says which it is).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, repeat

from lowbit_sim.cost import Timing
from lowbit_sim.mapping.schedule import TileSchedule

NAME = "closed_form"


@lru_cache(maxsize=65536)
def timing(schedule: TileSchedule) -> Timing:
    """Return the cycles of `schedule`, or an upper bound where `is_exact` is false."""
    inner = tuple(None if part is None else timing(part) for part in schedule.inner)
    durations = tuple(
        own if part is None else part.total_cycles
        for own, part in zip(schedule.compute_cycles, inner, strict=True)
    )
    if not schedule.shared_port or not _stores_and_loads(schedule):
        own = _private_ports(schedule, durations)
    elif (schedule.load_buffers, schedule.store_buffers) == (2, 2):
        own = _lock_step(schedule, durations)
    else:
        own = _one_after_another(schedule, durations)
    return unfold(schedule, own, inner)


def is_exact(schedule: TileSchedule) -> bool:
    """Return whether `timing` is exact rather than an upper bound."""
    waits = schedule.shared_port and _stores_and_loads(schedule)
    own = not waits or (schedule.load_buffers, schedule.store_buffers) == (2, 2)
    return own and all(is_exact(part) for part in schedule.inner if part is not None)


def unfold(schedule: TileSchedule, own: Timing, inner: tuple[Timing | None, ...]) -> Timing:
    """Replace the computation of `own` by what the inner schedules say of it."""
    nested = Timing()
    plain_cycles = 0
    for times, cycles, part in zip(schedule.repeat, schedule.compute_cycles, inner, strict=True):
        if part is None:
            plain_cycles += times * cycles
        else:
            nested += part * times
    stalls = (own.stall_load_cycles, own.stall_store_cycles)
    return nested + Timing(own.fill_cycles, plain_cycles, *stalls, own.drain_cycles)


def _stores_and_loads(schedule: TileSchedule) -> bool:
    return any(schedule.load_cycles) and any(schedule.store_cycles)


def _private_ports(schedule: TileSchedule, durations: tuple[int, ...]) -> Timing:
    pipeline = _Pipeline(schedule)
    columns = zip(
        schedule.repeat, schedule.load_cycles, durations, schedule.store_cycles, strict=True
    )
    for times, load, compute, store in columns:
        pipeline.run(times, load, compute, store)
    return pipeline.timing()


class _Pipeline:
    """The instants of the last steps, and the cycles spent so far."""

    def __init__(self, schedule: TileSchedule) -> None:
        self.double_load = schedule.load_buffers == 2  # noqa: PLR2004 (1 or 2, see its checks)
        self.double_store = schedule.store_buffers == 2  # noqa: PLR2004 (same)
        self.loads_outputs = schedule.loads_outputs
        self.started = False
        self.loaded = self.computed = self.computed_before = self.stored = self.stored_before = 0
        self.fill = self.compute = self.stall_load = self.stall_store = 0

    def step(self, load: int, compute: int, store: int) -> None:
        """Advance by one step."""
        freed = self.computed_before if self.double_load else self.computed
        emptied = self.stored_before if self.double_store else self.stored
        if self.loads_outputs:
            freed = max(freed, emptied)
        self.loaded = max(self.loaded, freed) + load
        ready = max(self.computed, self.loaded)
        start = max(ready, emptied)
        if self.started:
            self.stall_load += ready - self.computed
            self.stall_store += start - ready
        else:
            self.fill, self.started = start, True
        self.compute += compute
        self.computed_before, self.computed = self.computed, start + compute
        self.stored_before, self.stored = self.stored, max(self.stored, self.computed) + store

    def pattern(self) -> tuple[int, int, int, int]:
        """Return the instants measured from the end of the last computation."""
        instants = (self.loaded, self.computed_before, self.stored, self.stored_before)
        loaded, before, stored, stored_before = (instant - self.computed for instant in instants)
        return loaded, before, stored, stored_before

    def run(self, times: int, load: int, compute: int, store: int) -> None:
        """Advance by `times` equal steps."""
        pattern = None
        for done in range(1, times + 1):
            before = (self.computed, self.stall_load, self.stall_store)
            self.step(load, compute, store)
            previous, pattern = pattern, self.pattern()
            if pattern == previous:
                self._jump(times - done, before, compute)
                return

    def _jump(self, times: int, before: tuple[int, int, int], compute: int) -> None:
        advance = times * (self.computed - before[0])
        self.compute += times * compute
        self.stall_load += times * (self.stall_load - before[1])
        self.stall_store += times * (self.stall_store - before[2])
        self.loaded += advance
        self.computed += advance
        self.computed_before += advance
        self.stored += advance
        self.stored_before += advance

    def timing(self) -> Timing:
        """Return the cycles by cause."""
        drain = self.stored - self.computed
        return Timing(self.fill, self.compute, self.stall_load, self.stall_store, drain)


def _lock_step(schedule: TileSchedule, durations: tuple[int, ...]) -> Timing:
    loads = list(_steps(schedule, schedule.load_cycles))
    computes = list(_steps(schedule, durations))
    *stores, second_last, last = 0, *_steps(schedule, schedule.store_cycles)
    stall_load = stall_store = 0
    store_first = early = schedule.loads_outputs
    for load, compute, store in zip(loads[1:], computes[:-1], stores, strict=True):
        # instants since the slot began
        loaded = load + store if early or (store_first and load) else load
        stored = store if store_first or not store else load + store
        waits_for_load = max(0, loaded - compute)
        stall_load += waits_for_load
        stall_store += max(0, load + store - compute) - waits_for_load
        store_first = early or max(stored, compute) < max(loaded, compute)
    drain = max(0, second_last - computes[-1]) + last
    return Timing(loads[0], sum(computes), stall_load, stall_store, drain)


def _one_after_another(schedule: TileSchedule, durations: tuple[int, ...]) -> Timing:
    loads = list(_steps(schedule, schedule.load_cycles))
    stores = list(_steps(schedule, schedule.store_cycles))
    computes = sum(_steps(schedule, durations))
    return Timing(loads[0], computes, sum(loads[1:]), sum(stores[:-1]), stores[-1])


def _steps(schedule: TileSchedule, column: tuple[int, ...]) -> chain[int]:
    return chain.from_iterable(map(repeat, column, schedule.repeat))
