"""The waist: a `TileSchedule` says what is loaded, computed and stored, step by step.

Everything before it produces it, everything after it consumes it. A step's computation may
itself be a schedule (``inner``): the steps between DRAM and shared SRAM contain the steps
between shared SRAM and scratchpads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One tile: what the link moves for it and how long each of its three stages lasts.

    Its computation is ``compute_cycles`` (at least 1) or the ``inner`` schedule, not both.
    """

    load_cycles: int
    compute_cycles: int
    store_cycles: int
    load_bits: int = 0
    store_bits: int = 0
    inner: TileSchedule | None = None


@dataclass(frozen=True, slots=True)
class TileSchedule:
    """Run-length segments of equal steps, as a struct of arrays.

    Each step passes three stages, *load*, *compute* and *store*; each stage works on one step at
    a time, in order. Step i may load once the buffer of step i - ``load_buffers`` is computed,
    and may compute once the buffer of step i - ``store_buffers`` is stored. Where loads fill
    output buffers too, it may not even load before.

    Parameters
    ----------
    repeat : tuple of int
        Steps in each segment, shape (S,).
    load_cycles, compute_cycles, store_cycles : tuple of int
        Duration of each stage of a step [cycle], shape (S,); ``compute_cycles`` is 0 where the
        segment has an inner schedule, and only there.
    load_bits, store_bits : tuple of int
        Bits that the link moves for a step [bit], shape (S,).
    inner : tuple of (TileSchedule or None)
        The schedule that a step's computation consists of, shape (S,).
    load_buffers, store_buffers : int
        1, or 2 for double buffering.
    shared_port : bool
        Whether loads and stores wait for each other on one port.
    loads_outputs : bool
        Whether loads also fill output buffers, as partial sums that come back do.

    Raises
    ------
    ValueError
        If the columns are empty or of different lengths, or a number is out of range.
    """

    repeat: tuple[int, ...]
    load_cycles: tuple[int, ...]
    compute_cycles: tuple[int, ...]
    store_cycles: tuple[int, ...]
    load_bits: tuple[int, ...]
    store_bits: tuple[int, ...]
    inner: tuple[TileSchedule | None, ...]
    load_buffers: int = 2
    store_buffers: int = 2
    shared_port: bool = False
    loads_outputs: bool = False

    def __post_init__(self) -> None:
        columns = (self.load_cycles, self.compute_cycles, self.store_cycles)
        widths = {len(c) for c in (self.repeat, *columns, self.load_bits, self.store_bits)}
        if len({*widths, len(self.inner)}) != 1:
            raise ValueError("every column of a schedule has one entry per segment")
        if not self.repeat or min(self.repeat) < 1:
            raise ValueError("a schedule has at least one segment, each with at least one step")
        if min(map(min, columns)) < 0 or {self.load_buffers, self.store_buffers} - {1, 2}:
            raise ValueError("durations are 0 or more; buffers are 1 or 2")
        computes = zip(self.compute_cycles, self.inner, strict=True)
        if any((own > 0) == (part is not None) for own, part in computes):
            raise ValueError("a step computes for at least one cycle, or has an inner schedule")

    @property
    def steps(self) -> int:
        """Number of steps."""
        return sum(self.repeat)

    @property
    def total_load_bits(self) -> int:
        """Bits loaded over this schedule's own link, inner schedules apart."""
        return sum(r * b for r, b in zip(self.repeat, self.load_bits, strict=True))

    @property
    def total_store_bits(self) -> int:
        """Bits stored over this schedule's own link, inner schedules apart."""
        return sum(r * b for r, b in zip(self.repeat, self.store_bits, strict=True))


def schedule_of(
    runs: Iterable[tuple[int, Step]],
    buffers: tuple[int, int] = (2, 2),
    *,
    shared_port: bool = False,
    loads_outputs: bool = False,
) -> TileSchedule:
    """Return the schedule of `runs` of equal steps, neighbouring equal runs merged.

    Parameters
    ----------
    runs : iterable of (repeat, Step)
        In order of execution.
    buffers : tuple of int
        Load and store buffers.
    shared_port : bool
        Whether loads and stores share one port.
    loads_outputs : bool
        Whether loads also fill output buffers.
    """
    merged: list[tuple[int, Step]] = []
    for repeat, step in runs:
        if merged and merged[-1][1] == step:
            merged[-1] = (merged[-1][0] + repeat, step)
        else:
            merged.append((repeat, step))
    steps: Sequence[Step] = [step for _, step in merged]
    return TileSchedule(
        tuple(repeat for repeat, _ in merged),
        tuple(step.load_cycles for step in steps),
        tuple(step.compute_cycles for step in steps),
        tuple(step.store_cycles for step in steps),
        tuple(step.load_bits for step in steps),
        tuple(step.store_bits for step in steps),
        tuple(step.inner for step in steps),
        *buffers,
        shared_port,
        loads_outputs,
    )
