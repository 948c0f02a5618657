"""The files of a study of mixed precision: where they stand, and that they belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lowbit_sim.errors import spec_error
from lowbit_sim.judge.mixing_spec import Mixing
from lowbit_sim.judge.sensitivity_table import FILE, SensitivityRow, read_sensitivity
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, RunRecord, read_record, record_path
from lowbit_sim.workload.spec import WorkloadSpec
from lowbit_sim.workload.store import read_graph, read_provenance

#: what a graph's provenance calls the run that its weights come from
RUN_KEY = "run_key"


def layers_graph_path(mixing: Mixing, network: WorkloadSpec, weight_format: str) -> Path:
    """Return where the graph of a network with all layers in one format stands, not fine-tuned."""
    return mixing.folder / "graphs" / f"{network.name}_{weight_format}.graph.json"


def layers_key(mixing: Mixing, network: WorkloadSpec) -> str:
    """Return the key of the run that those graphs have their weights from."""
    return run_key(network, PRETRAINED, mixing.spec.seeds[0])


def run_graph_path(mixing: Mixing, key: str) -> Path:
    """Return where the graph of a trained network stands."""
    return mixing.folder / "graphs" / record_path(Path(), key).with_suffix(".graph.json").name


def graph_of_run(mixing: Mixing, path: Path, key: str) -> Workload:
    """Read a graph that was traced from the weights of the run called `key`.

    Raises
    ------
    SpecError
        If it is missing, damaged, or was traced from another run.
    """
    if not path.is_file():
        raise spec_error(f"is missing: {_remedy(mixing)}", path)
    if read_provenance(path).get(RUN_KEY) != key:
        raise spec_error(f"was traced from another run than {key[:16]}: {_remedy(mixing)}", path)
    return read_graph(path)


def recorded(mixing: Mixing, runs: Path, keys: Iterable[str]) -> dict[str, RunRecord]:
    """Return the records of runs, by key.

    Raises
    ------
    SpecError
        If one is missing or damaged.
    """
    wanted = list(keys)
    missing = [key for key in wanted if not record_path(runs, key).is_file()]
    if missing:
        reason = f"{len(missing)} of {len(wanted)} runs are missing: {_remedy(mixing)}"
        raise spec_error(reason, mixing.path)
    return {key: _of_key(record_path(runs, key), key) for key in wanted}


def read_losses(mixing: Mixing) -> tuple[SensitivityRow, ...]:
    """Return the sensitivities that the study wants.

    Raises
    ------
    SpecError
        If the file is missing or damaged, or lacks a network with a seed.
    """
    held = held_losses(mixing)
    for (network, seed), rows in held.items():
        if not rows:
            reason = f"lacks rows of {network} with seed {seed} as the study wants them now"
            raise spec_error(f"{reason}: {_remedy(mixing)}", mixing.folder / FILE)
    return tuple(row for rows in held.values() for row in rows)


def held_losses(mixing: Mixing) -> dict[tuple[str, int], tuple[SensitivityRow, ...]]:
    """Return the sensitivities by network and seed; nothing where not all of them are there.

    Raises
    ------
    SpecError
        If the file is damaged.
    """
    path, spec = mixing.folder / FILE, mixing.spec
    rows = read_sensitivity(path) if path.is_file() else ()
    by_place = {(r.pretrained_key, r.layer, r.weight_format): r for r in rows}
    found: dict[tuple[str, int], tuple[SensitivityRow, ...]] = {}
    for network in mixing.networks:
        layers = layer_names(network.model)
        for seed in spec.seeds:
            key = run_key(network, PRETRAINED, seed)
            places = [(key, layer, name) for layer in layers for name in spec.layer_formats]
            held = [by_place[place] for place in places if place in by_place]
            whole = len(held) == len(places) and all(
                row.hessian_probes == spec.hessian_probes for row in held
            )
            found[network.name, seed] = tuple(held) if whole else ()
    return found


def _of_key(path: Path, key: str) -> RunRecord:
    record = read_record(path)
    if record.key != key or not 0 <= record.correct <= record.test_images or not record.test_images:
        raise spec_error("is damaged, delete it", path, key="key", value=record.key)
    return record


def _remedy(mixing: Mixing) -> str:
    return f"run 'lowbit-sim train {mixing.path}'"
