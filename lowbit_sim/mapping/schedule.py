"""`TileSchedule`, the waist: what passes through one memory boundary, step by step, and when.

Everything before a schedule produces it; everything after consumes it. A schedule may be nested:
a step's computation is then itself a schedule, of the boundary below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One tile: what the boundary moves for it and how long each of its three stages lasts.

    Parameters
    ----------
    load_cycles, store_cycles : int
        Duration of the first and of the last stage [cycle].
    compute_cycles : int
        Duration of the computation [cycle]; 0 where it is the `inner` schedule, else at least 1.
    load_bits, store_bits : int
        What leaves the outer memories for it, and what comes back [bit].
    inner : TileSchedule or None
        The schedule that its computation consists of.

    Raises
    ------
    ValueError
        If a duration is negative, or it has no computation, or two.
    """

    load_cycles: int
    compute_cycles: int
    store_cycles: int
    load_bits: int = 0
    store_bits: int = 0
    inner: TileSchedule | None = None

    def __post_init__(self) -> None:
        if min(self.load_cycles, self.compute_cycles, self.store_cycles) < 0:
            raise ValueError("durations are 0 or more")
        if (self.compute_cycles > 0) == (self.inner is not None):
            raise ValueError("a step computes for at least one cycle, or has an inner schedule")


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same steps, so many times over.

    Raises
    ------
    ValueError
        If there is nothing to repeat, or it is not repeated even once.
    """

    times: int
    body: tuple[Step | Repeat, ...]

    def __post_init__(self) -> None:
        if self.times < 1 or not self.body:
            raise ValueError("at least one step is repeated at least once")


Part = Step | Repeat


@dataclass(frozen=True, slots=True)
class TileSchedule:
    """Steps in order, as nested repetitions.

    Each step passes three stages, *load*, *compute* and *store*; each stage works on one step at
    a time, in order. Step i may load once the buffer of step i - ``load_buffers`` is computed,
    and may compute once the buffer of step i - ``store_buffers`` is stored. Where loads fill
    output buffers too, it may not even load before.

    Parameters
    ----------
    body : tuple of (Step or Repeat)
        In order of execution.
    load_buffers, store_buffers : int
        1, or 2 for double buffering.
    shared_port : bool
        Whether loads and stores wait for each other on one port.
    loads_outputs : bool
        Whether loads also fill output buffers, as partial sums that come back do.

    Raises
    ------
    ValueError
        If there is no step, or the buffers are not 1 or 2.
    """

    body: tuple[Part, ...]
    load_buffers: int = 2
    store_buffers: int = 2
    shared_port: bool = False
    loads_outputs: bool = False

    def __post_init__(self) -> None:
        if not self.body:
            raise ValueError("a schedule has at least one step")
        if {self.load_buffers, self.store_buffers} - {1, 2}:
            raise ValueError("buffers are 1 or 2")

    def counted(self) -> Iterator[tuple[int, Step]]:
        """Yield (how often, step) for every step that is written down, in no order of time."""
        return _counted(self.body, 1)

    def in_order(self) -> Iterator[Step]:
        """Yield every step, one after another."""
        return _in_order(self.body)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return sum(times for times, _ in self.counted())

    @property
    def load_bits(self) -> int:
        """Bits loaded through this boundary, inner schedules apart."""
        return sum(times * step.load_bits for times, step in self.counted())

    @property
    def store_bits(self) -> int:
        """Bits stored through this boundary, inner schedules apart."""
        return sum(times * step.store_bits for times, step in self.counted())


def _counted(body: tuple[Part, ...], times: int) -> Iterator[tuple[int, Step]]:
    for part in body:
        if isinstance(part, Step):
            yield times, part
        else:
            yield from _counted(part.body, times * part.times)


def _in_order(body: tuple[Part, ...]) -> Iterator[Step]:
    for part in body:
        if isinstance(part, Step):
            yield part
        else:
            for _ in range(part.times):
                yield from _in_order(part.body)


def runs(parts: Iterable[tuple[int, Step]]) -> tuple[Part, ...]:
    """Return the body of runs of equal steps, neighbours merged, runs of none left out.

    Examples
    --------
    >>> one = Step(1, 2, 3)
    >>> runs([(1, one), (0, Step(9, 9, 9)), (2, one)]) == (Repeat(3, (one,)),)
    True
    """
    merged: list[tuple[int, Step]] = []
    for times, step in parts:
        if times and merged and merged[-1][1] == step:
            merged[-1] = (merged[-1][0] + times, step)
        elif times:
            merged.append((times, step))
    return tuple(step if times == 1 else Repeat(times, (step,)) for times, step in merged)
