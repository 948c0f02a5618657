"""One run to do, from the images to the files in the store."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from lowbit_sim import __version__
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.storage import stored_bits
from lowbit_sim.training.datasets import Split, load_split
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.export import PACKING, packed_checkpoint
from lowbit_sim.training.measuring import count_correct, quantised_layers
from lowbit_sim.training.models import layer_formats
from lowbit_sim.training.optimisation import is_step
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.training.serialise import serialise
from lowbit_sim.training.trainer import Task, Trained, restored, train
from lowbit_sim.workload.data_spec import DataSpec
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, LayerRecord, RunRecord
from lowbit_sim.workload.spec import WorkloadSpec


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
    store : RunStore
        Where finished and unfinished runs are kept.
    device : str
        A torch device.
    """

    spec: WorkloadSpec
    weight_format: str
    seed: int
    store: RunStore
    device: str

    @property
    def key(self) -> str:
        """What decides the run."""
        return run_key(self.spec, self.weight_format, self.seed)

    @property
    def needs(self) -> str | None:
        """The key of the run that this one starts from."""
        if self.weight_format == PRETRAINED:
            return None
        return run_key(self.spec, PRETRAINED, self.seed)

    @property
    def batch_macs(self) -> int:
        """Roughly what a batch costs, beside one of another network."""
        return self.spec.recipe.batch_size * self.spec.model.macs(self.spec.data.shape)

    @property
    def epochs(self) -> int:
        """Passes over the training images."""
        recipe = self.spec.recipe
        phase = recipe.pretraining if self.weight_format == PRETRAINED else recipe.finetuning
        return phase.epochs


def run_job(job: Job, tick: Callable[[], None]) -> None:
    """Train, measure and write the run of `job`.

    Raises
    ------
    TrainingError
        If a pre-training diverges: nothing could start from it.
    SpecError
        If the images or the pre-trained network cannot be read, or the run cannot be written.
    """
    if job.store.has(job.key) and job.store.weights_path(job.key).exists():
        return  # another campaign was faster
    started = time.process_time()
    split = _split(job.spec.data, job.device)
    task = Task(job.spec, job.weight_format, job.seed, job.store.partial_path(job.key))
    start = None if job.needs is None else job.store.pretrained(job.needs)
    trained = train(task, split, start, tick)
    if job.weight_format == PRETRAINED:
        if trained.diverged is not None:
            title = f"{job.spec.name}: fp32 pre-training, seed {job.seed}"
            raise TrainingError(f"{title}: {trained.diverged}; lower its learning_rate")
        weights = serialise(trained.state, {})
    else:
        weights = packed_checkpoint(job.spec, job.weight_format, job.seed, trained.state)
    record = _record(job, task, split, trained, weights, time.process_time() - started)
    job.store.write(record, weights)


@functools.cache
def _split(data: DataSpec, device: str) -> Split:
    return load_split(data).to(device)


def _record(
    job: Job, task: Task, split: Split, trained: Trained, weights: bytes, seconds: float
) -> RunRecord:
    model = restored(job.spec, task.network_format, trained.state)
    layers = _layers(model)
    recipe = job.spec.recipe
    before = 0 if job.weight_format == PRETRAINED else recipe.pretraining.epochs
    return RunRecord(
        key=job.key,
        workload=job.spec.name,
        weight_format=job.weight_format,
        activation_format=layer_formats(job.spec.quantisation, task.network_format).activation,
        seed=job.seed,
        data_sha256=split.data_sha256,
        parameters=sum(p.numel() for name, p in model.named_parameters() if not is_step(name)),
        stored_bits=sum(
            stored_bits(number_format(layer.weight_format), PACKING, layer.weights)
            for layer in layers.values()
        ),
        epochs=before + len(trained.history),
        correct=count_correct(model.to(job.device), split.test),
        test_images=len(split.test),
        validation_images=len(split.validation),
        diverged=trained.diverged,
        history=trained.history,
        layers=layers,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        seconds=round(seconds, 1),
        source=f"lowbit-sim {__version__} train; torch {torch.__version__}",
    )


def _layers(model: nn.Module) -> dict[str, LayerRecord]:
    found = {}
    for name, layer in quantised_layers(model).items():
        counts: tuple[int, ...] = ()
        if layer.levels:
            counted = layer.codes().reshape(-1).bincount(minlength=len(layer.levels))
            counts = tuple(counted.tolist())
        found[name] = LayerRecord(layer.weight_format, layer.weight.numel(), counts)
    return found
