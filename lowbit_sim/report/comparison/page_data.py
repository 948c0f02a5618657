"""What the script of a comparison's page reads, as JSON data.

Candidates stand as the rows of ``candidates.csv``, column by name, with what only the page shows
beside them. Layers of every candidate would make the page large: those of each machine's winner and
runner-up are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lowbit_sim.judge.candidate import Candidate
from lowbit_sim.judge.judgement import Decided, Judgement, assumed_fraction
from lowbit_sim.report.comparison.facts import Case
from lowbit_sim.report.comparison.tables import json_ready, tables
from lowbit_sim.report.study_words import level_words
from lowbit_sim.report.wording import ENERGIES, ENERGY_DELAYS, SIZES, TIMES, Unit, fitting_unit

#: fields of a layer, in the order in which they stand in the data
LAYER = ("name", "kind", "unit", "weight_format", "macs", "cycles", "energy_pj", "bound_by")
_SHOWN_DIGITS = 9


def page_data(judgement: Judgement) -> dict[str, Any]:
    """Return everything that the script shows.

    Returns
    -------
    dict
        ``margin_fraction``; ``units``, name and base units by quantity; ``formats``, short name and
        ``machines``, array by name; ``columns`` and ``rows`` of the candidates; ``layer`` and
        ``layers``, of the winner and the runner-up of each machine: the row of the candidate and
        its layers, texts as places in ``texts``.
    """
    rows = json_ready(tables(judgement))["candidates"]
    extra = [row for one in judgement.decided for row in _extra(one)]
    full = [{**row, **more} for row, more in zip(rows, extra, strict=True)]
    texts: dict[str, int] = {}
    found = [one for decided in judgement.decided for one in decided.contest.candidates]
    return {
        "margin_fraction": judgement.comparison.spec.margin_fraction,
        "units": _units(found),
        "formats": {row["weight_format"]: level_words(row["weight_format"]) for row in rows},
        "machines": {one.machine.name: one.machine.arrays for one in found},
        "columns": list(full[0]),
        "rows": [list(row.values()) for row in full],
        "layer": list(LAYER),
        "layers": list(_all_layers(judgement, texts)),
        "texts": list(texts),
    }


def _extra(decided: Decided) -> Iterator[dict[str, Any]]:
    contest = decided.contest
    second = {verdict.runner_up for verdict in decided.verdicts}
    tied = {one.winner for one in decided.verdicts if Case(decided, one).tied}
    for place in range(len(contest.candidates)):
        yield {
            "runner_up": int(place in second),
            "tied": int(place in tied),
            "published": _published(contest.candidates[place]),
            "assumed_fraction": rounded(assumed_fraction(contest, place)),
        }
    for one in contest.refused:
        yield {
            "runner_up": 0,
            "tied": 0,
            "published": _published(one),
            "assumed_fraction": None,
        }


def _published(one: Candidate) -> int:
    return int(one.accuracy is not None and one.accuracy.published)


def _units(found: Sequence[Candidate]) -> dict[str, list[Any]]:
    """Return units in which the least of each quantity is no fraction if it can be helped."""
    wanted: dict[str, tuple[tuple[Unit, ...], Callable[[Candidate], float]]] = {
        "seconds": (TIMES, lambda one: one.seconds),
        "energy_pj": (ENERGIES, lambda one: one.energy_pj),
        "energy_delay_pj_s": (ENERGY_DELAYS[1:], lambda one: one.energy_delay_pj_s),
        "model_bits": (SIZES, lambda one: one.model_bits),
    }
    units = {
        name: fitting_unit(choice, min(amount(one) for one in found))
        for name, (choice, amount) in wanted.items()
    }
    return {name: list(unit) for name, unit in units.items()}


def _all_layers(judgement: Judgement, texts: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield the layers of winners and runners-up with their candidates' rows."""
    first = 0
    for decided in judgement.decided:
        contest = decided.contest
        shown = {
            place
            for verdict in decided.verdicts
            for place in (verdict.winner, verdict.runner_up)
            if place is not None
        }
        for place in sorted(shown):
            one = contest.candidates[place]
            parts = sorted(one.energy_pj_by_component.items(), key=lambda part: (-part[1], part[0]))
            yield {
                "row": first + place,
                "parts": [[_text(name, texts), rounded(pj)] for name, pj in parts],
                "layers": [_layer(layer, texts) for layer in _plain(one)],
            }
        first += len(contest.candidates) + len(contest.refused)


def _plain(one: Candidate) -> Iterator[list[Any]]:
    for layer in one.layers:
        yield [getattr(layer, name) for name in LAYER]


def _layer(values: Iterable[Any], texts: dict[str, int]) -> list[Any]:
    return [_text(one, texts) if isinstance(one, str) else rounded(one) for one in values]


def _text(text: str, texts: dict[str, int]) -> int:
    return texts.setdefault(text, len(texts))


def rounded(number: float) -> float:
    """Return a number with nine significant digits, an integer as it is."""
    return number if isinstance(number, int) else float(f"{number:.{_SHOWN_DIGITS}g}")
