"""A comparison on the terminal, from 80 columns up; plain text where there is no terminal."""

from __future__ import annotations

from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.judge.candidate import Candidate
from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.report.comparison.answer import answer
from lowbit_sim.report.comparison.facts import Case, overall, overturned
from lowbit_sim.report.comparison.setting import setting
from lowbit_sim.report.wording import (
    ENERGIES,
    ENERGY_DELAYS,
    SIZES,
    TIMES,
    Unit,
    accuracy_words,
    entropy_words,
    fitting_unit,
)

#: a table with every column needs so many
_WIDE_COLUMNS = 112


def show(judgement: Judgement, console: Console) -> None:
    """Print a table for each contest, what it rests on, and the answer."""
    wide = console.width >= _WIDE_COLUMNS
    for decided in judgement.decided:
        console.print(_table(decided, wide=wide))
    console.print(_legend(judgement, wide=wide), style="dim", highlight=False)
    for line in setting(judgement):
        console.print(f"· {line}", style="dim", highlight=False)
    console.print()
    for line in answer(judgement):
        console.print(line.replace("`", ""), style="bold", highlight=False)


class Units(NamedTuple):
    """The units that a contest is shown in."""

    time: Unit
    energy: Unit
    energy_delay: Unit
    memory: Unit


def _units(decided: Decided) -> Units:
    """Return units in which the largest number of each column has at most four digits."""
    found = [Case(decided, verdict).winner for verdict in decided.verdicts]
    shown = [winner for winner in found if winner is not None]
    return Units(
        fitting_unit(TIMES, max((one.seconds for one in shown), default=0.0)),
        fitting_unit(ENERGIES, max((one.energy_pj for one in shown), default=0.0)),
        fitting_unit(ENERGY_DELAYS, max((one.energy_delay_pj_s for one in shown), default=0.0)),
        fitting_unit(SIZES, max((one.model_bits for one in shown), default=0)),
    )


def _table(decided: Decided, *, wide: bool) -> Table:
    contest, units = decided.contest, _units(decided)
    table = Table(
        title=f"{contest.workload}, {contest.regime}: best weight precision of each machine",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title_justify="left",
        pad_edge=False,
    )
    for header in ("machine", *(["array"] if wide else []), "weights"):
        table.add_column(header, no_wrap=True)
    measured = ["accuracy %"] if contest.losses else []
    extra = ["bit", units.memory.name] if wide else []
    amounts = (units.time.name, units.energy.name, units.energy_delay.name)
    for header in (*extra, *measured, *amounts, "best", "next"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    first = overall(decided).winner
    for verdict in decided.verdicts:
        case = Case(decided, verdict)
        style = "bold green" if case.winner is not None and case.winner is first else ""
        table.add_row(*_row(case, units, wide=wide), style=style)
    return table


def _row(case: Case, units: Units, *, wide: bool) -> list[str]:
    machine, winner = case.verdict.machine, case.winner
    named = [machine.name, *([machine.arrays] if wide else [])]
    if winner is None:
        measured = int(bool(case.decided.contest.losses))
        return [*named, "none", *["–"] * (5 + measured + 2 * wide), ""]
    lead, bits = case.lead, entropy_words(winner.weight_format)
    return [
        *named,
        winner.weight_format,
        *([bits, units.memory.words(winner.model_bits)] if wide else []),
        *_accuracy(case, winner),
        units.time.words(winner.seconds),
        units.energy.words(winner.energy_pj),
        units.energy_delay.words(winner.energy_delay_pj_s),
        f"{100 * case.best_fraction:.0f}%",
        "–" if lead is None else "tie" if case.tied else f"×{lead:.2f}",
        _marks(case),
    ]


def _accuracy(case: Case, winner: Candidate) -> list[str]:
    if not case.decided.contest.losses:
        return []
    return ["–" if winner.accuracy is None else accuracy_words(winner.accuracy)]


def _marks(case: Case) -> str:
    """Mark what one price within its band would turn, and what rests on assumed prices."""
    turned = "↺" if overturned(case) else ""
    return turned + ("?" if case.verdict.assumed_fraction > ASSUMED_FRACTION else "")


#: from this share of the energy on, a winner is marked as resting on assumed prices
ASSUMED_FRACTION = 0.25


def _legend(judgement: Judgement, *, wide: bool) -> str:
    spec = judgement.comparison.spec
    memory = "bit: entropy of a weight; memory: weights as packed, all else fp32 · " if wide else ""
    return (
        f"{memory}time, energy, energy × delay: of one inference · best: in how many of "
        f"{spec.doubt.samples:,} samples it is the best of its machine · next: energy × delay of "
        "the next by its own (tie: the most accurate stands here) · ↺ one price within its band "
        "gives another winner · "
        f"? more than {100 * ASSUMED_FRACTION:.0f} % of its energy rests on assumed prices"
    )
