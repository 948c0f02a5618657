"""The run directory: one file per finished run, written whole or not at all.

``<runs>/<workload>/<first 12 digits of the spec hash>/<weight format>-seed<seed>.safetensors``
holds the network's state and, as metadata, what was measured. `PRETRAINED` stands in the place
of the format for the fp32 network that all runs of a seed start from.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from lowbit_sim import __version__
from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.training.models import layer_formats
from lowbit_sim.training.serialise import serialise
from lowbit_sim.training.trainer import State
from lowbit_sim.workload.spec import WorkloadSpec, spec_hash

#: stands in the place of a weight format for the fp32 network before fine-tuning
PRETRAINED = "pretrained"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What was measured of one trained network; the fields are the accuracy file's columns.

    Parameters
    ----------
    workload, weight_format, activation_format : str
        What was trained.
    seed : int
        The seed of its starting weights and of the order of the images.
    metric : str
        ``top1``: a test image counts if the largest logit is that of its label.
    correct, test_images : int
        Test images counted, and all of them.
    epochs : int
        Passes over the training images, before and after quantisation.
    spec_hash : str
        Names the recipe.
    source : str
        The program that measured.
    """

    workload: str
    weight_format: str
    activation_format: str
    seed: int
    metric: str
    correct: int
    test_images: int
    epochs: int
    spec_hash: str
    source: str

    @property
    def value_fraction(self) -> float:
        """Part of the test images that is classified rightly."""
        return self.correct / self.test_images


def run_result(
    spec: WorkloadSpec, weight_format: str, seed: int, correct: int, test_images: int
) -> RunResult:
    """Return the record of a network that was just trained and measured."""
    return RunResult(
        spec.name,
        weight_format,
        layer_formats(spec.quantisation, weight_format).activation,
        seed,
        "top1",
        correct,
        test_images,
        spec.recipe.pretrain_epochs + spec.recipe.finetune_epochs,
        spec_hash(spec),
        f"lowbit-sim {__version__} train; torch {torch.__version__}",
    )


def run_path(runs: Path, spec: WorkloadSpec, weight_format: str, seed: int) -> Path:
    """Return where the run of `weight_format` and `seed` is kept under the directory `runs`."""
    return runs / spec.name / spec_hash(spec)[:12] / f"{weight_format}-seed{seed}.safetensors"


def write_run(path: Path, state: State, result: RunResult | None = None) -> None:
    """Write a finished run; a pre-training has no result."""
    about = {} if result is None else {"result": json.dumps(asdict(result))}
    write_atomically(path, serialise(state, about))


def read_state(path: Path) -> State:
    """Return the state of the run at `path`.

    Raises
    ------
    SpecError
        If the file is damaged.
    """
    try:
        return safetensors.torch.load(path.read_bytes())
    except (OSError, safetensors.SafetensorError) as error:
        raise spec_error(f"cannot be read, delete it and train again: {error}", path) from error


def read_result(path: Path) -> RunResult:
    """Return what was measured of the run at `path`.

    Raises
    ------
    SpecError
        If the file is damaged.
    """
    try:
        with safetensors.safe_open(path, framework="np") as opened:
            return RunResult(**json.loads(opened.metadata()["result"]))
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise spec_error(f"cannot be read, delete it and train again: {error}", path) from error
