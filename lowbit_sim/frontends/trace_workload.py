"""Every trained checkpoint of a workload becomes a graph file beside it.

Afterwards nothing needs torch any more: ``workloads/<name>/<format>.graph.json`` says what is
computed, and how the real weights are spread over their levels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.export import model_of
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.spec import (
    IMAGE_CHANNELS,
    IMAGE_SIDE,
    WorkloadSpec,
    load_workload_spec,
    spec_hash,
)
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
    """Write the graph file of every packed checkpoint of a workload.

    Parameters
    ----------
    spec_path : Path
        ``workloads/<name>.yaml``.
    formats : sequence of str, optional
        The weight formats to trace; all of the file's if left out.

    Raises
    ------
    SpecError
        If a format is none of the file's, a checkpoint is missing, altered or of another recipe
        or name, or the network holds what cannot be lowered. Graphs written before stay.
    """
    spec = load_workload_spec(spec_path)
    known = spec.quantisation.weight_formats
    wanted = known if formats is None else formats
    for weight_format in wanted:
        if weight_format not in known:
            reason = f"has no weight format '{weight_format}'; {nearest(weight_format, known)}"
            raise spec_error(reason, spec_path, key="quantisation.weight_formats")
    for weight_format in wanted:
        _trace_checkpoint(spec_path, spec, weight_format)


def _trace_checkpoint(spec_path: Path, spec: WorkloadSpec, weight_format: str) -> None:
    path = spec_path.with_suffix("") / f"{weight_format}.safetensors"
    checkpoint = load_packed(path, spec_hash(spec))
    if (checkpoint.workload, checkpoint.weight_format) != (spec.name, weight_format):
        reason = f"holds {checkpoint.workload} in {checkpoint.weight_format}"
        raise spec_error(reason, path)
    model = model_of(checkpoint, spec)
    images = torch.zeros(1, IMAGE_CHANNELS, IMAGE_SIDE, IMAGE_SIDE)
    provenance: dict[str, str | int] = {
        "checkpoint_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "seed": checkpoint.seed,
        "spec_hash": checkpoint.spec_hash,
        "torch_version": str(torch.__version__).partition("+")[0],  # whatever it was built for
    }
    workload = trace(model, images, spec.name, weight_format)
    write_graph(graph_path(spec_path, weight_format), workload, provenance)
