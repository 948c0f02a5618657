"""``lowbit-sim compare``: networks on many machines, judged with doubt."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lowbit_sim.errors import spec_error

if TYPE_CHECKING:
    from lowbit_sim.judge.judgement import Judgement


def compare(path: Path, jobs: int | None, pictures: Path | None, *, as_json: bool) -> None:
    """Simulate what is missing, judge, print, and write the study's files beside `path`.

    Parameters
    ----------
    path : Path
        The study file.
    jobs : int or None
        Processes at once; all cores if None.
    pictures : Path or None
        Where the figures are written as PDF and PNG too.
    as_json : bool
        Print the tables as JSON, and nothing else.

    Raises
    ------
    SpecError
        If a file is wrong, or the folder holds another study's results.
    """
    from rich.console import Console

    from lowbit_sim.commands.reproduce import write_study
    from lowbit_sim.judge.comparison_spec import is_comparison
    from lowbit_sim.report.comparison.files import remembered_files
    from lowbit_sim.report.comparison.tables import json_ready, tables
    from lowbit_sim.report.comparison.terminal import show

    if not is_comparison(path):
        raise spec_error("is no comparison: 'train' and 'reproduce' are for it", path, key="kind")
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100)
    judgement = judged(path, jobs)
    drawn = find_spec("matplotlib") is not None
    files = remembered_files(judgement, drawn=drawn)
    write_study(path.parent, files)
    if pictures is not None:
        from lowbit_sim.report.comparison.figures.pictures import ENDINGS, save

        for ending in ENDINGS:
            save(judgement, pictures, ending)
    if as_json:
        print(json.dumps(json_ready(tables(judgement)), indent=1))  # noqa: T201
        return
    show(judgement, console)
    missing = "" if drawn else "; no figures: they need pip install 'lowbit-sim[figures]'"
    console.print(f"\nwrote {path.parent}/: {', '.join(files)}{missing}", highlight=False)


def judged(path: Path, jobs: int | None) -> Judgement:
    """Return the judgement of a study file; progress is shown on a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from lowbit_sim.judge.comparison_spec import load_comparison
    from lowbit_sim.judge.judgement import judge
    from lowbit_sim.judge.running import entrants

    comparison = load_comparison(path)
    console = Console(stderr=True)
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)

        def tell(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        found = entrants(comparison, jobs or os.cpu_count() or 1, tell)
    return judge(comparison, found)
