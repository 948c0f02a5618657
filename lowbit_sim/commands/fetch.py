"""``lowbit-sim fetch``: a published set of images, downloaded and checked."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.download import download_set
from lowbit_sim.data.locate import data_roots
from lowbit_sim.errors import nearest, spec_error


def fetch(name: str, folder: Path | None) -> None:
    """Download the set called `name` and print where it lies.

    Raises
    ------
    SpecError
        If there is no such set, or it cannot be downloaded; nothing is then left half-written.
    """
    if name not in CATALOGUE:
        raise spec_error(f"is no set of images; {nearest(name, CATALOGUE)}", value=name)
    root = data_roots()[0] if folder is None else folder
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        tasks = {}

        def show(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file)
            bar.update(tasks[file], completed=done, total=total)

        found = download_set(CATALOGUE[name], root, show)
    print(f"{CATALOGUE[name].title} lies in {found}")  # noqa: T201
