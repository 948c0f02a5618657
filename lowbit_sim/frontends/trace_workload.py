"""Every trained checkpoint of a workload becomes a graph file, a weight-free network just one.

Afterwards nothing needs torch any more: ``workloads/<name>/<format>.graph.json`` says what is
computed, and how the real weights are spread over their levels; ``workloads/<name>/graph.json``
says it of a weight-free network, for every weight format at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.frontends.networks.build import build_network
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.export import model_of
from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.network_graph import network_graph_path
from lowbit_sim.workload.network_spec import (
    NetworkWorkloadSpec,
    graph_format,
    load_network_spec,
    network_spec_hash,
    workload_kind,
)
from lowbit_sim.workload.spec import WorkloadSpec, load_workload_spec, spec_hash
from lowbit_sim.workload.store import write_graph


def graph_path(spec_path: Path, weight_format: str) -> Path:
    """Return where the graph of a workload file's network in one format stands.

    Examples
    --------
    >>> graph_path(Path("workloads/vit.yaml"), "levels_5").as_posix()
    'workloads/vit/levels_5.graph.json'
    """
    return spec_path.with_suffix("") / f"{weight_format}.graph.json"


def trace_workload(spec_path: Path, formats: Sequence[str] | None = None) -> None:
    """Write the graph files of a workload.

    Parameters
    ----------
    spec_path : Path
        ``workloads/<name>.yaml``.
    formats : sequence of str, optional
        The weight formats whose checkpoints to trace; all of the file's if left out. The graph
        of a weight-free network has all formats in any case.

    Raises
    ------
    SpecError
        If a format is none of the file's, a checkpoint is missing, altered or of another recipe
        or name, or the network holds what cannot be lowered. Graphs written before stay.
    """
    is_network = workload_kind(spec_path) == "network"
    spec = load_network_spec(spec_path) if is_network else load_workload_spec(spec_path)
    known = spec.quantisation.weight_formats
    wanted = known if formats is None else formats
    for weight_format in wanted:
        if weight_format not in known:
            reason = f"has no weight format '{weight_format}'; {nearest(weight_format, known)}"
            raise spec_error(reason, spec_path, key="quantisation.weight_formats")
    if isinstance(spec, NetworkWorkloadSpec):
        _trace_network(spec_path, spec)
        return
    for weight_format in wanted:
        _trace_checkpoint(spec_path, spec, weight_format)


def _trace_network(spec_path: Path, spec: NetworkWorkloadSpec) -> None:
    weight_format = graph_format(spec.quantisation)
    model, inputs = build_network(spec, weight_format)
    workload = trace(model, inputs, spec.name, weight_format)
    published = [
        parameter.numel()
        for name, parameter in model.named_parameters()
        if not name.endswith(QuantisedWeight.STEP_NAMES)
    ]
    provenance: dict[str, str | int] = {
        "parameters": sum(published),  # norms not folded yet
        "spec_hash": network_spec_hash(spec),
        "torch_version": _torch_version(),
    }
    write_graph(network_graph_path(spec_path), workload, provenance)


def _torch_version() -> str:
    return str(torch.__version__).partition("+")[0]  # whatever it was built for


def _trace_checkpoint(spec_path: Path, spec: WorkloadSpec, weight_format: str) -> None:
    path = spec_path.with_suffix("") / f"{weight_format}.safetensors"
    checkpoint = load_packed(path, spec_hash(spec))
    if (checkpoint.workload, checkpoint.weight_format) != (spec.name, weight_format):
        reason = f"holds {checkpoint.workload} in {checkpoint.weight_format}"
        raise spec_error(reason, path)
    model = model_of(checkpoint, spec)
    image = spec.data.shape
    images = torch.zeros(1, image.channels, image.side, image.side)
    provenance: dict[str, str | int] = {
        "checkpoint_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "seed": checkpoint.seed,
        "spec_hash": checkpoint.spec_hash,
        "torch_version": _torch_version(),
    }
    workload = trace(model, images, spec.name, weight_format)
    write_graph(graph_path(spec_path, weight_format), workload, provenance)
