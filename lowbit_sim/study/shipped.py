"""What a trained workload ships: graphs, packed checkpoints and accuracies, checked to belong.

``<folder>/<name>.yaml`` describes a workload; ``<folder>/<name>/`` holds ``accuracy.csv`` and for
every weight format ``<format>.safetensors`` and the ``<format>.graph.json`` traced from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.study.accuracy import Accuracy, read_accuracy
from lowbit_sim.study.manifest import file_sha256
from lowbit_sim.study.ranking import BASELINE
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.spec import WorkloadSpec, load_workload_spec, spec_hash
from lowbit_sim.workload.store import read_graph, read_provenance


@dataclass(frozen=True, slots=True)
class Shipped:
    """A workload in every format asked for.

    Parameters
    ----------
    workloads : tuple of Workload
        One for each format, in the order of the YAML.
    accuracies : dict of str to Accuracy
        By weight format.
    dataset : str
        Name of the images behind the accuracies.
    files : tuple of Path
        Everything that was read beside the YAML.
    """

    workloads: tuple[Workload, ...]
    accuracies: dict[str, Accuracy]
    dataset: str
    files: tuple[Path, ...]


def load_shipped(path: Path, formats: Sequence[str]) -> Shipped:
    """Read what belongs to the workload file at `path`.

    Parameters
    ----------
    path : Path
        ``workloads/<name>.yaml``.
    formats : sequence of str
        The formats asked for, all of the YAML's if empty; the baseline always comes along.

    Raises
    ------
    SpecError
        If a format is not in the YAML, or a file is missing, damaged or of another spec.
    """
    spec = load_workload_spec(path)
    offered = spec.quantisation.weight_formats
    for name in formats:
        if name not in offered:
            reason = f"is no format of this workload; {nearest(name, offered)}"
            raise spec_error(reason, path, key="quantisation.weight_formats", value=name)
    if BASELINE not in offered:
        reason = f"must hold {BASELINE}, against which lost accuracy is measured"
        raise spec_error(reason, path, key="quantisation.weight_formats")
    wanted = [name for name in offered if not formats or name in (*formats, BASELINE)]
    folder = path.parent / spec.name
    table = folder / "accuracy.csv"
    if not table.is_file():
        raise spec_error(f"is missing: {_remedy(path)}", table)
    accuracies = read_accuracy(table, spec.name, spec_hash(spec))
    workloads = []
    files = [table]
    for name in wanted:
        measured = accuracies[name].fractions.keys() if name in accuracies else set()
        lacking = sorted(set(spec.seeds) - measured)
        if lacking:
            reason = f"has no row for {name} with seed {', '.join(map(str, lacking))}"
            raise spec_error(f"{reason}: {_remedy(path)}", table)
        workloads.append(_load_format(path, spec, name))
        files += [folder / f"{name}.safetensors", folder / f"{name}.graph.json"]
    return Shipped(tuple(workloads), accuracies, spec.data.dataset, tuple(files))


def _load_format(path: Path, spec: WorkloadSpec, name: str) -> Workload:
    """Read one format's graph, after its checkpoint is proven whole and of this spec."""
    checkpoint_path = path.parent / spec.name / f"{name}.safetensors"
    graph_path = checkpoint_path.with_name(f"{name}.graph.json")
    if not checkpoint_path.is_file():
        raise spec_error(f"is missing: {_remedy(path)}", checkpoint_path)
    if not graph_path.is_file():
        raise spec_error(f"is missing: run 'lowbit-sim trace {path}'", graph_path)
    checkpoint = load_packed(checkpoint_path, spec_hash(spec))
    found = (checkpoint.workload, checkpoint.weight_format)
    if found != (spec.name, name):
        raise spec_error(f"holds {' in '.join(found)}: {_remedy(path)}", checkpoint_path)
    if read_provenance(graph_path).get("checkpoint_sha256") != file_sha256(checkpoint_path):
        raise spec_error(
            f"was traced from another checkpoint than {checkpoint_path.name}: "
            f"run 'lowbit-sim trace {path}'",
            graph_path,
        )
    workload = read_graph(graph_path)
    if (workload.name, workload.weight_format) != found:
        reason = f"is the graph of {workload.name} in {workload.weight_format}"
        raise spec_error(reason, graph_path)
    return workload


def _remedy(path: Path) -> str:
    return f"run 'lowbit-sim train {path}'"
