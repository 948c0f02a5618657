"""Training runs as jobs, in this process or in several.

A keyboard interrupt reaches the parent only, which asks the children to stop; they stop after
their present batch, and go on from their last whole epoch when they are called again.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

from lowbit_sim.training.errors import TrainingError, TrainingStoppedError
from lowbit_sim.training.jobs import Job, run_job

#: how often the parent looks how far its children are
LOOK_SECONDS = 0.5

#: called with the multiplications and the runs done so far
OnProgress = Callable[[int, int], None]


def run_jobs(jobs: Sequence[Job], processes: int, progress: OnProgress) -> None:
    """Do every job in order; a fine-tuning waits for the pre-training that it starts from.

    Raises
    ------
    TrainingError
        From the first run that fails, or if a process is lost. The others are stopped.
    """
    if processes > 1:
        _run_in_processes(jobs, processes, progress)
        return
    begun = 0  # multiplications of the runs before
    for done, job in enumerate(jobs):
        ticks = itertools.count(begun + job.batch_macs, job.batch_macs)
        run_job(job, lambda done=done, ticks=ticks: progress(next(ticks), done))  # type: ignore[misc]
        begun = next(ticks) - job.batch_macs


def _run_in_processes(jobs: Sequence[Job], processes: int, progress: OnProgress) -> None:
    context = multiprocessing.get_context("spawn")
    stop, macs = context.Event(), context.Value("q", 0)
    pool = ProcessPoolExecutor(processes, context, _start_child, (stop, macs))
    try:
        _dispatch(pool, jobs, processes, lambda done: progress(macs.value, done))
    except BrokenProcessPool as error:
        reason = "a training process was lost; call again to go on from its last whole epoch"
        raise TrainingError(reason) from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _dispatch(
    pool: ProcessPoolExecutor,
    jobs: Sequence[Job],
    processes: int,
    progress: Callable[[int], None],
) -> None:
    """Keep every process at the first job that can start; pass on the first exception."""
    waiting = list(jobs)
    running: dict[Future[None], Job] = {}
    done = 0
    while waiting or running:
        undone = {job.key for job in (*waiting, *running.values())}
        ready = [job for job in waiting if job.needs not in undone]
        for job in ready[: processes - len(running)]:
            waiting.remove(job)
            running[pool.submit(_in_child, job)] = job
        finished, _ = wait(running, LOOK_SECONDS, FIRST_COMPLETED)
        for future in finished:
            del running[future]
            future.result()
            done += 1
        progress(done)


@dataclass(slots=True)
class _Child:
    """What a child process shares with its parent."""

    stop: Event | None = None
    macs: Synchronized[int] | None = None


_CHILD = _Child()


def _start_child(stop: Event, macs: Synchronized[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _CHILD.stop, _CHILD.macs = stop, macs
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone, however that came about."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_child(job: Job) -> None:
    run_job(job, lambda: _tick_in_child(job.batch_macs))


def _tick_in_child(macs: int) -> None:
    assert _CHILD.stop is not None
    assert _CHILD.macs is not None
    if _CHILD.stop.is_set():
        raise TrainingStoppedError("stopped")
    with _CHILD.macs.get_lock():
        _CHILD.macs.value += macs
