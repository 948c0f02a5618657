"""The one graph file of a weight-free network, in whichever weight formats are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.network_spec import load_network_spec, network_spec_hash
from lowbit_sim.workload.store import read_graph, read_provenance
from lowbit_sim.workload.weight_format import with_weight_format


def network_graph_path(spec_path: Path) -> Path:
    """Return where the graph of a weight-free network's workload file stands.

    Examples
    --------
    >>> network_graph_path(Path("workloads/resnet50.yaml")).as_posix()
    'workloads/resnet50/graph.json'
    """
    return spec_path.with_suffix("") / "graph.json"


def load_network(spec_path: Path, formats: Sequence[str] = ()) -> tuple[Workload, ...]:
    """Return a weight-free network in every weight format asked for.

    Parameters
    ----------
    spec_path : Path
        ``workloads/<name>.yaml`` with a ``network`` section.
    formats : sequence of str
        Of the file's weight formats; all of them, in the file's order, if empty.

    Raises
    ------
    SpecError
        If the file is faulty, a format is none of its formats, or the graph is missing, damaged
        or of another network.
    """
    spec = load_network_spec(spec_path)
    offered = spec.quantisation.weight_formats
    for name in formats:
        if name not in offered:
            reason = f"is no format of this workload; {nearest(name, offered)}"
            raise spec_error(reason, spec_path, key="quantisation.weight_formats", value=name)
    path = network_graph_path(spec_path)
    remedy = f"run 'lowbit-sim trace {spec_path}'"
    if not path.is_file():
        raise spec_error(f"is missing: {remedy}", path)
    if read_provenance(path).get("spec_hash") != network_spec_hash(spec):
        raise spec_error(f"was traced from another network than {spec_path}: {remedy}", path)
    workload = read_graph(path)
    if workload.name != spec.name:
        raise spec_error(f"is the graph of {workload.name}: {remedy}", path)
    return tuple(with_weight_format(workload, name) for name in formats or offered)
