"""What belongs to a workload file: graphs, weights and accuracies, checked to belong together.

``<folder>/<name>.yaml`` describes a workload. A trained one has in ``<folder>/<name>/`` an
``accuracy.csv`` and, for every weight format, ``<format>.safetensors`` and the
``<format>.graph.json`` traced from it; a network without weights has one ``graph.json``, and may
have a ``published_accuracy.csv`` that stands in for training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.study.accuracy import Accuracy, read_accuracy
from lowbit_sim.study.manifest import file_sha256
from lowbit_sim.study.published import published_path, read_published
from lowbit_sim.workload.checkpoint import Checkpoint, load_packed
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.levels import LayerLevels, layer_levels
from lowbit_sim.workload.network_graph import load_network, network_graph_path
from lowbit_sim.workload.network_spec import load_network_spec, workload_kind
from lowbit_sim.workload.spec import WorkloadSpec, load_workload_spec, spec_hash
from lowbit_sim.workload.store import read_graph, read_provenance

#: the format that accuracy and size are measured against
BASELINE = "fp32"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A workload in every format asked for.

    Parameters
    ----------
    workloads : tuple of Workload
        One for each format, in the order of the YAML.
    accuracies : mapping of str to Accuracy
        By weight format; for a network without weights those that were published, if any.
    dataset : str or None
        Name of the images behind the accuracies; of published ones, the metric.
    files : tuple of Path
        Everything that was read beside the YAML.
    checkpoints : mapping of str to Checkpoint
        The trained weights by weight format; empty for a network without.
    """

    workloads: tuple[Workload, ...]
    accuracies: Mapping[str, Accuracy]
    dataset: str | None
    files: tuple[Path, ...]
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=dict)

    def levels(self, workload: Workload) -> LayerLevels:
        """Return the levels of the weights in one format, drawn where there are none."""
        return layer_levels(workload, self.checkpoints.get(workload.weight_format))


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
    if workload_kind(path) == "trained":
        return _load_trained(path, formats)
    return _load_network(path, formats)


def _load_network(path: Path, formats: Sequence[str]) -> Shipped:
    spec = load_network_spec(path)
    offered = spec.quantisation.weight_formats
    wanted = [*formats, BASELINE] if formats and BASELINE in offered else formats
    workloads = load_network(path, tuple(dict.fromkeys(wanted)))
    graph, table = network_graph_path(path), published_path(path)
    if not table.is_file():
        return Shipped(workloads, {}, None, (graph,))
    _check_baseline(path, offered)
    accuracies = read_published(table, spec.name, offered, BASELINE)
    return Shipped(workloads, accuracies, accuracies[BASELINE].metric, (graph, table))


def _load_trained(path: Path, formats: Sequence[str]) -> Shipped:
    spec = load_workload_spec(path)
    wanted = _wanted(path, spec, formats)
    folder = path.parent / spec.name
    table = folder / "accuracy.csv"
    if not table.is_file():
        raise spec_error(f"is missing: {_remedy(path)}", table)
    accuracies = read_accuracy(table, spec.name, spec_hash(spec))
    workloads, checkpoints = [], {}
    files = [table]
    for name in wanted:
        measured = accuracies[name].fractions.keys() if name in accuracies else set()
        lacking = sorted(set(spec.seeds) - measured)
        if lacking:
            reason = f"has no row for {name} with seed {', '.join(map(str, lacking))}"
            raise spec_error(f"{reason}: {_remedy(path)}", table)
        workload, checkpoints[name] = _load_format(path, spec, name)
        workloads.append(workload)
        files += [folder / f"{name}.safetensors", folder / f"{name}.graph.json"]
    dataset = spec.data.dataset
    return Shipped(tuple(workloads), accuracies, dataset, tuple(files), checkpoints)


def _wanted(path: Path, spec: WorkloadSpec, formats: Sequence[str]) -> list[str]:
    offered = spec.quantisation.weight_formats
    for name in formats:
        if name not in offered:
            reason = f"is no format of this workload; {nearest(name, offered)}"
            raise spec_error(reason, path, key="quantisation.weight_formats", value=name)
    _check_baseline(path, offered)
    return [name for name in offered if not formats or name in (*formats, BASELINE)]


def _check_baseline(path: Path, offered: Sequence[str]) -> None:
    if BASELINE not in offered:
        reason = f"must hold {BASELINE}, against which lost accuracy is measured"
        raise spec_error(reason, path, key="quantisation.weight_formats")


def _load_format(path: Path, spec: WorkloadSpec, name: str) -> tuple[Workload, Checkpoint]:
    """Read one format's graph and checkpoint, once the latter is proven whole and of this spec."""
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
    return workload, checkpoint


def _remedy(path: Path) -> str:
    return f"run 'lowbit-sim train {path}'"
