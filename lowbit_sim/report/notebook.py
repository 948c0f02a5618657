"""The ranking as a table in a notebook: HTML by itself, in the notebook's own colours."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from lowbit_sim.report.foundations import foundations
from lowbit_sim.report.sentence import answer
from lowbit_sim.report.terminal import Units, units_of
from lowbit_sim.report.wording import accuracy_words, entropy_words
from lowbit_sim.study.ranking import RankedFormat, Ranking

#: no colour is named, so that it reads on a light page and on a dark one
_WINNER, _BEHIND = "font-weight:bold", "opacity:.6"
_LEFT, _RIGHT = "text-align:left", "text-align:right"


def ranking_html(ranking: Ranking) -> str:
    """Return the ranking as an HTML fragment: the answer, a row for each format, what it rests on.

    It loads nothing, and every text in it is escaped.
    """
    units = units_of(ranking)
    known = "published accuracy [%]" if ranking.published else "accuracy [%]"
    heads = ["#", "weights", "entropy [bit]", *([known] if ranking.study.dataset else [])]
    heads += [f"model [{units.memory.name}]", "cycles", f"energy [{units.energy.name}]"]
    heads += [f"energy × delay [{units.energy_delay.name}]", "× best", ""]
    body = "".join(
        _row("td", _cells(ranking, ranked, units), _style(ranking, ranked))
        for ranked in ranking.formats
    )
    rests = "".join(f"<li>{escape(line)}</li>" for line in foundations(ranking))
    return (
        f"<div><p>{escape(answer(ranking))}</p>"
        f"<table><thead>{_row('th', heads)}</thead><tbody>{body}</tbody></table>"
        f"<details><summary>What it rests on</summary><ul>{rests}</ul></details></div>"
    )


def _cells(ranking: Ranking, ranked: RankedFormat, units: Units) -> list[str]:
    result = ranked.result
    name, accuracy = result.weight_format, result.accuracy
    cells = [str(ranked.place), name, entropy_words(name)]
    if ranking.study.dataset:
        cells.append("" if accuracy is None else accuracy_words(accuracy))
    cells.append(units.memory.words(result.model_bits))
    if result.refusal is not None:
        return [*cells, "", "", "", "", f"refused: {result.refusal}"]
    clock_hz = ranking.study.pricing.machine.clock_hz
    delay_pj_cycles = result.energy_delay_pj_cycles()
    best = (ranking.winner or ranked).result.energy_delay_pj_cycles()
    return [
        *cells,
        f"{result.total_cycles:,}",
        units.energy.words(result.energy_pj),
        units.energy_delay.words(delay_pj_cycles / clock_hz),
        f"{delay_pj_cycles / best:.2f}",
        "" if ranked.standing == "eligible" else ranked.standing,
    ]


def _style(ranking: Ranking, ranked: RankedFormat) -> str:
    if ranked is ranking.winner:
        return _WINNER
    return "" if ranked.standing == "eligible" else _BEHIND


def _row(tag: str, cells: Iterable[str], style: str = "") -> str:
    """Return a table's row; the second cell and the last hold words and stand left."""
    listed = list(cells)
    words = {1, len(listed) - 1}
    inside = "".join(
        f'<{tag} style="{_LEFT if place in words else _RIGHT}">{escape(cell)}</{tag}>'
        for place, cell in enumerate(listed)
    )
    return f'<tr style="{style}">{inside}</tr>' if style else f"<tr>{inside}</tr>"
