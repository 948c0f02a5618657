"""Train all that a workload or a study wants: in parallel, and only what is missing.

Each finished run is a record in the store (see `run_store`), so a stopped campaign goes on where
it was stopped, an unfinished run from its last whole epoch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from lowbit_sim.errors import spec_error
from lowbit_sim.training.datasets import load_split
from lowbit_sim.training.jobs import Job
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.training.trainer import batch_count
from lowbit_sim.training.workers import OnProgress, run_jobs
from lowbit_sim.workload.data_spec import DataSpec
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, RunRecord, record_path
from lowbit_sim.workload.spec import WorkloadSpec
from lowbit_sim.workload.study_spec import Study


@dataclass(frozen=True, slots=True)
class Wanted:
    """One network in several formats, for several seeds."""

    spec: WorkloadSpec
    weight_formats: tuple[str, ...]
    seeds: tuple[int, ...]

    def runs(self) -> Iterator[tuple[str, int, str]]:
        """Yield format, seed and key of every run, all formats of a seed together."""
        for seed, weight_format in itertools.product(self.seeds, self.weight_formats):
            yield weight_format, seed, run_key(self.spec, weight_format, seed)


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to train with.

    Parameters
    ----------
    store : RunStore
        Where runs are kept.
    processes : int
        Each on one thread.
    device : str
        A torch device.
    console : Console, optional
        Where the progress bar is drawn; standard error if not given.
    """

    store: RunStore
    processes: int
    device: str
    console: Console | None = None


def study_wants(study: Study) -> tuple[Wanted, ...]:
    """Return what the arms of a study want, in their order."""
    return tuple(Wanted(arm.spec, arm.weight_formats, arm.seeds) for arm in study.arms)


def train_missing(title: str, wanted: Sequence[Wanted], means: Means) -> None:
    """Train what is wanted and not in the store; what is there is not trained again.

    Raises
    ------
    SpecError
        If the device is not there, images are missing, or other than those trained on before.
    TrainingError
        If a pre-training diverges, or a training process is lost.
    KeyboardInterrupt
        Passed on once all training processes have stopped.
    """
    _check(means)
    jobs = missing_jobs(wanted, means)
    if not jobs:
        return
    batches = _batches_by_data(jobs, wanted, means.store)
    total = sum(
        job.epochs * batches[job.spec.data, job.spec.recipe.batch_size] * job.batch_macs
        for job in jobs
    )
    with _progress(title, total, len(jobs), means.console or Console(stderr=True)) as progress:
        run_jobs(jobs, means.processes, progress)


def missing_jobs(wanted: Sequence[Wanted], means: Means) -> list[Job]:
    """Return the runs that have no record, each once, every pre-training before what needs it."""
    jobs: dict[str, Job] = {}
    for one in wanted:
        for weight_format, seed, key in one.runs():
            if key in jobs or means.store.has(key):
                continue
            for name in (PRETRAINED, weight_format):
                job = Job(one.spec, name, seed, means.store, means.device)
                if not means.store.has(job.key) or not means.store.weights_path(job.key).exists():
                    jobs.setdefault(job.key, job)
    return list(jobs.values())


def finished(one: Wanted, store: RunStore) -> list[RunRecord]:
    """Return the records of all runs of `one` that are finished."""
    return [store.record(key) for *_, key in one.runs() if store.has(key)]


def _pretrainings(one: Wanted, store: RunStore) -> list[RunRecord]:
    keys = {run_key(one.spec, PRETRAINED, seed) for seed in one.seeds}
    return [store.record(key) for key in sorted(keys) if store.has(key)]


def _check(means: Means) -> None:
    if means.processes < 1:
        raise spec_error("jobs must be at least 1", value=means.processes)
    try:
        torch.empty(0, device=means.device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise spec_error(f"device cannot be used: {reason}", value=means.device) from error


def _batches_by_data(
    jobs: Sequence[Job], wanted: Sequence[Wanted], store: RunStore
) -> dict[tuple[DataSpec, int], int]:
    """Return the batches of an epoch, once the images are known to be those of before."""
    batches: dict[tuple[DataSpec, int], int] = {}
    for data in dict.fromkeys(job.spec.data for job in jobs):
        split = load_split(data)
        for one in wanted:
            if one.spec.data == data:
                records = [*finished(one, store), *_pretrainings(one, store)]
                _check_images(records, split.data_sha256, store)
        for spec in (job.spec for job in jobs if job.spec.data == data):
            batches[data, spec.recipe.batch_size] = batch_count(split, spec.recipe)
    return batches


def _check_images(records: Sequence[RunRecord], data_sha256: str, store: RunStore) -> None:
    for record in records:
        if record.data_sha256 != data_sha256:
            reason = "was trained on other images than those found now"
            found = f"{record.data_sha256[:12]}, not {data_sha256[:12]}"
            raise spec_error(f"{reason} ({found})", record_path(store.folder, record.key))


@contextmanager
def _progress(title: str, macs: int, runs: int, console: Console) -> Iterator[OnProgress]:
    """Draw a bar that moves with every batch, by what it costs, and counts the finished runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("left"), console=console) as bar:
        task = bar.add_task(f"training {title}", total=macs)

        def progress(done_macs: int, done_runs: int) -> None:
            text = f"training {title}, {done_runs} of {runs} runs done"
            bar.update(task, completed=done_macs, description=text)

        yield progress
