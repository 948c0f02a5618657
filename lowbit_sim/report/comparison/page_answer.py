"""The top of a comparison's page: question, answer, and who wins on which machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.answer import answer
from lowbit_sim.report.comparison.facts import SURE_FRACTION, Case, cases, doubted
from lowbit_sim.report.comparison.markup import Html, breakable, element, joined, prose, table
from lowbit_sim.report.study_words import counted, level_words
from lowbit_sim.report.wording import entropy_words

#: colours that the page's style has for formats
COLOURS = 7
_LEGEND = (
    "Each cell: the weights of the least energy × delay among those accurate enough; in how many "
    "of the samples they are the best of the machine; energy × delay of the next by theirs (tie: "
    "the cost is the same in several formats, and the most accurate stands here)."
)


def answer_section(judgement: Judgement) -> Html:
    """Return the answer in short, a table for each regime, and the answer in full."""
    lines = answer(judgement)
    regimes = list(dict.fromkeys(one.contest.regime for one in judgement.decided))
    others = [
        element(
            "details",
            element("summary", f"The same if weights may stay on the chip ({regime})"),
            _winners(judgement, regime),
        )
        for regime in regimes[1:]
    ]
    more = element("ul", *(element("li", prose(line)) for line in lines[1:]))
    return joined(
        [
            element("p", prose(lines[0]), " ", _how_sure(judgement, regimes[0]), class_="lead"),
            element("h2", f"The best weight precision of each machine ({regimes[0]})"),
            _winners(judgement, regimes[0]),
            element("p", _LEGEND, class_="note"),
            *others,
            element("h3", "More of the answer"),
            more,
        ],
        "\n",
    )


def _how_sure(judgement: Judgement, regime: str) -> str:
    found = cases(judgement, regime)
    decided = [case for case in found if case.winner is not None]
    sure = sum(case.sure for case in decided)
    percent = f"{100 * SURE_FRACTION:.0f} %"
    winners = counted(len(decided), "winner")
    drawn = doubted(found)
    return f"Of {winners}, {sure} stay the best in {percent} or more of the samples of {drawn}."


def _winners(judgement: Judgement, regime: str) -> Html:
    found = {
        (case.verdict.machine.key, case.decided.contest.workload): case
        for case in cases(judgement, regime)
    }
    machines = {case.verdict.machine.key: case.verdict.machine for case in found.values()}
    workloads = list(dict.fromkeys(workload for _, workload in found))
    several = len({technology for _, technology in machines}) > 1
    colours = format_colours(judgement)
    rows = [
        [
            joined(
                [breakable(machine.name), element("small", _under(machine.arrays, key[1], several))]
            ),
            *(_cell(found.get((key, workload)), colours) for workload in workloads),
        ]
        for key, machine in machines.items()
    ]
    caption = f"Winner of each machine and network, {regime}"
    return table(["machine", *workloads], rows, caption, texts=1 + len(workloads), class_="map")


def _under(arrays: str, technology: str, several: bool) -> str:
    return f"{arrays}, {technology}" if several else arrays


def _cell(case: Case | None, colours: Mapping[str, int]) -> Html:
    if case is None:
        return element("span", "–", class_="muted")
    if case.winner is None:
        return element("span", "none is accurate enough", class_="muted")
    name = case.winner.weight_format
    share = 100 * case.best_fraction
    lead = [] if case.lead is None else [_next(case.lead)]
    bar = element("i", style=f"width:{share:.0f}%", class_=f"c{colours[name]}")
    return joined(
        [
            format_label(name, colours),
            element("span", bar, class_="bar", aria_hidden="true"),
            element("small", f"{share:.0f} %", *([" · tie"] if case.tied else lead)),
        ]
    )


def _next(lead: float) -> Html:
    """Return the lead, with a place more where it is small."""
    places = 3 if lead < 1.01 else 2  # noqa: PLR2004 (1.00 would look like a tie)
    return element("span", f" · next × {lead:.{places}f}", class_="next")


def format_label(name: str, colours: Mapping[str, int]) -> Html:
    """Return a format as a reader calls it, with its colour and entropy."""
    swatch = element("i", class_=f"swatch c{colours[name]}", aria_hidden="true")
    width = element("span", f" {entropy_words(name)} bit", class_="muted")
    return element("span", swatch, level_words(name), width, class_="format")


def format_colours(judgement: Judgement) -> dict[str, int]:
    """Return the number of each format's colour; those that win somewhere come first."""
    verdicts = [(one, verdict) for one in judgement.decided for verdict in one.verdicts]
    winners = {
        one.contest.candidates[verdict.winner].weight_format
        for one, verdict in verdicts
        if verdict.winner is not None
    }
    names = list(dict.fromkeys(name for one in judgement.decided for name in one.contest.formats))
    return _numbered([name for name in names if name in winners], names)


def _numbered(first: list[str], all_of_them: Iterable[str]) -> dict[str, int]:
    order = dict.fromkeys([*first, *all_of_them])
    return {name: place % COLOURS for place, name in enumerate(order)}
