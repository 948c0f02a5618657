"""``lowbit-sim run``: every weight precision of a workload on a machine, ranked."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.atomic import write_atomically
from lowbit_sim.commands.check import expect_kind
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.errors import spec_error
from lowbit_sim.report.csv_files import write_csv_files
from lowbit_sim.report.terminal import show
from lowbit_sim.study.experiment import EngineName, confirm, simulate
from lowbit_sim.study.manifest import manifest_text
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.ranking import Ranking, rank
from lowbit_sim.study.shipped import Shipped, load_shipped


def run(
    workload_path: Path,
    accelerator_path: Path,
    formats: Sequence[str],
    csv_directory: Path | None,
    engine: EngineName,
    margin_points: float,
) -> None:
    """Simulate, rank and report.

    Raises
    ------
    LowbitSimError
        If an input is wrong, or a format that was asked for by name cannot be run.
    """
    expect_kind(workload_path, "workload")
    expect_kind(accelerator_path, "accelerator")
    machine = load_accelerator(accelerator_path)
    technology = load_technology(machine.technology_path)
    pricing = Pricing(machine, technology, energy_table(technology, machine))
    shipped = load_shipped(workload_path, formats)
    if csv_directory is not None:
        _check_writable(csv_directory)
    study = simulate(shipped.workloads, shipped.accuracies, shipped.dataset, pricing, engine)
    refusals = {result.weight_format: result.refusal for result in study.results}
    _check_computable(refusals, formats, accelerator_path)
    ranking = rank(study, margin_points / 100)
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100)
    show(ranking, console, _engine_note(ranking))
    if csv_directory is not None:
        _write(ranking, shipped, [workload_path, accelerator_path], csv_directory)
        console.print(f"\nwrote {csv_directory}/: cost, layers, ranking (.csv), manifest.json")


def _check_computable(
    refusals: dict[str, str | None], formats: Sequence[str], accelerator_path: Path
) -> None:
    """Refuse a format that was asked for by name, and a machine that can run nothing."""
    refused = {name: reason for name, reason in refusals.items() if reason}
    asked = [name for name in formats if name in refused]
    if asked:
        raise spec_error(f"cannot run {asked[0]}: {refused[asked[0]]}", accelerator_path)
    if len(refused) == len(refusals):
        name, reason = next(iter(refused.items()))
        raise spec_error(f"runs no format of this workload; {name}: {reason}", accelerator_path)


def _engine_note(ranking: Ranking) -> str:
    study = ranking.study
    first = ranking.formats[0].result
    if study.engine != "closed_form" or first.refusal is not None:
        return f"Cycles: {study.engine} engine."
    difference = confirm(first)
    layers = len(first.layers)
    if difference == 0:
        return f"Cycles: closed form; event-driven engine equal on all {layers} layers of the best."
    return f"Cycles: closed form, at most {difference:,} above the event-driven engine on a layer."


def _check_writable(directory: Path) -> None:
    """Find out before simulating whether the results can be kept."""
    if directory.exists() and not directory.is_dir():
        raise spec_error("cannot be written: is no directory", directory)
    probe = directory / ".writable"
    write_atomically(probe, "")
    probe.unlink()


def _write(ranking: Ranking, shipped: Shipped, specs: list[Path], directory: Path) -> None:
    outputs = write_csv_files(ranking, directory)
    inputs = [*specs, ranking.study.pricing.machine.technology_path, *shipped.files]
    seeds = sorted({seed for one in shipped.accuracies.values() for seed in one.fractions})
    text = manifest_text(["lowbit-sim", *sys.argv[1:]], inputs, outputs, seeds)
    write_atomically(directory / "manifest.json", text)
