"""How far an exploration is: rate and time left, and the front as it grows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from lowbit_sim.explore.exploration import Exploration
from lowbit_sim.explore.front import Front
from lowbit_sim.report.exploration.terminal import rows_table, some_of

#: rows of a front that are shown while it grows
SHOWN = 10
#: lines around those rows: two bars, a title, the table's own four, the last one
_AROUND_LINES = 8
_REDRAWN_PER_S = 2
#: rate and time left are those of the last so many seconds
_PACE_SECONDS = 120


@dataclass(slots=True)
class Told:
    """Who is told how far an exploration is; drawn with the front so far below.

    Parameters
    ----------
    exploration : Exploration
    progress : Progress
        With three tasks, all hidden until they are told of.
    chunks, rows, simulated : TaskID
        Chunks bounded; rows settled, or trials of a search; rows simulated, which is never shown
        and keeps their rate.
    front : Front or None
        The front so far of the network whose rows were told last.
    """

    exploration: Exploration
    progress: Progress
    chunks: TaskID
    rows: TaskID
    simulated: TaskID
    front: Front | None = None

    def bounding(self, done: int, of: int, evaluations: int) -> None:
        """So many chunks are done, with so many evaluations in this run."""
        elapsed = self.progress.tasks[self.chunks].elapsed or 0.0
        known = evaluations and elapsed
        rate = f"{evaluations / elapsed / 1e6:,.1f} million mappings/s" if known else ""
        self.progress.update(self.chunks, completed=done, total=of, said=rate, visible=True)

    def confirming(self, front: Front, settled: int, of: int) -> None:
        """So many rows of a network are settled, or trials made; this is its front so far."""
        name, search = front.network.name, self.exploration.space.spec.search
        if self.front is None or self.front.network.name != name:
            doing = "searching" if search else "confirming"
            self.progress.reset(self.rows, description=f"{doing} {name}")
            self.progress.reset(self.simulated)
        self.front = front
        self.progress.update(self.simulated, completed=len(front.confirmed))
        rate = self.progress.tasks[self.simulated].speed
        said = "trials" if search else "settled"
        said += f", {rate:,.1f} simulated/s" if rate else ""
        self.progress.update(self.rows, completed=settled, total=of, said=said, visible=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the bars, and below them what of the front fits."""
        yield self.progress
        most = min(SHOWN, console.height - _AROUND_LINES)
        front = self.front
        if front is not None and front.rows and most > 1:
            of, some = f"{len(front.confirmed):,}", some_of(front, most)
            said = f"{front.network.name}: designs that no other of {of} beats so far, {some}"
            yield Text(said, style="table.title", no_wrap=True, overflow="ellipsis")
            yield rows_table(self.exploration, front, most)


@contextmanager
def shown_progress(exploration: Exploration) -> Iterator[Told]:
    """Show progress while the block runs; nothing if the standard error is no terminal."""
    console = Console(stderr=True, force_terminal=sys.stderr.isatty())
    progress = _bars(console)
    chunks = progress.add_task("bounding", total=None, said="", visible=False)
    rows = progress.add_task("confirming", total=None, said="", visible=False)
    simulated = progress.add_task("simulated", total=None, said="", visible=False)
    told = Told(exploration, progress, chunks, rows, simulated)
    if not console.is_terminal:
        yield told
        return
    with Live(told, console=console, refresh_per_second=_REDRAWN_PER_S, transient=True):
        yield told


def _bars(console: Console) -> Progress:
    """Return bars that take what the words beside them leave of the width."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None, table_column=Column(max_width=20)),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(compact=True),
    )
    return Progress(*columns, console=console, speed_estimate_period=_PACE_SECONDS)
