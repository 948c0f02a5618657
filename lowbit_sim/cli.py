"""The command line. Each command imports what it needs when it runs."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How many bits should the weights of this network have, on this machine?",
)

WorkloadArgument = Annotated[Path, typer.Argument(help="workloads/<name>.yaml")]
AcceleratorArgument = Annotated[Path, typer.Argument(help="arch_specs/<name>.yaml")]
FormatsOption = Annotated[
    list[str] | None,
    typer.Option("--format", "-f", help="Only these weight formats (repeatable); default all."),
]
TechnologiesOption = Annotated[
    list[str] | None,
    typer.Option(help="Price in this technology instead; repeated: compare with this one too."),
]
EngineOption = Annotated[
    Literal["closed_form", "event_driven"], typer.Option(help="Which clock makes the cycles.")
]
ObjectiveOption = Annotated[
    Literal["edp", "cycles", "energy"], typer.Option(help="What the mapper minimises.")
]
CsvOption = Annotated[
    Path | None,
    typer.Option(help="Write cost, layers, ranking (.csv) and manifest.json here."),
]
ExplainOption = Annotated[
    str | None,
    typer.Option(metavar="LAYER", help="Explain this layer, in the best format or in -f."),
]
TimelineOption = Annotated[
    Path | None,
    typer.Option(help="Write one inference here: .svg, or .json for ui.perfetto.dev."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the rows of the CSV files as JSON instead.")
]


@app.command()
def run(
    workload: WorkloadArgument,
    accelerator: AcceleratorArgument,
    formats: FormatsOption = None,
    csv: CsvOption = None,
    engine: EngineOption = "closed_form",
    objective: ObjectiveOption = "edp",
    margin: Annotated[
        float,
        typer.Option(min=0, max=100, help="Accuracy that may be lost against fp32 [point]."),
    ] = 0.5,
    explain: ExplainOption = None,
    timeline: TimelineOption = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Execute every product tile by tile, bit for bit."),
    ] = False,
    technology: TechnologiesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank the weight precisions of a workload on a machine, each given by file or by name."""
    from lowbit_sim.commands import run as command

    asked = command.Options(
        formats or [],
        csv,
        timeline,
        engine,
        objective,
        margin,
        explain,
        verify,
        technology or [],
        as_json,
    )
    command.run(workload, accelerator, asked)


@app.command()
def train(
    path: Annotated[Path, typer.Argument(help="workloads/<name>.yaml or a study.yaml.")],
    formats: FormatsOption = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; default all cores.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    runs: Annotated[
        Path | None,
        typer.Option(help="The run store; default runs/, of a study runs/ beside its folder."),
    ] = None,
) -> None:
    """Train what a workload or a study lacks; pack and trace a workload."""
    from lowbit_sim.commands import train as command

    command.train(path, formats or [], jobs, device, runs)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A set of images, as fashion_mnist.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where to; default the first folder that is searched.")
    ] = None,
) -> None:
    """Download a published set of images, its checksums verified."""
    from lowbit_sim.commands import fetch as command

    command.fetch(name, folder)


@app.command()
def reproduce(
    study: Annotated[Path, typer.Argument(help="reports/<study>, where its study.yaml is.")],
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Go on if runs are missing, with those that are there."),
    ] = False,
    runs: Annotated[
        Path | None, typer.Option(help="The run store; default runs/ beside the folder.")
    ] = None,
) -> None:
    """Make a study's page, tables and figures from its recorded runs; train nothing."""
    from lowbit_sim.commands import reproduce as command

    command.reproduce(study, runs, partial=partial)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A directory of results.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another, as of run --csv.")],
    limit: Annotated[int, typer.Option(min=1, help="The most of a kind that is shown.")] = 20,
) -> None:
    """Say which numbers moved from A to B, and why.

    The exit code is 0 if nothing moved, 1 if something did, 2 for bad input.
    """
    from lowbit_sim.commands import diff as command

    if not command.diff(before, after, limit):
        raise typer.Exit(1)


