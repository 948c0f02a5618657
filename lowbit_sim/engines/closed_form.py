"""Cycles without a clock: the recurrence of a three-stage pipeline, jumped where it is periodic.

**Formula.** With load, compute and store durations l, c, s of step i, Bl load and Bs store
buffers, and L, C, S the instants at which each stage of step i ends::

    L[i] = max(L[i-1], C[i-Bl]) + l[i]
    C[i] = max(L[i], C[i-1], S[i-Bs]) + c[i]
    S[i] = max(S[i-1], C[i]) + s[i]

Where loads fill output buffers too, load i also waits for S[i-Bs].

Where steps repeat, once two rounds leave the same pattern of instants (measured from the end of
computation), every further round adds the same number of cycles, and the rest of the repetition
is one multiplication. Uniform tiles give the well-known

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

from lowbit_sim.cost import Timing
from lowbit_sim.mapping.schedule import Part, Repeat, Step, TileSchedule

NAME = "closed_form"


@lru_cache(maxsize=65536)
def timing(schedule: TileSchedule) -> Timing:
    """Return the cycles of `schedule`, or an upper bound where `is_exact` is false."""
    if not _waits(schedule):
        return _PrivatePorts(schedule).timing()
    if (schedule.load_buffers, schedule.store_buffers) == (2, 2):
        return _LockStep(schedule).timing()
    return _one_after_another(schedule)


def is_exact(schedule: TileSchedule) -> bool:
    """Return whether `timing` is exact rather than an upper bound."""
    own = not _waits(schedule) or (schedule.load_buffers, schedule.store_buffers) == (2, 2)
    inner = (step.inner for _, step in schedule.counted())
    return own and all(is_exact(part) for part in inner if part is not None)


def _waits(schedule: TileSchedule) -> bool:
    """Return whether loads and stores meet at one port."""
    if not schedule.shared_port:
        return False
    steps = [step for _, step in schedule.counted()]
    return any(step.load_cycles for step in steps) and any(step.store_cycles for step in steps)


def _compute_cycles(step: Step) -> int:
    return step.compute_cycles if step.inner is None else timing(step.inner).total_cycles


class _Rounds:
    """What both pipelines have in common: they count, and jump where rounds repeat."""

    def __init__(self, schedule: TileSchedule) -> None:
        self.schedule = schedule
        self.started = False
        self.fill = self.stall_load = self.stall_store = 0

    def step(self, load: int, compute: int, store: int) -> None:
        """Advance by one step."""
        raise NotImplementedError

    def pattern(self) -> tuple[int, ...]:
        """Return all that the following steps depend on, whenever they begin."""
        raise NotImplementedError

    def now(self) -> int:
        """Return the instant that `pattern` is measured from."""
        return 0

    def advance(self, cycles: int) -> None:
        """Move every instant by so many cycles."""

    def drain(self) -> int:
        """Return the cycles from the end of the last computation to that of the last store."""
        raise NotImplementedError

    def run(self, body: tuple[Part, ...]) -> None:
        """Advance by the steps of `body`."""
        for part in body:
            if isinstance(part, Step):
                self.step(part.load_cycles, _compute_cycles(part), part.store_cycles)
            else:
                self._repeat(part)

    def _repeat(self, part: Repeat) -> None:
        pattern: tuple[int, ...] | None = None
        for done in range(1, part.times + 1):
            before = (self.now(), self.stall_load, self.stall_store)
            self.run(part.body)
            previous, pattern = pattern, self.pattern()
            if pattern == previous:
                left = part.times - done
                self.advance(left * (self.now() - before[0]))
                self.stall_load += left * (self.stall_load - before[1])
                self.stall_store += left * (self.stall_store - before[2])
                return

    def timing(self) -> Timing:
        """Run all and return the cycles by cause, those of inner schedules by theirs."""
        self.run(self.schedule.body)
        total = Timing(
            self.fill,
            sum(times * step.compute_cycles for times, step in self.schedule.counted()),
            self.stall_load,
            self.stall_store,
            self.drain(),
        )
        return total + _inner(self.schedule)


class _PrivatePorts(_Rounds):
    """The instants of the last steps where loads and stores never wait for each other."""

    def __init__(self, schedule: TileSchedule) -> None:
        super().__init__(schedule)
        self.double_load = schedule.load_buffers == 2  # noqa: PLR2004 (1 or 2, see its checks)
        self.double_store = schedule.store_buffers == 2  # noqa: PLR2004 (same)
        self.loads_outputs = schedule.loads_outputs
        self.loaded = self.computed = self.computed_before = self.stored = self.stored_before = 0

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
        self.computed_before, self.computed = self.computed, start + compute
        self.stored_before, self.stored = self.stored, max(self.stored, self.computed) + store

    def pattern(self) -> tuple[int, ...]:
        """Return the instants measured from the end of the last computation."""
        instants = (self.loaded, self.computed_before, self.stored, self.stored_before)
        return tuple(instant - self.computed for instant in instants)

    def now(self) -> int:
        """Return the end of the last computation."""
        return self.computed

    def advance(self, cycles: int) -> None:
        """Move every instant by so many cycles."""
        self.loaded += cycles
        self.computed += cycles
        self.computed_before += cycles
        self.stored += cycles
        self.stored_before += cycles

    def drain(self) -> int:
        """Return the cycles after the last computation."""
        return self.stored - self.computed


class _LockStep(_Rounds):
    """The slots of a double-buffered pipeline on one port: load j, computation j-1, store j-2."""

    def __init__(self, schedule: TileSchedule) -> None:
        super().__init__(schedule)
        self.early = self.store_first = schedule.loads_outputs
        self.computing = self.storing = self.storing_next = 0

    def step(self, load: int, compute: int, store: int) -> None:
        """Advance by the slot in which this step loads."""
        if self.started:
            self._slot(load)
        else:
            self.fill, self.started = load, True
        self.computing = compute
        self.storing, self.storing_next = self.storing_next, store

    def _slot(self, load: int) -> None:
        # instants since the slot began
        compute, store = self.computing, self.storing
        loaded = load + store if self.early or (self.store_first and load) else load
        stored = store if self.store_first or not store else load + store
        waits_for_load = max(0, loaded - compute)
        self.stall_load += waits_for_load
        self.stall_store += max(0, load + store - compute) - waits_for_load
        self.store_first = self.early or max(stored, compute) < max(loaded, compute)

    def pattern(self) -> tuple[int, ...]:
        """Return what is under way."""
        return self.computing, self.storing, self.storing_next, self.store_first

    def drain(self) -> int:
        """Return the cycles after the last computation."""
        return max(0, self.storing - self.computing) + self.storing_next


def _one_after_another(schedule: TileSchedule) -> Timing:
    counted = list(schedule.counted())
    first, last = _end(schedule.body, 0), _end(schedule.body, -1)
    loads = sum(times * step.load_cycles for times, step in counted) - first.load_cycles
    stores = sum(times * step.store_cycles for times, step in counted) - last.store_cycles
    computes = sum(times * step.compute_cycles for times, step in counted)
    own = Timing(first.load_cycles, computes, loads, stores, last.store_cycles)
    return own + _inner(schedule)


def _end(body: tuple[Part, ...], index: int) -> Step:
    part = body[index]
    return part if isinstance(part, Step) else _end(part.body, index)


def _inner(schedule: TileSchedule) -> Timing:
    total = Timing()
    for times, step in schedule.counted():
        if step.inner is not None:
            total += timing(step.inner) * times
    return total
