"""Training runs as jobs, in this process or in several.

A keyboard interrupt reaches the parent only, which asks the children to stop; they stop after
their present batch and write nothing.
"""

from __future__ import annotations

import functools
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
from pathlib import Path

from lowbit_sim.training.datasets import Split, load_split
from lowbit_sim.training.errors import TrainingError, TrainingStoppedError
from lowbit_sim.training.runs import PRETRAINED, read_state, run_path, run_result, write_run
from lowbit_sim.training.trainer import count_correct, finetune, pretrain, restored
from lowbit_sim.workload.spec import DataSpec, WorkloadSpec

#: how often the parent looks how far its children are
LOOK_SECONDS = 0.5

#: called with the batches and the runs done so far
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One run to do.

    Parameters
    ----------
    spec : WorkloadSpec
        The workload.
    weight_format : str
        A format's name, or `PRETRAINED` for the fp32 network before fine-tuning.
    seed : int
        The seed.
    runs : Path
        The directory that holds all runs.
    device : str
        A torch device.
    """

    spec: WorkloadSpec
    weight_format: str
    seed: int
    runs: Path
    device: str

    @property
    def path(self) -> Path:
        """Where the finished run is kept."""
        return run_path(self.runs, self.spec, self.weight_format, self.seed)

    @property
    def epochs(self) -> int:
        """Passes over the training images."""
        recipe = self.spec.recipe
        pretraining = self.weight_format == PRETRAINED
        return recipe.pretrain_epochs if pretraining else recipe.finetune_epochs


def run_job(job: Job, tick: Callable[[], None]) -> None:
    """Train, measure and write the run of `job`.

    Raises
    ------
    TrainingError
        If the loss stops being finite.
    SpecError
        If the pre-trained network cannot be read or the run cannot be written.
    """
    spec, split = job.spec, _split(job.spec.data, job.device)
    if job.weight_format == PRETRAINED:
        write_run(job.path, pretrain(spec, split, job.seed, tick))
        return
    pretrained = read_state(run_path(job.runs, spec, PRETRAINED, job.seed))
    state = finetune(spec, split, job.weight_format, job.seed, pretrained, tick)
    correct = count_correct(restored(spec, job.weight_format, state).to(job.device), split)
    result = run_result(spec, job.weight_format, job.seed, correct, len(split.test_labels))
    write_run(job.path, state, result)


@functools.cache
def _split(data: DataSpec, device: str) -> Split:
    return load_split(data).to(device)


def run_jobs(
    pretrainings: Sequence[Job], finetunes: Sequence[Job], processes: int, progress: OnProgress
) -> None:
    """Do every job; a fine-tuning waits for the pre-training of its seed.

    Raises
    ------
    TrainingError
        From the first run that fails, or if a process is lost. The others are stopped.
    """
    if processes > 1:
        _run_in_processes(pretrainings, finetunes, processes, progress)
        return
    batches = itertools.count(1)
    for done, job in enumerate((*pretrainings, *finetunes)):
        run_job(job, lambda done=done: progress(next(batches), done))  # type: ignore[misc]


def _run_in_processes(
    pretrainings: Sequence[Job], finetunes: Sequence[Job], processes: int, progress: OnProgress
) -> None:
    context = multiprocessing.get_context("spawn")
    stop, batches = context.Event(), context.Value("q", 0)
    pool = ProcessPoolExecutor(processes, context, _start_child, (stop, batches))
    try:
        _dispatch(pool, pretrainings, finetunes, lambda done: progress(batches.value, done))
    except BrokenProcessPool as error:
        reason = "a training process was lost; finished runs are kept, start again to go on"
        raise TrainingError(reason) from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _dispatch(
    pool: ProcessPoolExecutor,
    pretrainings: Sequence[Job],
    finetunes: Sequence[Job],
    progress: Callable[[int], None],
) -> None:
    """Submit each job as soon as what it waits for is done, and pass on the first exception."""
    waiting: dict[int, list[Job]] = {job.seed: [] for job in pretrainings}
    running: dict[Future[None], Job] = {pool.submit(_in_child, job): job for job in pretrainings}
    for job in finetunes:
        if job.seed in waiting:
            waiting[job.seed].append(job)
        else:
            running[pool.submit(_in_child, job)] = job
    done = 0
    while running:
        finished, _ = wait(running, LOOK_SECONDS, FIRST_COMPLETED)
        for future in finished:
            job = running.pop(future)
            future.result()
            done += 1
            if job.weight_format == PRETRAINED:
                running |= {pool.submit(_in_child, next_): next_ for next_ in waiting[job.seed]}
        progress(done)


@dataclass(slots=True)
class _Child:
    """What a child process shares with its parent."""

    stop: Event | None = None
    batches: Synchronized[int] | None = None


_CHILD = _Child()


def _start_child(stop: Event, batches: Synchronized[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _CHILD.stop, _CHILD.batches = stop, batches
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone, however that came about."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_child(job: Job) -> None:
    run_job(job, _tick_in_child)


def _tick_in_child() -> None:
    assert _CHILD.stop is not None
    assert _CHILD.batches is not None
    if _CHILD.stop.is_set():
        raise TrainingStoppedError("stopped")
    with _CHILD.batches.get_lock():
        _CHILD.batches.value += 1
