"""The tables on the terminal, from 80 columns up; plain text where there is no terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.cost import Cost
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.report.foundations import foundations
from lowbit_sim.report.layers import layer_table
from lowbit_sim.report.sentence import answer
from lowbit_sim.report.wording import (
    accuracy_words,
    entropy_words,
    kibibytes,
    microjoules,
)
from lowbit_sim.study.ranking import BASELINE, RankedFormat, Ranking
from lowbit_sim.units import significant

WIDE_COLUMNS = 100


def show(ranking: Ranking, console: Console, engine_note: str) -> None:
    """Print the ranking, the energy by component, the best format's layers, and the answer."""
    wide = console.width >= WIDE_COLUMNS
    console.print(_precision_table(ranking, wide=wide))
    console.print(_legend(ranking), style="dim", highlight=False)
    _refusals(ranking, console)
    console.print()
    console.print(_energy_table(ranking, wide=wide))
    winner = ranking.winner
    if winner is not None:
        console.print()
        console.print(layer_table(ranking, winner.result, wide=wide))
        console.print(
            "m·k·n: a matrix product's extents, or a vector operator's outputs · * the second "
            "operand is an activation · util: MACs done by MACs possible meanwhile",
            style="dim",
            highlight=False,
        )
    console.print()
    console.print(_machine(ranking), style="dim", highlight=False)
    for line in (*foundations(ranking), engine_note):
        console.print(f"· {line}", style="dim", highlight=False)
    console.print()
    console.print(answer(ranking), style="bold", highlight=False)


def _table(title: str, gap: int = 1) -> Table:
    padding = (0, gap, 0, 0)
    return Table(
        title=title, box=box.SIMPLE_HEAD, padding=padding, title_justify="left", pad_edge=False
    )


def _precision_table(ranking: Ranking, *, wide: bool) -> Table:
    study = ranking.study
    table = _table(f"{study.workload} on {study.pricing.machine.name}, best weight precision first")
    for header in ("#", "weights", "entropy", "accuracy %", "KiB"):
        table.add_column(header, justify="left" if header == "weights" else "right", no_wrap=True)
    extra = ("× less", "inf/s") if wide else ()
    for header in (*extra, "cycles", "µJ", "EDP", "× best"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for ranked in ranking.formats:
        style = "bold green" if ranked is ranking.winner else _STYLES[ranked.standing]
        table.add_row(*_precision_row(ranking, ranked, wide=wide), style=style)
    return table


_STYLES = {"eligible": "", "less accurate": "dim", "refused": "dim"}
_MARKS = {"eligible": "", "less accurate": "▽", "refused": "✗"}


def _precision_row(ranking: Ranking, ranked: RankedFormat, *, wide: bool) -> list[str]:
    result = ranked.result
    name = result.weight_format
    row = [
        str(ranked.place),
        name,
        entropy_words(name),
        accuracy_words(result.accuracy),
        kibibytes(result.model_bits),
    ]
    mark = ("◆" if ranked.pareto else "") + _MARKS[ranked.standing]
    if result.refusal is not None:
        return [*row, *["–"] * (6 if wide else 4), mark]
    timing = result.cost.timing
    if wide:
        seconds = timing.total_cycles / ranking.study.pricing.machine.clock_hz
        row += [significant(_fp32_bits(ranking) / result.model_bits), f"{1 / seconds:,.0f}"]
    best = (ranking.winner or ranked).result.energy_delay_pj_cycles()
    return [
        *row,
        f"{timing.total_cycles:,}",
        microjoules(result.cost.energy_pj),
        significant(energy_delay_nj_ms(ranking, ranked)),
        f"{result.energy_delay_pj_cycles() / best:.2f}",
        mark,
    ]


def energy_delay_nj_ms(ranking: Ranking, ranked: RankedFormat) -> float:
    """Return energy times delay of one inference in nJ · ms."""
    clock_hz = ranking.study.pricing.machine.clock_hz
    return ranked.result.energy_delay_pj_cycles() / clock_hz


def _fp32_bits(ranking: Ranking) -> int:
    return next(r.result.model_bits for r in ranking.formats if r.result.weight_format == BASELINE)


def _legend(ranking: Ranking) -> str:
    margin = f"{100 * ranking.margin_fraction:g}"
    return (
        "entropy: log2 of the levels, bit · KiB: weights as packed, biases, scales and norms in "
        f"fp32 (× less: {BASELINE}'s by this) · EDP: energy × delay, nJ·ms (× best: by the best's)"
        f" · ◆ Pareto set, by means · ▽ more than {margin} point below {BASELINE} · ✗ refused"
    )


def _refusals(ranking: Ranking, console: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for ranked in ranking.formats:
        if ranked.result.refusal is not None:
            reasons.setdefault(ranked.result.refusal, []).append(ranked.result.weight_format)
    for reason, names in reasons.items():
        console.print(f"✗ {', '.join(names)}: {reason}", style="dim", highlight=False)


def _energy_table(ranking: Ranking, *, wide: bool) -> Table:
    table = _table("energy of one inference by component, µJ", gap=int(wide))
    runnable = [r.result for r in ranking.formats if r.result.refusal is None]
    rows = {result.weight_format: _grouped(result.cost) for result in runnable}
    components = {name for parts in rows.values() for name in parts}
    ordered = sorted(components, key=lambda n: -max(parts.get(n, 0.0) for parts in rows.values()))
    table.add_column("weights", no_wrap=True)
    for name in ordered:
        header = name.replace("_", " ") if wide else name.replace("scratch", "scratch-\n")
        table.add_column(header.replace("_", "\n"), justify="right", no_wrap=True)
    for weight_format, parts in rows.items():
        table.add_row(weight_format, *(microjoules(parts.get(name, 0.0)) for name in ordered))
    return table


def _grouped(cost: Cost) -> dict[str, float]:
    """Return the energy by component, the scratchpads together [pJ]."""
    parts: dict[str, float] = {}
    for name, energy_pj in cost.energy_pj_by_component.items():
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
