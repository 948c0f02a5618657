"""A study of mixed precision from its file: sensitivities, mixtures, their training, the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lowbit_sim.errors import SpecError

if TYPE_CHECKING:
    from torch import nn

    from lowbit_sim.judge.mixing_spec import Mixing
    from lowbit_sim.judge.mixture import Mixture
    from lowbit_sim.judge.sensitivity_table import SensitivityRow
    from lowbit_sim.training.campaign import Means
    from lowbit_sim.training.jobs import Job
    from lowbit_sim.workload.spec import WorkloadSpec


def train_mixing(path: Path, means: Means) -> None:
    """Make what a study lacks: sensitivities, graphs, runs; what is there is kept.

    Raises
    ------
    SpecError
        If a file is wrong or damaged, or cannot be written.
    TrainingError
        If a pre-training diverges, or a training process is lost.
    """
    from lowbit_sim.judge.mixing import choices, compared, trained
    from lowbit_sim.judge.mixing_spec import load_mixing
    from lowbit_sim.training.campaign import Wanted, train_missing

    mixing = load_mixing(path)
    _measure(mixing, means)
    chosen = choices(mixing)
    networks = trained(mixing, chosen)
    seeds = mixing.spec.seeds
    wanted = [Wanted(one.spec, (one.weight_format,), seeds) for one in networks.values()]
    train_missing(mixing.spec.name, wanted, means)
    _trace_runs(mixing, compared(mixing, chosen), means)
    count = len(networks) * len(seeds)
    print(f"{count} runs of {mixing.spec.name} are trained")  # noqa: T201


def mixing_files(path: Path, runs: Path) -> dict[str, str]:
    """Return the content of the study's page and tables by name, the page first.

    Raises
    ------
    SpecError
        If a file is wrong or damaged, or something has not been measured or trained yet.
    """
    from lowbit_sim.judge.mixing import choices
    from lowbit_sim.judge.mixing_files import read_losses
    from lowbit_sim.judge.mixing_outcome import outcomes
    from lowbit_sim.judge.mixing_spec import load_mixing
    from lowbit_sim.report.mixing_csv import mixtures_csv, runs_csv
    from lowbit_sim.report.mixing_page import mixing_page

    mixing = load_mixing(path)
    found = outcomes(mixing, choices(mixing), runs)
    return {
        "README.md": mixing_page(found, read_losses(mixing)),
        "mixtures.csv": mixtures_csv(found),
        "runs.csv": runs_csv(found),
    }


def _measure(mixing: Mixing, means: Means) -> None:
    """Measure single layers and trace rounded networks, as far as that is not done."""
    from lowbit_sim.atomic import write_atomically
    from lowbit_sim.judge.mixing_files import held_losses
    from lowbit_sim.judge.sensitivity_table import FILE, sensitivity_text

    rows = held_losses(mixing)
    for network in mixing.networks:
        for seed in mixing.spec.seeds:
            if not rows[network.name, seed]:
                rows[network.name, seed] = _sensitivities(mixing, network, seed, means)
                found = [row for some in rows.values() for row in some]
                write_atomically(mixing.folder / FILE, sensitivity_text(found))
        _trace_rounded(mixing, network, means)


def _make_weights(jobs: list[Job], means: Means) -> None:
    """Train what has no weights here; records travel with the project, weights do not."""
    from lowbit_sim.training.workers import run_jobs

    lacking = [job for job in jobs if not means.store.weights_path(job.key).exists()]
    run_jobs(lacking, means.processes, lambda _macs, _runs: None)


def _job(spec: WorkloadSpec, weight_format: str, seed: int, means: Means) -> Job:
    from lowbit_sim.training.jobs import Job

    return Job(spec, weight_format, seed, means.store, means.device)


def _sensitivities(
    mixing: Mixing, network: WorkloadSpec, seed: int, means: Means
) -> tuple[SensitivityRow, ...]:
    from lowbit_sim.judge.sensitivity_table import SensitivityRow
    from lowbit_sim.training.datasets import load_split
    from lowbit_sim.training.sensitivity import sensitivities
    from lowbit_sim.training.trainer import restored
    from lowbit_sim.workload.run_record import PRETRAINED

    job, spec = _job(network, PRETRAINED, seed, means), mixing.spec
    _make_weights([job], means)
    model = restored(network, "fp32", means.store.pretrained(job.key))
    held_out = load_split(network.data).validation
    return tuple(
        SensitivityRow(
            network.name,
            seed,
            job.key,
            spec.hessian_probes,
            one.layer,
            one.weight_format,
            one.weights,
            round(one.loss_increase, 6),
            round(one.second_order_increase, 6),
            one.lost_images,
        )
        for one in sensitivities(model, held_out, spec.layer_formats, spec.hessian_probes, seed)
    )


def _trace_rounded(mixing: Mixing, network: WorkloadSpec, means: Means) -> None:
    from lowbit_sim.judge.mixing_files import graph_of_run, layers_graph_path, layers_key
    from lowbit_sim.training.datasets import load_split
    from lowbit_sim.training.rounding import rounded_network
    from lowbit_sim.workload.run_record import PRETRAINED

    key = layers_key(mixing, network)
    paths = {name: layers_graph_path(mixing, network, name) for name in mixing.spec.layer_formats}
    missing = {name: path for name, path in paths.items() if not _is_there(mixing, path, key)}
    if not missing:
        return
    _make_weights([_job(network, PRETRAINED, mixing.spec.seeds[0], means)], means)
    state = means.store.pretrained(key)
    images = load_split(network.data).train.images(slice(network.recipe.batch_size))
    for name, path in missing.items():
        model = rounded_network(network, state, name, images)
        _write_graph(path, model, network, name, key)
        graph_of_run(mixing, path, key)


def _trace_runs(mixing: Mixing, networks: Mapping[str, Mixture], means: Means) -> None:
    """Trace the first seed of every network."""
    from lowbit_sim.judge.mixing_files import run_graph_path
    from lowbit_sim.training.export import model_of
    from lowbit_sim.workload.checkpoint import load_packed

    for key, one in networks.items():
        path = run_graph_path(mixing, key)
        if _is_there(mixing, path, key):
            continue
        _make_weights([_job(one.spec, one.weight_format, mixing.spec.seeds[0], means)], means)
        checkpoint = load_packed(means.store.weights_path(key))
        _write_graph(path, model_of(checkpoint, one.spec), one.spec, one.weight_format, key)


def _is_there(mixing: Mixing, path: Path, key: str) -> bool:
    from lowbit_sim.judge.mixing_files import graph_of_run

    try:
        graph_of_run(mixing, path, key)
    except SpecError:
        return False
    return True


def _write_graph(path: Path, model: nn.Module, spec: WorkloadSpec, name: str, key: str) -> None:
    import torch

    from lowbit_sim.frontends.torch_export import trace
    from lowbit_sim.judge.mixing_files import RUN_KEY
    from lowbit_sim.workload.store import write_graph

    image = spec.data.shape
    images = torch.zeros(1, image.channels, image.side, image.side)
    version = str(torch.__version__).partition("+")[0]
    provenance: dict[str, str | int] = {RUN_KEY: key, "torch_version": version}
    write_graph(path, trace(model, images, spec.name, name), provenance)
