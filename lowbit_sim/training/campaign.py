"""Train every weight format of a workload for every seed: in parallel, and only what is missing.

Each finished run is a file (see `runs`), so a stopped campaign goes on where it was stopped.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.training.accuracy_file import merge_accuracy
from lowbit_sim.training.datasets import load_split
from lowbit_sim.training.export import export_packed
from lowbit_sim.training.runs import PRETRAINED, read_result, read_state, run_path
from lowbit_sim.training.trainer import batch_count
from lowbit_sim.training.workers import Job, OnProgress, run_jobs
from lowbit_sim.workload.spec import WorkloadSpec, load_workload_spec


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be trained, and where finished runs are kept.

    Parameters
    ----------
    spec : WorkloadSpec
        The workload.
    formats : tuple of str
        Weight formats, in the order of the catalogue.
    seeds : tuple of int
        Seeds.
    runs : Path
        The directory that holds the runs of all workloads.
    device : str
        A torch device.
    """

    spec: WorkloadSpec
    formats: tuple[str, ...]
    seeds: tuple[int, ...]
    runs: Path
    device: str

    def missing(self) -> tuple[list[Job], list[Job]]:
        """Return the pre-trainings and the fine-tunings that have no file yet.

        A pre-training is only missing if a missing fine-tuning starts from it.
        """
        finetunes = [self._job(*one) for one in itertools.product(self.formats, self.seeds)]
        finetunes = [job for job in finetunes if not job.path.exists()]
        needed = sorted({job.seed for job in finetunes})
        pretrainings = [self._job(PRETRAINED, seed) for seed in needed]
        return [job for job in pretrainings if not job.path.exists()], finetunes

    def _job(self, weight_format: str, seed: int) -> Job:
        return Job(self.spec, weight_format, seed, self.runs, self.device)


def train_workload(
    spec_path: Path,
    formats: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    jobs: int = 1,
    device: str = "cpu",
    *,
    runs: Path = Path("runs"),
    console: Console | None = None,
) -> None:
    """Train the workload at `spec_path` and write its checkpoints and its accuracy file.

    Checkpoints of the first of the workload's seeds and ``accuracy.csv`` go to the directory
    beside the file that has its name. What is already trained is not trained again.

    Parameters
    ----------
    spec_path : Path
        ``workloads/<name>.yaml``.
    formats : sequence of str, optional
        Weight formats to train instead of those of the file.
    seeds : sequence of int, optional
        Seeds to train instead of those of the file.
    jobs : int
        Processes, each on one thread.
    device : str
        A torch device.
    runs : Path
        Where finished runs are kept.
    console : Console, optional
        Where the progress bar is drawn; standard error if not given.

    Raises
    ------
    SpecError
        If the workload, a format or the device is not valid, or a file cannot be written.
    TrainingError
        If a run's loss stops being finite, or a training process is lost.
    KeyboardInterrupt
        Passed on once all training processes have stopped; finished runs are kept.
    """
    spec = load_workload_spec(spec_path)
    _check(jobs, device, seeds or ())
    wanted = {number_format(name).name for name in formats or spec.quantisation.weight_formats}
    ordered = tuple(name for name in FORMATS if name in wanted)
    chosen = tuple(dict.fromkeys(seeds or spec.seeds))
    campaign = Campaign(spec, ordered, chosen, runs, device)
    directory = spec_path.with_suffix("")
    try:
        _train(campaign, jobs, console or Console(stderr=True))
    finally:
        publish(campaign, directory)


def _check(jobs: int, device: str, seeds: Sequence[int]) -> None:
    if jobs < 1:
        raise spec_error("jobs must be at least 1", value=jobs)
    if any(seed < 0 for seed in seeds):
        raise spec_error("seeds must be zero or more", value=min(seeds))
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise spec_error(f"device cannot be used: {reason}", value=device) from error


def _train(campaign: Campaign, jobs: int, console: Console) -> None:
    pretrainings, finetunes = campaign.missing()
    missing = (*pretrainings, *finetunes)
    if not missing:
        return
    spec = campaign.spec
    epochs = sum(job.epochs for job in missing)
    batches = epochs * batch_count(load_split(spec.data), spec.recipe)
    with _progress(spec.name, batches, len(missing), console) as progress:
        run_jobs(pretrainings, finetunes, jobs, progress)


@contextmanager
def _progress(name: str, batches: int, runs: int, console: Console) -> Iterator[OnProgress]:
    """Draw a bar that moves with every batch and counts the finished runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("left"), console=console) as bar:
        task = bar.add_task(f"training {name}", total=batches)

        def progress(done_batches: int, done_runs: int) -> None:
            text = f"training {name}, {done_runs} of {runs} runs done"
            bar.update(task, completed=done_batches, description=text)

        yield progress


def publish(campaign: Campaign, directory: Path) -> None:
    """Write the checkpoints and the accuracy file of all runs of `campaign` that are finished.

    Raises
    ------
    SpecError
        If a run is damaged or a file cannot be written.
    """
    spec, first = campaign.spec, campaign.spec.seeds[0]
    finished = list(_finished(campaign))
    if not finished:
        return
    for weight_format, seed, path in finished:
        if seed == first:
            target = directory / f"{weight_format}.safetensors"
            export_packed(target, spec, weight_format, seed, read_state(path))
    merge_accuracy(directory / "accuracy.csv", [read_result(path) for *_, path in finished])


def _finished(campaign: Campaign) -> Iterator[tuple[str, int, Path]]:
    for weight_format, seed in itertools.product(campaign.formats, campaign.seeds):
        path = run_path(campaign.runs, campaign.spec, weight_format, seed)
        if path.exists():
            yield weight_format, seed, path
