"""``lowbit-sim run``: every weight precision of a workload on a machine, ranked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from lowbit_sim.atomic import write_atomically
from lowbit_sim.commands.pricing import pricing_files
from lowbit_sim.commands.question import Inputs, Question, located, rankings, read_inputs
from lowbit_sim.commands.verification import verify_and_show
from lowbit_sim.errors import spec_error
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.report.csv_files import tables, write_csv_files
from lowbit_sim.report.explain import check_layer, explain, only
from lowbit_sim.report.technologies import elsewhere
from lowbit_sim.report.terminal import show
from lowbit_sim.study.experiment import EngineName, FormatResult, confirm
from lowbit_sim.study.manifest import MANIFEST, manifest_text
from lowbit_sim.study.ranking import Ranking
from lowbit_sim.study.shipped import Shipped
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
    as_json : bool
        Whether standard output holds the rows of the tables as JSON, and nothing else.
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
    as_json: bool = False


def run(workload: Path, accelerator: Path, options: Options) -> None:
    """Simulate, rank and report.

    Parameters
    ----------
    workload, accelerator : Path
        Their files, or their names in ``workloads/`` and ``arch_specs/``.
    options : Options

    Raises
    ------
    LowbitSimError
        If an input is wrong, a format that was asked for by name cannot be run, or a product
        does not verify.
    """
    question = _question(workload, accelerator, options)
    inputs = read_inputs(question)
    _check_options(options, inputs.shipped)
    # with --json, what is said beside the rows goes to the other stream
    stream = sys.stderr if options.as_json else sys.stdout
    wide = stream.isatty() or "COLUMNS" in os.environ
    console = Console(stderr=options.as_json, width=None if wide else 100)
    name = inputs.shipped.workloads[0].name
    with console.status("mapping …") as status:
        ranking, *others = rankings(
            question, inputs, lambda one: status.update(f"mapping {name} in {one} …")
        )
    if not options.as_json:
        _show(ranking, others, inputs, options, console)
    if options.verify:
        verified = _verified(ranking, inputs.shipped, options.formats)
        verify_and_show(question.workload, inputs.shipped, verified, console)
    if options.timeline is not None:
        _write_timeline(ranking, inputs, options, options.timeline, console)
    if options.csv_directory is not None:
        _write(ranking, inputs, question, options.csv_directory)
        where = options.csv_directory
        console.print(f"\nwrote {where}/: cost, layers, ranking (.csv), manifest.json")
    if options.as_json:
        sys.stdout.write(json.dumps(tables(ranking), indent=2, allow_nan=False) + "\n")


def _question(workload: Path, accelerator: Path, options: Options) -> Question:
    return Question(
        located(workload, "workloads"),
        located(accelerator, "arch_specs"),
        options.formats,
        options.engine,
        options.objective,
        options.margin_points,
        options.technologies,
    )


def _show(
    ranking: Ranking, others: Sequence[Ranking], inputs: Inputs, options: Options, console: Console
) -> None:
    """Print the ranking and the answer, or one layer explained."""
    if options.explain is not None:
        explain(_chosen(ranking, options.formats), options.explain, inputs.machine, console)
        return
    notes = [_engine_note(ranking), *(elsewhere(ranking, other) for other in others)]
    show(ranking, console, notes)


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
    ranking: Ranking, inputs: Inputs, options: Options, path: Path, console: Console
) -> None:
    from lowbit_sim.report.timeline import timeline, trace_text
    from lowbit_sim.report.timeline_picture import timeline_svg
    from lowbit_sim.study.overlap import overlapped

    machine, result = inputs.machine, _chosen(ranking, options.formats)
    if options.explain is not None:
        result = only(result, options.explain)
    workload = next(w for w in inputs.shipped.workloads if w.weight_format == result.weight_format)
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
    if options.as_json and options.explain is not None:
        raise spec_error("prints text and --json prints rows: ask for one of them", key="--explain")
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


def _write(ranking: Ranking, inputs: Inputs, question: Question, directory: Path) -> None:
    outputs = write_csv_files(ranking, directory)
    technologies = pricing_files(inputs.machine, question.technologies)
    read = [question.workload, question.accelerator, *technologies, *inputs.shipped.files]
    measured = [one for one in inputs.shipped.accuracies.values() if not one.published]
    seeds = sorted({seed for one in measured for seed in one.fractions})
    command = ["lowbit-sim", *sys.argv[1:]]
    text = manifest_text(command, read, outputs, seeds, question.options)
    write_atomically(directory / MANIFEST, text)
