"""What is kept of one training run: everything that was measured, without the weights.

A record is a JSON file named by its key, the SHA-256 of all that decides the run. Training writes
records and studies read them; neither imports the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from lowbit_sim.errors import spec_error

#: stands in the place of a weight format for the fp32 network that fine-tunings start from
PRETRAINED = "pretrained"

#: digits of the key in a file's name
_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was measured in one pass over the training images.

    Parameters
    ----------
    loss : float
        Mean cross-entropy over the training batches.
    train_fraction, validation_fraction : float
        Images classified rightly: training images as they passed, validation images afterwards.
        The latter is the former's companion of 0 if no image is held out.
    zero_fraction : float
        Weights of the body that are zero, of all.
    flip_fraction : float
        Weights of the body whose level is another one than an epoch before, of all.
    gradient_norm : float
        Mean over the batches of the Euclidean norm of all gradients.
    """

    loss: float
    train_fraction: float
    validation_fraction: float
    zero_fraction: float
    flip_fraction: float
    gradient_norm: float


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One layer's weights.

    Parameters
    ----------
    weight_format : str
        Name of their format.
    weights : int
        How many there are.
    level_counts : tuple of int
        Weights at each level, lowest first; empty for a floating-point format.
    """

    weight_format: str
    weights: int
    level_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One training run.

    Parameters
    ----------
    key : str
        SHA-256 of all that decides the run, in hex.
    workload, weight_format, activation_format : str
        What was trained; `PRETRAINED` for the fp32 network before fine-tuning.
    seed : int
        Of the starting weights and of the order of the images.
    data_sha256 : str
        Of the images and labels that were read.
    parameters : int
        Trained numbers, quantisers' steps left out.
    stored_bits : int
        Bits of all layers' weights, each layer packed in words of 64 bit.
    epochs : int
        Epochs behind the network, pre-training included.
    correct, test_images : int
        Test images classified rightly, and all of them.
    validation_images : int
        Images held out of training.
    diverged : str or None
        Why training was stopped, if it was.
    history : tuple of Epoch
        The epochs of this run; those of a pre-training stand in its own record.
    layers : mapping of str to LayerRecord
        By the layer's name.
    weights_sha256 : str
        Of the packed weights.
    seconds : float
        How long it took, on one thread.
    source : str
        The program that measured.
    """

    key: str
    workload: str
    weight_format: str
    activation_format: str
    seed: int
    data_sha256: str
    parameters: int
    stored_bits: int
    epochs: int
    correct: int
    test_images: int
    validation_images: int
    diverged: str | None
    history: tuple[Epoch, ...]
    layers: Mapping[str, LayerRecord]
    weights_sha256: str
    seconds: float
    source: str

    @property
    def value_fraction(self) -> float:
        """Part of the test images that is classified rightly."""
        return self.correct / self.test_images


def record_path(folder: Path, key: str) -> Path:
    """Return where a run store keeps the record of the run called `key`."""
    return folder / f"{key[:_KEY_DIGITS]}.json"


def to_json(record: RunRecord) -> str:
    """Return the record as JSON, one epoch and one layer a line."""
    content = asdict(record)
    epochs = [list(epoch.values()) for epoch in content.pop("history")]
    layers = content.pop("layers")
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in content.items()]
    titles = json.dumps([field.name for field in fields(Epoch)])
    rows = [json.dumps(row) for row in epochs]
    lines.append('"history": [\n' + ",\n".join([titles, *rows]) + "\n]")
    named = [f"{json.dumps(name)}: {json.dumps(layer)}" for name, layer in layers.items()]
    lines.append('"layers": {\n' + ",\n".join(named) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_record(path: Path) -> RunRecord:
    """Read the record at `path`.

    Raises
    ------
    SpecError
        If it is missing, damaged, or filed under a name that is not its key.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        titles, *rows = content.pop("history")
        history = tuple(Epoch(**dict(zip(titles, row, strict=True))) for row in rows)
        layers = {
            name: LayerRecord(**layer | {"level_counts": tuple(layer["level_counts"])})
            for name, layer in content.pop("layers").items()
        }
        record = RunRecord(**content, history=history, layers=layers)
        filed_rightly = record.key[:_KEY_DIGITS] == path.stem
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise spec_error(f"is no whole record of a run, delete it: {error}", path) from error
    if not filed_rightly:
        raise spec_error("is not filed under its own key", path, value=record.key)
    return record
