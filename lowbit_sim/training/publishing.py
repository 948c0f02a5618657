"""A workload's trained networks as its own files: packed checkpoints and the accuracy file."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.training.accuracy_file import merge_accuracy
from lowbit_sim.training.campaign import Means, Wanted, finished, train_missing
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.export import restamped
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.workload.spec import load_workload_spec


def train_workload(
    spec_path: Path, formats: Sequence[str] | None, seeds: Sequence[int] | None, means: Means
) -> None:
    """Train the workload at `spec_path` and write its checkpoints and its accuracy file.

    Checkpoints of the first of the workload's seeds and ``accuracy.csv`` go to the directory
    beside the file that has its name, those of finished runs also if training is interrupted.

    Parameters
    ----------
    spec_path : Path
        ``workloads/<name>.yaml``.
    formats, seeds : sequence, optional
        To train instead of those of the file.
    means : Means
        What there is to train with.

    Raises
    ------
    SpecError
        If the workload, a format or a seed is not valid; see also `train_missing`.
    TrainingError
        If a network diverged: it is no network to publish.
    """
    spec = load_workload_spec(spec_path)
    if any(seed < 0 for seed in seeds or ()):
        raise spec_error("seeds must be zero or more", value=min(seeds or ()))
    if spec.recipe.quantiser.step == "codebook":
        reason = "a codebook's values are no levels that a machine computes with; a study may"
        raise spec_error(f"{reason} train it", spec_path, key="recipe.quantiser.step")
    names = {number_format(name).name for name in formats or spec.quantisation.weight_formats}
    ordered = tuple(name for name in FORMATS if name in names)
    wanted = Wanted(spec, ordered, tuple(dict.fromkeys(seeds or spec.seeds)))
    directory = spec_path.with_suffix("")
    try:
        train_missing(spec.name, [wanted], means)
    except KeyboardInterrupt:
        with contextlib.suppress(TrainingError):
            publish(wanted, means.store, directory)
        raise
    publish(wanted, means.store, directory)


def publish(wanted: Wanted, store: RunStore, directory: Path) -> None:
    """Write the checkpoints and the accuracy file of all runs of `wanted` that are finished.

    Raises
    ------
    SpecError
        If a run is damaged or a file cannot be written.
    TrainingError
        If a finished run diverged.
    """
    records = finished(wanted, store)
    for record in records:
        if record.diverged is not None:
            title = f"{wanted.spec.name}: {record.weight_format}, seed {record.seed}"
            raise TrainingError(f"{title} diverged: {record.diverged}")
    for record in records:
        if record.seed == wanted.spec.seeds[0]:
            target = directory / f"{record.weight_format}.safetensors"
            write_atomically(target, restamped(store.weights(record.key), wanted.spec))
    if records:
        merge_accuracy(directory / "accuracy.csv", wanted.spec, records)
