"""What decides on each machine and where it would turn, for a comparison's page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from lowbit_sim.judge.judgement import DRAM_SPAN, Decided, Judgement
from lowbit_sim.judge.published_dram import PublishedDram, read_published_dram
from lowbit_sim.judge.sensitivity import Flip, Sensitivity
from lowbit_sim.report.comparison.facts import Case
from lowbit_sim.report.comparison.markup import Html, breakable, element, joined, table
from lowbit_sim.report.comparison.page_answer import format_colours, format_label
from lowbit_sim.report.study_words import level_words
from lowbit_sim.report.wording import format_words
from lowbit_sim.units import significant

#: prices that are shown of a verdict
_ROWS = 3
_LEGEND = (
    "For each machine the three prices that move the winner's lead most. Lead: energy × delay of "
    "the best rival by the winner's, with the price at its lowest, as it stands, and at its "
    "highest; below 1 another format wins. Turns at: the factor of the price at which the winner "
    "changes, wherever it lies. Prices marked † are assumed. The band below the table shows who "
    "wins over the price of the DRAM, from 1/64 to 64 times its own (the line in the middle)."
)


def doubt_section(judgement: Judgement) -> Html:
    """Return a folded part for each network and regime, the first one open."""
    path = judgement.comparison.published_dram
    published = () if path is None else read_published_dram(path)
    colours = format_colours(judgement)
    parts = [
        element(
            "details",
            element("summary", f"{decided.contest.workload}, {decided.contest.regime}"),
            element(
                "div", *(_card(case, colours, published) for case in _of(decided)), class_="cards"
            ),
            open=place == 0,
        )
        for place, decided in enumerate(judgement.decided)
    ]
    return joined([element("p", _LEGEND, class_="note"), *_published(published), *parts], "\n")


def _of(decided: Decided) -> list[Case]:
    return [Case(decided, verdict) for verdict in decided.verdicts]


def _published(published: Sequence[PublishedDram]) -> Iterator[Html]:
    if not published:
        return
    rows = [[one.name, _span(one), one.source] for one in published]
    made = table(["DRAM", "pJ/bit", "source"], rows, "Published energies of DRAMs", texts=3)
    summary = element("summary", "Published energies of DRAMs, the ticks on the bands")
    yield element("details", summary, made)


def _span(one: PublishedDram) -> str:
    low, high = one.low_pj_per_bit, one.high_pj_per_bit
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _card(case: Case, colours: Mapping[str, int], published: Sequence[PublishedDram]) -> Html:
    machine, winner = case.verdict.machine, case.winner
    title = element("h4", machine.name)
    if winner is None:
        none = element("p", "No format is accurate enough.")
        return element("article", title, none, class_="card")
    percent = 100 * case.verdict.assumed_fraction
    mark = "†" if percent > 0 else ""
    said = f"best in {100 * case.best_fraction:.0f} % of the samples; "
    said += f"{percent:.1f}\u00a0% of its energy rests on assumed prices{mark}"
    return element(
        "article",
        title,
        element("p", format_label(winner.weight_format, colours), element("small", f" {said}")),
        _prices(case),
        *_confident(case),
        *_margin(case),
        *_dram(case, colours, published),
        class_="card",
    )


def _confident(case: Case) -> Iterator[Html]:
    """Yield who wins among those that are accurate enough with confidence, if it is another."""
    confident = case.at(case.verdict.confident)
    if confident is case.winner:
        return
    name = "no format" if confident is None else format_words(confident.weight_format)
    words = element("span", "Accurate enough with confidence: ", class_="muted")
    yield element("p", words, f"{name} would win.")


def _prices(case: Case) -> Html:
    if case.tied:
        said = "The cost is the same in several formats: no price decides, the most accurate wins."
        return element("p", said)
    rows = [_price(case, one) for one in case.verdict.sensitivities[:_ROWS]]
    if not rows:
        return element("p", "No other format is accurate enough: no price decides.")
    header = ["price", "lead: low", "now", "high", "turns at"]
    machine = case.verdict.machine.name
    return table(header, rows, f"Prices that matter most on {machine}", class_="prices", stop=False)


def _price(case: Case, one: Sensitivity) -> list[object]:
    _, _, row = one.row.partition(" ")
    mark = joined(
        [breakable(row), element("b", "†", title="assumed") if one.confidence == "assumed" else ""]
    )
    flips = [_flip(case, flip) for flip in (one.below, one.above) if flip is not None]
    turns = element("span", ", ".join(flips) or "nowhere", class_=None if flips else "muted")
    within = element("b", " within its band") if one.overturns else ""
    leads = (_lead(value) for value in (one.lead_low, one.lead, one.lead_high))
    name = joined([mark, element("small", f"{one.confidence}, ±\u00a0×\u00a0{one.band:g}")])
    return [name, *leads, joined([turns, within])]


def _lead(value: float) -> Html:
    shown = f"{value:.3f}"
    return element("b", shown, class_="lost") if value < 1 else element("span", shown)


def _flip(case: Case, flip: Flip) -> str:
    candidate = case.at(flip.place)
    assert candidate is not None
    return f"× {significant(flip.factor)} → {level_words(candidate.weight_format)}"


def _margin(case: Case) -> Iterator[Html]:
    margin = case.verdict.margin
    if margin is None or not case.decided.contest.losses:
        return
    below, above = case.at(margin.below), case.at(margin.above)
    said = []
    if margin.below_fraction > 0:
        then = "none" if below is None else format_words(below.weight_format)
        said.append(f"below {100 * margin.below_fraction:.2f} points: {then}")
    if above is not None and margin.above_fraction is not None:
        above_points = 100 * margin.above_fraction
        said.append(f"from {above_points:.2f} points on: {format_words(above.weight_format)}")
    text = "; ".join(said) or "no other margin gives another winner"
    yield element("p", element("span", "Margin of accuracy: ", class_="muted"), text)


def _dram(
    case: Case, colours: Mapping[str, int], published: Sequence[PublishedDram]
) -> Iterator[Html]:
    """Yield the band of the DRAM's price, and the same in words."""
    machine, reigns = case.verdict.machine, case.verdict.dram
    if case.tied or not reigns:
        return
    price_pj = machine.prices["dram.read"]
    parts, said = [], []
    for one in reigns:
        candidate = case.at(one.place)
        assert candidate is not None
        name = candidate.weight_format
        width = 100 * (_place(one.high) - _place(one.low))
        style = f"width:{width:.2f}%"
        parts.append(element("i", level_words(name), style=style, class_=f"c{colours[name]}"))
        until = f" below {significant(one.high * price_pj)} pJ/bit" if one is not reigns[-1] else ""
        said.append(f"{level_words(name)}{until}")
    ticks = [_tick(one, price_pj) for one in published]
    now = element("b", style="left:50%")
    yield element("div", *parts, *ticks, now, class_="strip", aria_hidden="true")
    everywhere = "" if len(said) > 1 else " at every price"
    text = f"DRAM, now {significant(price_pj)} pJ/bit: {', then '.join(said)}{everywhere}."
    yield element("p", element("small", text))


def _tick(one: PublishedDram, price_pj: float) -> Html:
    middle = math.sqrt(one.low_pj_per_bit * one.high_pj_per_bit) / price_pj
    place = min(max(_place(middle), 0.0), 1.0)
    return element("u", style=f"left:{100 * place:.2f}%", title=f"{one.name}: {_span(one)} pJ/bit")


def _place(factor: float) -> float:
    """Return where a factor lies between the ends of the span, by its logarithm."""
    low, high = DRAM_SPAN
    return math.log(factor / low) / math.log(high / low)
