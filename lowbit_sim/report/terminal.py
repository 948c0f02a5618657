"""The tables on the terminal, from 80 columns up; plain text where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.report.foundations import foundations
from lowbit_sim.report.layers import layer_table
from lowbit_sim.report.published import PUBLISHED
from lowbit_sim.report.sentence import answer
from lowbit_sim.report.wording import (
    ENERGIES,
    ENERGY_DELAYS,
    SIZES,
    Unit,
    accuracy_words,
    entropy_words,
    fitting_unit,
    rate_words,
)
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.ranking import BASELINE, RankedFormat, Ranking
from lowbit_sim.units import significant

#: no terminal is as wide
_ANY_COLUMNS = 10_000


class Units(NamedTuple):
    """The units that a ranking is shown in."""

    energy: Unit
    energy_delay: Unit
    memory: Unit


def units_of(ranking: Ranking) -> Units:
    """Return units in which the largest number of each column has at most four digits."""
    results = [ranked.result for ranked in ranking.formats]
    ran = [result for result in results if result.refusal is None]
    delays_pj_cycles = [result.energy_delay_pj_cycles() for result in ran]
    clock_hz = ranking.study.pricing.machine.clock_hz
    return Units(
        fitting_unit(ENERGIES, max((r.energy_pj for r in ran), default=0.0)),
        fitting_unit(ENERGY_DELAYS, max(delays_pj_cycles, default=0.0) / clock_hz),
        fitting_unit(SIZES, max(result.model_bits for result in results)),
    )


def show(ranking: Ranking, console: Console, notes: Sequence[str]) -> None:
    """Print the ranking, the energy by component, the best format's layers, and the answer.

    `notes` stand below what the answer rests on.
    """
    units = units_of(ranking)
    forms = (_precision_table(ranking, units, wide=wide) for wide in (True, False))
    wide = _print_first_that_fits(console, forms) == 0
    console.print(_legend(ranking, units, wide=wide), style="dim", highlight=False)
    _refusals(ranking, console)
    console.print()
    _print_first_that_fits(console, _energy_tables(ranking, units.energy))
    winner = ranking.winner
    if winner is not None:
        console.print()
        forms = (layer_table(ranking, winner.result, wide=wide) for wide in (True, False))
        wide = _print_first_that_fits(console, forms) == 0
        console.print(_layers_legend(wide=wide), style="dim", highlight=False)
    console.print()
    console.print(_machine(ranking), style="dim", highlight=False)
    for line in (*foundations(ranking), *notes):
        console.print(f"· {line}", style="dim", highlight=False)
    console.print()
    console.print(answer(ranking), style="bold", highlight=False)


def _print_first_that_fits(console: Console, forms: Iterable[Table]) -> int:
    """Print the first of some forms of a table that fits, else the last; return which it was."""
    unbounded = console.options.update(max_width=_ANY_COLUMNS)
    tables = list(forms)
    widths = [console.measure(table, options=unbounded).maximum for table in tables]
    last = len(tables) - 1
    place = next((place for place, width in enumerate(widths) if width <= console.width), last)
    console.print(tables[place])
    return place


def _table(title: str, gap: int = 1) -> Table:
    padding = (0, gap, 0, 0)
    return Table(
        title=title, box=box.SIMPLE_HEAD, padding=padding, title_justify="left", pad_edge=False
    )


def _precision_table(ranking: Ranking, units: Units, *, wide: bool) -> Table:
    study = ranking.study
    table = _table(f"{study.workload} on {study.pricing.machine.name}, best weight precision first")
    named = [] if study.dataset is None else ["published %" if ranking.published else "accuracy %"]
    if _shows_entropy(ranking, wide=wide):
        named = ["entropy", *named]
    for header in ("#", "weights", *named, units.memory.name):
        table.add_column(header, justify="left" if header == "weights" else "right", no_wrap=True)
    extra = _EXTRA if wide else ()
    for header in (*extra, "cycles", units.energy.name, "EDP", "× best"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for ranked in ranking.formats:
        style = "bold green" if ranked is ranking.winner else _STYLES[ranked.standing]
        table.add_row(*_precision_row(ranking, ranked, units, wide=wide), style=style)
    return table


_EXTRA = ("× less", "inf/s")
_STYLES = {"eligible": "", "less accurate": "dim", "no accuracy": "dim", "refused": "dim"}
_MARKS = {"eligible": "", "less accurate": "▽", "no accuracy": "?", "refused": "✗"}


def _precision_row(
    ranking: Ranking, ranked: RankedFormat, units: Units, *, wide: bool
) -> list[str]:
    result, clock_hz = ranked.result, ranking.study.pricing.machine.clock_hz
    name = result.weight_format
    row = [
        str(ranked.place),
        name,
        *([entropy_words(name)] if _shows_entropy(ranking, wide=wide) else []),
        *_accuracy_cell(ranking, result),
        units.memory.words(result.model_bits),
    ]
    mark = ("◆" if ranked.pareto else "") + _MARKS[ranked.standing]
    if result.refusal is not None:
        return [*row, *["–"] * (6 if wide else 4), mark]
    if wide:
        row += [_less(ranking, result), rate_words(clock_hz / result.total_cycles)]
    best = (ranking.winner or ranked).result.energy_delay_pj_cycles()
    return [
        *row,
        f"{result.total_cycles:,}",
        units.energy.words(result.energy_pj),
        units.energy_delay.words(result.energy_delay_pj_cycles() / clock_hz),
        f"{result.energy_delay_pj_cycles() / best:.2f}",
        mark,
    ]


def _shows_entropy(ranking: Ranking, *, wide: bool) -> bool:
    """Return whether there is room: published accuracies are those of networks of many cycles."""
    return wide or not ranking.published


def _accuracy_cell(ranking: Ranking, result: FormatResult) -> list[str]:
    if ranking.study.dataset is None:
        return []
    return ["–" if result.accuracy is None else accuracy_words(result.accuracy)]


def _less(ranking: Ranking, result: FormatResult) -> str:
    """Return how many times less memory than the baseline's a format takes."""
    results = (ranked.result for ranked in ranking.formats)
    baseline = next((one for one in results if one.weight_format == BASELINE), None)
    return "–" if baseline is None else significant(baseline.model_bits / result.model_bits)


