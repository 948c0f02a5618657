"""``lowbit-sim run``: every weight precision of a workload on a machine, ranked."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.atomic import write_atomically
from lowbit_sim.commands.check import expect_kind
from lowbit_sim.commands.pricing import pricings
from lowbit_sim.commands.verification import verify_and_show
from lowbit_sim.errors import spec_error
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.report.csv_files import write_csv_files
from lowbit_sim.report.explain import check_layer, explain, only
from lowbit_sim.report.technologies import elsewhere
from lowbit_sim.report.terminal import show
from lowbit_sim.study.experiment import EngineName, FormatResult, Study, confirm, simulate
from lowbit_sim.study.manifest import manifest_text
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.ranking import Ranking, rank
from lowbit_sim.study.shipped import Shipped, load_shipped
from lowbit_sim.workload.op import FREE_KINDS

#: events beyond which a picture leaves inner boundaries out
_DRAWN = 10_000


@dataclass(frozen=True, slots=True)
class Options:
    """What can be asked of a run, besides the two files.

    Parameters
    ----------
    formats : sequence of str
        Only these weight formats, and the baseline; all if empty.
    csv_directory, timeline : Path or None
        Where to write tables, and the trace of one inference.
    engine : str
        What makes the cycles.
    objective : str
        What the mapper minimises.
    margin_points : float
        Accuracy that may be lost against the baseline [point].
    explain : str or None
        A layer to be explained, in the best format or the first of `formats`.
    verify : bool
        Whether every product is executed tile by tile and compared.
    technologies : sequence of str
        What prices the machine instead of its own technology: the first is reported, each further
        one compared with it.
    """

    formats: Sequence[str]
    csv_directory: Path | None
    timeline: Path | None
    engine: EngineName
    objective: Objective
    margin_points: float
    explain: str | None
    verify: bool
    technologies: Sequence[str] = ()


def run(workload_path: Path, accelerator_path: Path, options: Options) -> None:
    """Simulate, rank and report.

    Raises
    ------
    LowbitSimError
        If an input is wrong, a format that was asked for by name cannot be run, or a product
        does not verify.
    """
    expect_kind(workload_path, "workload")
    expect_kind(accelerator_path, "accelerator")
    machine = load_accelerator(accelerator_path)
    priced = pricings(machine, options.technologies)
    shipped = load_shipped(workload_path, options.formats)
    _check_options(options, shipped)
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100)
    studies = _simulated(shipped, priced, options, console)
    study = studies[0]
    refusals = {result.weight_format: result.refusal for result in study.results}
    _check_computable(refusals, options.formats, accelerator_path)
    ranking, *others = (rank(one, options.margin_points / 100) for one in studies)
    chosen = _chosen(ranking, options.formats)
    if options.explain is not None:
        explain(chosen, options.explain, machine, console)
    else:
        notes = [_engine_note(ranking), *(elsewhere(ranking, other) for other in others)]
        show(ranking, console, notes)
    if options.verify:
        verify_and_show(
            workload_path,
            shipped,
            _verified(ranking, shipped, options.formats),
            console,
        )
    if options.timeline is not None:
        drawn = chosen if options.explain is None else only(chosen, options.explain)
        _write_timeline(shipped, drawn, machine, options.timeline, console)
    if options.csv_directory is not None:
        _write(ranking, shipped, [workload_path, accelerator_path], options.csv_directory)
        where = options.csv_directory
        console.print(f"\nwrote {where}/: cost, layers, ranking (.csv), manifest.json")


def _simulated(
    shipped: Shipped, priced: Sequence[Pricing], options: Options, console: Console
) -> list[Study]:
    """Return the study in each technology."""
    name = shipped.workloads[0].name
    with console.status("mapping …") as status:
        return [
            simulate(
                shipped,
                pricing,
                options.engine,
                options.objective,
                lambda weight_format: status.update(f"mapping {name} in {weight_format} …"),
            )
            for pricing in priced
        ]


def _chosen(ranking: Ranking, formats: Sequence[str]) -> FormatResult:
    """Return the format that is looked at closely: the first asked for, or the best."""
    if formats:
        return next(r.result for r in ranking.formats if r.result.weight_format == formats[0])
    return ranking.formats[0].result


def _verified(ranking: Ranking, shipped: Shipped, formats: Sequence[str]) -> list[FormatResult]:
    """Return the formats to carry out: those asked for, else all trained ones, or the best."""
    runs = [r.result for r in ranking.formats if r.result.refusal is None]
    if formats:
        return [result for result in runs if result.weight_format in formats]
    return runs if shipped.checkpoints else runs[:1]


def _write_timeline(
    shipped: Shipped, result: FormatResult, machine: Accelerator, path: Path, console: Console
) -> None:
    from lowbit_sim.report.timeline import timeline, trace_text
    from lowbit_sim.report.timeline_picture import timeline_svg
    from lowbit_sim.study.overlap import overlapped

    workload = next(w for w in shipped.workloads if w.weight_format == result.weight_format)
    overlaps = len(result.layers) > 1 and result.overlaps
    mapped = [layer.mapped for layer in result.layers]
    ran = overlapped(workload, mapped, records=True) if overlaps else {}
    picture, name = path.suffix == ".svg", result.weight_format
    found = timeline(result, machine, ran, *([_DRAWN] if picture else []))
    if picture:
        alone = f"{result.layers[0].mapped.op.name} of " if len(result.layers) == 1 else ""
        title = f"{alone}{workload.name} in {name} on {machine.name}"
        write_atomically(path, timeline_svg(found, machine, title))
    else:
        write_atomically(path, trace_text(found, machine, name))
    hint = "" if picture else ": open it at https://ui.perfetto.dev"
    left = f" (inner boundaries of {len(found.folded)} operators left out)" if found.folded else ""
    console.print(f"\nwrote {path}{hint}{left}")


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
        return f"Cycles: {study.engine.replace('_', '-')} engine."
    difference = confirm(first)
    layers = len(first.layers)
    if difference == 0:
        return f"Cycles: closed form; event-driven engine equal on all {layers} layers of the best."
    return f"Cycles: closed form, at most {difference:,} above the event-driven engine on a layer."


def _check_options(options: Options, shipped: Shipped) -> None:
    """Find out before simulating whether the layer exists and the results can be kept."""
    if options.explain is not None:
        ops = shipped.workloads[0].ops
        check_layer(options.explain, [op.name for op in ops if op.kind not in FREE_KINDS])
    if options.csv_directory is not None:
        there = (options.csv_directory, *options.csv_directory.parents)
        _check_directory(options.csv_directory, next(one for one in there if one.exists()))
    if options.timeline is not None:
        if options.timeline.is_dir():
            raise spec_error("cannot be written: is a directory", options.timeline)
        _check_directory(options.timeline, options.timeline.parent)


def _check_directory(path: Path, directory: Path) -> None:
    """Refuse `path` if nothing can be written into `directory`."""
    if not directory.is_dir():
        raise spec_error(f"cannot be written: {directory} is no directory", path)
    if not os.access(directory, os.W_OK):
        raise spec_error(f"cannot be written: {directory} is write-protected", path)


def _write(ranking: Ranking, shipped: Shipped, specs: list[Path], directory: Path) -> None:
    outputs = write_csv_files(ranking, directory)
    inputs = [*specs, ranking.study.pricing.machine.technology_path, *shipped.files]
    seeds = sorted({seed for one in shipped.accuracies.values() for seed in one.fractions})
    text = manifest_text(["lowbit-sim", *sys.argv[1:]], inputs, outputs, seeds)
    write_atomically(directory / "manifest.json", text)
