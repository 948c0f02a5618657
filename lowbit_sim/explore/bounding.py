"""Every chunk of a space is bounded and kept; what is there already is not done again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from lowbit_sim.explore.chunks import chunk_count, evaluated
from lowbit_sim.explore.exploration import Exploration, exploration_of
from lowbit_sim.explore.frames import parquet, told_by
from lowbit_sim.explore.scheduling import Work
from lowbit_sim.explore.store import Store


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk as it is kept.

    Parameters
    ----------
    raw : bytes
        A Parquet file.
    rows, evaluations : int
    refusal : str
        A line for each reason why designs cannot be built or run; empty if all can.
    """

    raw: bytes
    rows: int
    evaluations: int
    refusal: str


def part_of(asked: tuple[Path, str, int]) -> Part:
    """Return the part of a chunk, in a process that may not have read the space.

    Parameters
    ----------
    asked : tuple of (Path, str, int)
        The space's file, the key of the exploration, and the chunk.

    Raises
    ------
    MixedVersionsError
        If this process reads other files, or has another source, than who asked.
    """
    path, key, chunk = asked
    with threadpool_limits(1):  # processes share the cores, not each product
        found = evaluated(exploration_of(path, key), chunk)
    told = {"evaluations": str(found.evaluations), "refusal": found.refusal}
    return Part(
        parquet(found.columns, told),
        len(found.columns["design"]),
        found.evaluations,
        found.refusal,
    )


def spread(chunks: Sequence[int], jobs: int) -> list[int]:
    """Return chunks in an order that leaves neighbours, which share tables, to the same worker.

    Workers that take one after another, at one pace, each go through a run of their own.

    Parameters
    ----------
    chunks : sequence of int
    jobs : int
        How many workers there are, at least 1.
    """
    run = -(-len(chunks) // jobs)
    return [chunks[at] for first in range(run) for at in range(first, len(chunks), run)]


def bound_all(
    exploration: Exploration, store: Store, have: set[int], work: Work, jobs: int = 1
) -> Iterator[tuple[int, Part]]:
    """Bound what chunks are missing and keep them; yield each as it is kept.

    Parameters
    ----------
    exploration : Exploration
    store : Store
    have : set of int
        Chunks that are there.
    work : callable
        Of `lowbit_sim.explore.scheduling.workers`.
    jobs : int
        How many chunks are bounded side by side; sets their order alone.

    Raises
    ------
    SpecError
        If a part cannot be written; those that were stay.
    SchedulerError
        If workers are lost.
    """
    path = exploration.space.path.resolve()
    missing = [chunk for chunk in range(chunk_count(exploration.space)) if chunk not in have]
    asked = ((path, exploration.key, chunk) for chunk in spread(missing, jobs))
    for (_, _, chunk), part in work(part_of, asked):
        store.write(chunk, part.raw)
        yield chunk, part


def counted(store: Store) -> tuple[int, str]:
    """Return the evaluations behind all parts, and a line for each reason against designs."""
    told = [told_by(path) for path in store.paths().values()]
    lines = dict.fromkeys(line for one in told for line in one["refusal"].splitlines())
    return sum(int(one["evaluations"]) for one in told), "\n".join(lines)