def _legend(ranking: Ranking, units: Units, *, wide: bool) -> str:
    margin = f"{100 * ranking.margin_fraction:g}"
    less = f" (× less: {BASELINE}'s by this)" if wide else ""
    point = f" · ▽ more than {margin} point below {BASELINE}" if ranking.study.dataset else ""
    if ranking.published:
        point += f" · accuracies are {PUBLISHED} · ? no accuracy is published"
    entropy = "entropy: log2 of the levels, bit · " if _shows_entropy(ranking, wide=wide) else ""
    return (
        f"{entropy}{units.memory.name}: weights as packed, biases, "
        f"scales and norms in fp32{less} · EDP: energy × delay, {units.energy_delay.name} "
        f"(× best: by the best's) · ◆ Pareto set, by means{point} · ✗ refused"
    )


def _layers_legend(*, wide: bool) -> str:
    stays = "stays: the operand that stays in the array · " if wide else ""
    return (
        "×: layers alike, of which one is shown · m·k·n: a matrix product's extents, or a vector "
        f"operator's outputs · * the second operand is an activation · {stays}util: MACs done by "
        "MACs possible meanwhile"
    )


def _refusals(ranking: Ranking, console: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for ranked in ranking.formats:
        if ranked.result.refusal is not None:
            reasons.setdefault(ranked.result.refusal, []).append(ranked.result.weight_format)
    for reason, names in reasons.items():
        console.print(f"✗ {', '.join(names)}: {reason}", style="dim", highlight=False)


def _energy_tables(ranking: Ranking, unit: Unit) -> Iterator[Table]:
    """Yield the energies by component: wide, narrow, then with ever more small ones together."""
    runnable = [r.result for r in ranking.formats if r.result.refusal is None]
    rows = {result.weight_format: _grouped(result) for result in runnable}
    components = {name for parts in rows.values() for name in parts}
    ordered = sorted(components, key=lambda n: -max(parts.get(n, 0.0) for parts in rows.values()))
    yield _energy_table(rows, ordered, unit, wide=True)
    yield _energy_table(rows, ordered, unit, wide=False)
    for kept in range(len(ordered) - 2, 0, -1):
        rest = ordered[kept:]
        merged = {
            name: {
                **{one: parts[one] for one in ordered[:kept] if one in parts},
                _REST: sum(parts.get(one, 0.0) for one in rest),
            }
            for name, parts in rows.items()
        }
        yield _energy_table(merged, [*ordered[:kept], _REST], unit, wide=False)


_REST = "rest"


def _energy_table(
    rows: Mapping[str, Mapping[str, float]], components: list[str], unit: Unit, *, wide: bool
) -> Table:
    title = f"energy of one inference by component, {unit.name}"
    table = _table(title, gap=int(wide))
    table.add_column("weights", no_wrap=True)
    for name in components:
        header = name.replace("_", " ") if wide else name.replace("scratch", "scratch-\n")
        table.add_column(header.replace("_", "\n"), justify="right", no_wrap=True)
    for weight_format, parts in rows.items():
        table.add_row(weight_format, *(unit.words(parts.get(name, 0.0)) for name in components))
    return table


def _grouped(result: FormatResult) -> dict[str, float]:
    """Return the energy by component, the scratchpads together [pJ]."""
    parts: dict[str, float] = {}
    for name, energy_pj in result.energy_pj_by_component.items():
        shown = "scratchpads" if name.endswith("_scratchpad") else name
        parts[shown] = parts.get(shown, 0.0) + energy_pj
    return parts


def _machine(ranking: Ranking) -> str:
    pricing = ranking.study.pricing
    parts = area_um2_by_component(pricing.technology, pricing.machine)
    shown = ", ".join(
        f"{name.replace('_', ' ')} {significant(area / 1e6)}"
        for name, area in sorted(parts.items(), key=lambda part: -part[1])
    )
    return f"· Area: {significant(sum(parts.values()) / 1e6)} mm² ({shown})."
