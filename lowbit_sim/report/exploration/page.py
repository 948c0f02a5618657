"""The page of a study of a design space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lowbit_sim.explore.space import Space
from lowbit_sim.report.exploration.regions import Map, Member
from lowbit_sim.report.exploration.terminal import count_words
from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_page import marker
from lowbit_sim.report.wording import format_words
from lowbit_sim.units import significant

_UM2_PER_MM2, _PJ_PER_UJ, _US_PER_S = 1e6, 1e6, 1e6
#: budgets of which the page gives the winners, as places on the map's sides
_SHOWN_AREAS = (7, 15, 23, 31, 47)
_SHOWN_ENERGIES = (3, *_SHOWN_AREAS)


def page(space: Space, told: Mapping[str, Any], found: Sequence[Map]) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    space : Space
    told : mapping
        What the exploration said of itself, as ``summary.json``.
    found : sequence of Map
    """
    parts = [
        f"# {space.spec.description}",
        marker(space.spec.name),
        *_answers(space, found),
        *_without_accuracy(told, found),
        *(
            ["![Which precision wins within an area and an energy budget](regions.svg)"]
            * bool(found)
        ),
        "![Designs that no other beats, coloured by precision](front.svg)",
    ]
    for one in found:
        parts += [_heading(one), _winners(one)]
    parts += [
        "## What it rests on",
        *_foundations(space, told),
        "## What it does not show",
        _limits(space),
    ]
    return "\n\n".join(parts) + "\n"


def _heading(one: Map) -> str:
    rule = {
        "most_accurate": "the most accurate within the budgets",
        "quickest": f"the quickest that loses at most {100 * one.margin_fraction:g} point",
    }[one.rule]
    return f"## {one.workload}: {rule}"


def _answers(space: Space, found: Sequence[Map]) -> Iterator[str]:
    for one in found:
        shares = sorted(one.shares().items(), key=lambda item: -item[1])
        told = ", ".join(f"{format_words(name)} on {100 * share:.0f} %" for name, share in shares)
        lost = [name for name in space.spec.weight_formats or () if name not in dict(shares)]
        nowhere = f"; nowhere: {', '.join(map(format_words, lost))}" if lost else ""
        words = one.rule_words.capitalize()
        yield f"**{one.workload}.** {words}, of the map of budgets below: {told}{nowhere}."


def _without_accuracy(told: Mapping[str, Any], found: Sequence[Map]) -> Iterator[str]:
    for name in told["networks"]:
        if name not in {one.workload for one in found}:
            yield (
                f"**{name}.** No map: its accuracies are not known in every format, and which "
                "precision wins cannot be said without them."
            )


def _winners(one: Map) -> str:
    """Return a table: energy budgets down, area budgets across."""
    header = [
        "energy up to",
        *(f"{significant(one.area_um2[a] / _UM2_PER_MM2)} mm²" for a in _SHOWN_AREAS),
    ]
    rows = [
        [
            f"{significant(one.energy_pj[e] / _PJ_PER_UJ)} µJ",
            *(_cell(one, one.winners[e, a]) for a in _SHOWN_AREAS),
        ]
        for e in _SHOWN_ENERGIES
    ]
    return markdown_table(header, rows)


def _cell(one: Map, at: int) -> str:
    if at < 0:
        return "none"
    winner: Member = one.members[at]
    name = str(winner["weight_format"]).removeprefix("levels_")
    words = name if name == str(winner["weight_format"]) else f"{name} levels"
    microseconds = significant(float(winner["seconds"]) * _US_PER_S)
    return f"{words}, {winner['accelerator']}, {microseconds} µs"


def _foundations(space: Space, told: Mapping[str, Any]) -> Iterator[str]:
    axes = [
        f"- `{axis.fields[0]}`: {count_words(len(axis), 'value')}{_moving(len(axis.fields) - 1)}"
        for axis in space.axes
    ]
    search = space.spec.search
    evaluated = "" if search else f", {told['evaluations']:,} mappings evaluated"
    yield (
        f"{count_words(told['designs'], 'design')}, {told['rows']:,} with their formats and "
        f"networks{evaluated}. {count_words(len(space.machines), 'machine')} to begin with "
        f"({', '.join(machine.path.stem for machine in space.machines)}), and:"
    )
    yield "\n".join(axes)
    if space.spec.weight_formats:
        yield f"Formats that took part: {', '.join(map(format_words, space.spec.weight_formats))}."
    for name, one in told["networks"].items():
        yield _simulated(name, one, searched=search is not None)
    if search is not None:
        yield (
            f"What was simulated was picked by a search ({search.sampler}). Nothing is known of "
            "the designs that were not tried: some may be better than the front."
        )
        return
    within = 100 * space.spec.within_fraction
    yield (
        f"Every design of the space was bounded. None is better than the front by more than "
        f"{within:g} % in all of {', '.join(space.spec.objectives)}."
    )


def _moving(others: int) -> str:
    if not others:
        return ""
    return f", {count_words(others, 'more field')} {'moves' if others == 1 else 'move'} with it"


def _simulated(name: str, one: Mapping[str, Any], *, searched: bool) -> str:
    latency, energy = (
        100 * (one[key] - 1) for key in ("above_bound_latency", "above_bound_energy")
    )
    above = (
        f"they lie at most {latency:.1f} % above their bound in latency and {energy:.1f} % in "
        "energy; "
    )
    was = "was" if one["confirmed"] == 1 else "were"
    are = "is" if one["front"] == 1 else "are"
    return (
        f"{name}: {count_words(one['confirmed'], 'row')} {was} simulated exactly, "
        f"{one['front']:,} of them {are} the front; {'' if searched else above}the engines "
        f"differ by at most {one['disagreement_cycles']} cycles."
    )


def _limits(space: Space) -> str:
    borders = "Borders between regions may lie aside by that tolerance. "
    return (
        f"{'' if space.spec.search else borders}Accuracies are means over seeds; differences "
        "between neighbouring formats are smaller than their intervals, and the most accurate one "
        "is then a matter of chance. Areas leave out wires, control and clock tree; whether a "
        "memory is quick enough for the clock is not asked here (`lowbit-sim run` says so of a "
        "design, which `lowbit-sim explore study.yaml --design N` prints)."
    )
