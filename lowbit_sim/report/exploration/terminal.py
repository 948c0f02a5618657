"""An exploration on the terminal, from 80 columns up; plain text where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.explore.confirming import Confirmed
from lowbit_sim.explore.exploration import Exploration
from lowbit_sim.explore.front import Front
from lowbit_sim.report.wording import ENERGIES, TIMES, fitting_unit, format_words
from lowbit_sim.units import significant

_UM2_PER_MM2 = 1e6
#: rows of a front that are shown; all of them are in its file
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Took:
    """What an exploration took.

    Parameters
    ----------
    evaluations : int
        Mappings of operators on designs whose bound was computed, over all runs.
    refusals : str
        A line for each reason why some designs cannot be built or cannot run a network.
    seconds : float
        Bounding in this run.
    evaluated_now : int
        Of the evaluations, those of this run.
    """

    evaluations: int
    refusals: str
    seconds: float
    evaluated_now: int


def show(exploration: Exploration, fronts: Sequence[Front], work: Took, console: Console) -> None:
    """Print the front of each network and what it rests on."""
    for front in fronts:
        console.print(front_table(exploration, front))
        for line in budgets_told(exploration, front):
            console.print(line, style="bold", highlight=False)
        console.print()
    for line in told(exploration, fronts, work):
        console.print(f"· {line}", style="dim", highlight=False)


def front_table(exploration: Exploration, front: Front) -> Table:
    """Return the front of a network, some rows of it if there are many."""
    table = rows_table(exploration, front, SHOWN)
    some = some_of(front, SHOWN)
    tried = " that was tried" if exploration.space.spec.search else ""
    named = f"{front.network.name}: designs that no other{tried} beats"
    table.title = f"{named}, {some}, the smallest first"
    return table


def some_of(front: Front, most: int) -> str:
    """Return how many rows of a front are shown where at most `most` are, as ``10 of 35``."""
    count = len(front.rows)
    return f"{most} of {count}" if most < count else f"{count}"


def rows_table(exploration: Exploration, front: Front, most: int) -> Table:
    """Return at most `most` rows of a front, evenly spread, without a title."""
    rows = spread(front.rows, most)
    energy = fitting_unit(ENERGIES, max(row.energy_pj for row in rows))
    time = fitting_unit(TIMES, max(row.seconds for row in rows))
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left", pad_edge=False)
    accuracies = front.network.accuracy_fractions
    table.add_column("design", justify="right", no_wrap=True)
    table.add_column("machine", overflow="fold")
    table.add_column("weights", no_wrap=True)
    for header in ("mm²", energy.name, time.name, *(["accuracy %"] if accuracies else [])):
        table.add_column(header, justify="right", no_wrap=True)
    for row in rows:
        machine, *_ = exploration.space.steps(row.row.design)
        accuracy = accuracies.get(row.row.weight_format)
        table.add_row(
            str(row.row.design),
            exploration.space.machines[machine].path.stem,
            row.row.weight_format,
            significant(row.area_um2 / _UM2_PER_MM2),
            energy.words(row.energy_pj),
            time.words(row.seconds),
            *([] if not accuracies else ["" if accuracy is None else f"{100 * accuracy:.2f}"]),
        )
    return table


def spread(rows: Sequence[Confirmed], most: int) -> Sequence[Confirmed]:
    """Return at most `most` of `rows`, evenly spread, both ends among them."""
    if len(rows) <= most:
        return rows
    return [rows[round(at * (len(rows) - 1) / (most - 1))] for at in range(most)]


def budgets_told(exploration: Exploration, front: Front) -> Iterator[str]:
    """Yield which format on which machine is best by energy × delay as the area grows."""
    best: Confirmed | None = None
    told = ("", 0)
    for row in sorted(front.rows, key=lambda one: one.area_um2):
        if best is not None and _energy_delay(row) >= _energy_delay(best):
            continue
        machine, *_ = exploration.space.steps(row.row.design)
        if told != (told := (row.row.weight_format, machine)):
            area = significant(row.area_um2 / _UM2_PER_MM2)
            named = exploration.space.machines[machine].path.stem
            words = format_words(row.row.weight_format)
            yield f"From {area} mm² up, {words} on {named} has the least energy × delay."
        best = row


def _energy_delay(row: Confirmed) -> float:
    return row.energy_pj * row.seconds


def told(exploration: Exploration, fronts: Sequence[Front], work: Took) -> Iterator[str]:
    """Yield what the fronts rest on."""
    spec = exploration.space.spec
    evaluated = f"; {work.evaluations:,} mappings evaluated{_rate(work)}"
    yield (
        f"{count_words(exploration.space.designs, 'design')}, {exploration.rows:,} with their "
        f"formats and networks{'' if spec.search else evaluated}"
    )
    for line in work.refusals.splitlines():
        yield f"some designs {line}"
    for front in fronts:
        reasons = [one.refusal for one in front.confirmed if one.refusal]
        refused = f", {len(reasons):,} of them refused ({reasons[0]})" if reasons else ""
        latency, energy = (100 * (ratio - 1) for ratio in front.above_bounds)
        above = f"at most {latency:.1f} % above their bound in latency, {energy:.1f} % in energy; "
        yield (
            f"{front.network.name}: {len(front.confirmed):,} "
            f"{'tried and ' if spec.search else ''}simulated exactly{refused}; "
            f"{'' if spec.search else above}the engines differ by at most "
            f"{front.disagreement_cycles:,} cycles"
        )
    objectives = ", ".join(spec.objectives)
    if spec.search is not None:
        yield f"a search by {spec.search.sampler}: nothing is known of what was not tried"
    elif spec.within_fraction:
        within = 100 * spec.within_fraction
        yield f"no design is better by more than {within:g} % in all of: {objectives}"
    else:
        yield f"no other design is better in {objectives}: the front is exact"


def count_words(count: int, noun: str) -> str:
    """Return so many of what a noun says.

    Examples
    --------
    >>> count_words(1, "design"), count_words(1200, "row")
    ('1 design', '1,200 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _rate(work: Took) -> str:
    millions_per_s = work.evaluated_now / work.seconds / 1e6 if work.seconds else 0.0
    rate = f"{millions_per_s:,.1f}"
    return "" if rate == "0.0" else f" ({rate} million a second)"
