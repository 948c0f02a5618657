"""How far an exploration is: chunks, rate and time left, and the front as it grows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told how far an exploration is."""

    progress: Progress
    chunks: TaskID
    rows: TaskID

    def bounding(self, done: int, of: int, evaluations: int) -> None:
        """So many chunks are done, with so many evaluations in this run."""
        elapsed = self.progress.tasks[self.chunks].elapsed or 0.0
        rate = f"{evaluations / elapsed / 1e6:,.1f} million mappings/s" if elapsed else ""
        self.progress.update(self.chunks, completed=done, total=of, said=rate)

    def confirming(self, network: str, confirmed: int, waiting: int) -> None:
        """So many rows of a network are confirmed, so many are not settled."""
        said = f"{network}: {waiting:,} rows not settled"
        self.progress.update(
            self.rows, completed=confirmed, total=confirmed + waiting, said=said, visible=True
        )


@contextmanager
def shown_progress() -> Iterator[Told]:
    """Show progress on a terminal while the block runs."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with shown as progress:
        chunks = progress.add_task("bounding", total=None, said="")
        rows = progress.add_task("confirming", total=None, said="", visible=False)
        yield Told(progress, chunks, rows)