@app.command()
def compare(
    study: Annotated[Path, typer.Argument(help="reports/<study>/study.yaml, kind: comparison.")],
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; default all cores.")] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Write the figures as PDF and PNG here too.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the tables as JSON, and nothing else.")
    ] = False,
) -> None:
    """Compare networks on many machines, with doubt; write the study's page and tables."""
    from lowbit_sim.commands import compare as command

    command.compare(study, jobs, pictures, as_json=as_json)


@app.command()
def explore(
    space: Annotated[Path, typer.Argument(help="arch_specs/spaces/<name>.yaml")],
    out: Annotated[
        Path | None, typer.Option(help="Where results are kept; default out/<name>.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; default all cores.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler does the work, as tcp://10.0.0.1:8786.")
    ] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Throw results of another exploration away.")
    ] = False,
    design: Annotated[
        int | None, typer.Option(help="Only print this design as an accelerator file.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the front as JSON, and nothing else.")
    ] = False,
) -> None:
    """Find the machines and precisions of a design space that no other beats; resumable."""
    from lowbit_sim.commands import explore as command

    if design is not None:
        command.print_design(space, design)
        return
    command.explore(space, command.Options(out, jobs, scheduler, afresh, as_json))


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="As: select * from designs limit 5")],
    folder: Annotated[
        Path, typer.Option("--in", help="Where an exploration is kept, as out/<name>.")
    ],
    to: Annotated[
        Path | None, typer.Option(help="Write the answer here: .csv or .parquet.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON instead.")
    ] = False,
) -> None:
    """Ask an exploration in SQL: the tables are designs and confirmed."""
    from lowbit_sim.commands import query as command

    command.query(sql, folder, to, as_json=as_json)


@app.command()
def trace(workload: WorkloadArgument, formats: FormatsOption = None) -> None:
    """Trace trained checkpoints into operator graphs."""
    from lowbit_sim.commands import trace as command

    command.trace(workload, formats or [])


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Workload, accelerator, technology files.")],
) -> None:
    """Check files; say every fault with file and line."""
    from lowbit_sim.commands import check as command

    command.check(files)


@app.command()
def characterise(
    recipe: Annotated[Path, typer.Argument(help="arch_specs/characterisations/<name>.yaml")],
    library: Annotated[
        Path, typer.Option(help="The cell library, a Liberty file (.lib, .lib.gz).")
    ],
    work: Annotated[
        Path, typer.Option(help="Where netlists and logs are kept, and found again.")
    ] = Path("runs/netlists"),
    to: Annotated[
        Path | None, typer.Option(help="Write table and technology here, not to arch_specs.")
    ] = None,
) -> None:
    """Synthesise the hardware, measure its netlists, and make a technology of them."""
    from lowbit_sim.commands import characterise as command

    command.characterise(recipe, library, work, to)


@app.command()
def formula(
    kind: Annotated[str, typer.Argument(help="A PE kind, as bit_serial.")],
) -> None:
    """Print the cycle formula of a PE kind, worked and sourced."""
    from lowbit_sim.commands import describe as command

    command.formula(kind)


@app.command("list")
def list_(
    what: Annotated[
        Literal["formats", "pe", "workloads", "accelerators"],
        typer.Argument(help="What to list."),
    ] = "formats",
) -> None:
    """List formats, PE kinds, workloads or accelerators."""
    from lowbit_sim.commands import describe as command

    command.list_(what)


def main() -> None:
    """Run the command line; a user's mistake is one message and exit code 2."""
    from lowbit_sim.errors import LowbitSimError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ± still gets the numbers
    try:
        app()
    except LowbitSimError as error:
        told = str(error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left over is not tried again
        told = f"{error.filename or 'the output'}: cannot be written: {error.strerror}"
    for line in told.splitlines():
        print(f"error: {line}", file=sys.stderr)  # noqa: T201
    sys.exit(2)
