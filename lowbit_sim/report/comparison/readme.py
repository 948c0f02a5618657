"""``README.md`` of a comparison: the answer on one page, for who has two minutes."""

from __future__ import annotations

from collections.abc import Mapping

from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.judge.regret import regrets
from lowbit_sim.judge.sensitivity import Flip, Sensitivity
from lowbit_sim.report.comparison.answer import answer
from lowbit_sim.report.comparison.facts import Case, cases, overall
from lowbit_sim.report.comparison.setting import setting
from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_page import marker
from lowbit_sim.report.wording import energy_words, format_words, time_words
from lowbit_sim.units import significant

#: rows of the technology that are shown for a verdict
_ROWS = 3
PAGE = "index.html"


def comparison_readme(judgement: Judgement, pictures: Mapping[str, str], place: str) -> str:
    """Return the page.

    Parameters
    ----------
    judgement : Judgement
        With at least one contest.
    pictures : mapping of str to str
        File of each figure, with what it shows.
    place : str
        The study's directory as it stands in the commands.
    """
    spec = judgement.comparison.spec
    regime = judgement.decided[0].contest.regime
    shown = "\n\n".join(f"![{words}]({file})" for file, words in pictures.items())
    parts = [
        f"# {spec.name}",
        marker(spec.name),
        f"**Question.** {spec.question}",
        "\n".join(f"- {line}" for line in answer(judgement)),
        f"## The best weight precision of each machine ({regime})",
        winners_table(judgement, regime),
        _LEGEND,
        *_other_regimes(judgement, regime),
        "## One format for all machines",
        regret_table(judgement, regime),
        _REGRET_LEGEND,
        "## Over all machines",
        _overall_table(judgement),
        "### Other ways to choose",
        _ways_table(judgement),
        _WAYS_LEGEND.format(confidence=f"{100 * spec.confidence_fraction:g} %"),
        *([f"## Figures\n\n{shown}"] if shown else []),
        "## What decides, and where it would turn",
        _doubt_table(judgement, regime),
        _DOUBT_LEGEND,
        "## Under which conditions",
        "\n".join(f"- {line}" for line in setting(judgement)),
        "## Files",
        _FILES.format(page=PAGE),
        "## Make it again",
        _AGAIN.format(place=place),
    ]
    return "\n\n".join(parts) + "\n"


_LEGEND = (
    "Weights of the least energy × delay among those accurate enough; in how many of the samples "
    "they are the best of the machine; the energy × delay of the next by theirs (*tie*: the cost "
    "is the same in several formats, and the most accurate stands here)."
)
_DOUBT_LEGEND = (
    "*lead*: energy × delay of the best rival by the winner's, with the price at either end of its "
    "band; below 1 another format wins. *turns at*: the factor of the price at which the winner "
    "changes, wherever it lies, and who wins from there on. Prices marked † are assumed. *margin*: "
    "losses of accuracy that may be allowed at which the winner changes."
)
_REGRET_LEGEND = (
    "In how many pairs of a machine and a network a format runs, is accurate enough, and is the "
    "best or costs the same; its energy × delay by that of each machine's best, geometric mean and "
    "worst."
)
_WAYS_LEGEND = (
    "*with confidence*: the least energy × delay of those that are within the margin with "
    "{confidence} confidence. *knee*: where accuracy against energy × delay bends most. "
    "*weighted*: the least product of error, energy, latency, memory and area, each to the power "
    "of its weight."
)
_FILES = (
    "[{page}]({page}) holds everything for a browser, without network: all candidates, layers, "
    "prices, files. `candidates.csv`, `verdicts.csv` and `sensitivities.csv` are the same as "
    "tables, `tables.tex` is for a paper."
)
_AGAIN = """```console
lowbit-sim compare {place}/study.yaml
```

Everything is made from the files that `manifest.json` names, the same to the byte every time; what
was simulated before comes from a cache."""


def winners_table(judgement: Judgement, regime: str) -> str:
    """Return machine × network, with the winner, how sure it is, and by how much it leads."""
    contests = [one for one in judgement.decided if one.contest.regime == regime]
    machines = {case.verdict.machine.key: case.verdict.machine for case in cases(judgement, regime)}
    found = {
        (case.verdict.machine.key, case.decided.contest.workload): case
        for case in cases(judgement, regime)
    }
    several = len({key[1] for key in machines}) > 1
    rows = [
        [
            f"`{machine.name}`" + (f" in {machine.technology}" if several else ""),
            machine.arrays,
            *(_cell(found.get((key, one.contest.workload))) for one in contests),
        ]
        for key, machine in machines.items()
    ]
    return markdown_table(
        ["machine", "array", *(one.contest.workload for one in contests)], rows, 2
    )


def _cell(case: Case | None) -> str:
    if case is None:
        return "–"
    winner = case.winner
    if winner is None:
        return "none"
    share = f"{100 * case.best_fraction:.0f} %"
    lead = "" if case.lead is None else f", × {case.lead:.2f}"
    return f"{format_words(winner.weight_format)}, {share}{', tie' if case.tied else lead}"


def _other_regimes(judgement: Judgement, regime: str) -> list[str]:
    others = dict.fromkeys(
        one.contest.regime for one in judgement.decided if one.contest.regime != regime
    )
    return [
        f"### If weights may stay on the chip ({other})\n\n{winners_table(judgement, other)}"
        for other in others
    ]


def regret_table(judgement: Judgement, regime: str) -> str:
    """Return what it costs to choose one format for everything."""
    decided = [one for one in judgement.decided if one.contest.regime == regime]
    found = regrets(decided, judgement.comparison.spec.margin_fraction)
    rows = [
        [
            format_words(one.weight_format),
            str(one.runs),
            str(one.eligible),
            str(one.wins),
            significant(one.mean_ratio),
            significant(one.worst_ratio),
        ]
        for one in found
    ]
    header = ["weights", "runs in", "accurate enough in", "best in", "mean × best", "worst × best"]
    return markdown_table(header, rows)


def _overall_table(judgement: Judgement) -> str:
    rows = [_overall_row(decided) for decided in judgement.decided]
    header = ["network", "best", "best %", "next", "×", "time", "energy", "most hypervolume"]
    return markdown_table(header, rows, 2)


def _overall_row(decided: Decided) -> list[str]:
    case = overall(decided)
    winner = case.winner
    named = f"{decided.contest.workload}, {decided.contest.regime}"
    most = max(decided.verdicts, key=lambda one: one.hypervolume_fraction)
    volume = f"`{most.machine.name}` {100 * most.hypervolume_fraction:.1f} %"
    if winner is None:
        return [named, "none", *["–"] * 5, volume]
    return [
        named,
        _where(case, decided.overall.winner),
        f"{100 * case.best_fraction:.0f}",
        _where(case, decided.overall.runner_up),
        "–" if case.lead is None else f"{case.lead:.2f}",
        time_words(winner.seconds),
        energy_words(winner.energy_pj),
        volume,
    ]


def _ways_table(judgement: Judgement) -> str:
    rows = []
    for decided in judgement.decided:
        case = overall(decided)
        found = (decided.overall.confident, decided.overall.knee, int(decided.weighted.argmin()))
        named = f"{decided.contest.workload}, {decided.contest.regime}"
        rows.append([named, *(_where(case, place) for place in found)])
    header = ["network", "with confidence", "knee", "weighted"]
    return markdown_table(header, rows, len(header))


def _where(case: Case, place: int | None) -> str:
    one = case.at(place)
    return "–" if one is None else f"{format_words(one.weight_format)} on `{one.machine.name}`"


def _doubt_table(judgement: Judgement, regime: str) -> str:
    header = ["network", "machine", "best", "prices that matter most: lead, turns at", "margin"]
    rows = [
        [
            case.decided.contest.workload,
            f"`{case.verdict.machine.name}`",
            "none" if case.winner is None else format_words(case.winner.weight_format),
            "; ".join(_price(case, one) for one in case.verdict.sensitivities[:_ROWS]) or "–",
            _margin(case),
        ]
        for case in cases(judgement, regime)
        if not case.tied
    ]
    return markdown_table(header, rows, len(header))


def _price(case: Case, one: Sensitivity) -> str:
    name = one.row.partition(" ")[2] + ("†" if one.confidence == "assumed" else "")
    leads = f"{one.lead_low:.3f}…{one.lead_high:.3f}"
    flips = [_flip(case, flip) for flip in (one.below, one.above) if flip is not None]
    return f"{name} {leads}" + (f" ({', '.join(flips)})" if flips else "")


def _flip(case: Case, flip: Flip) -> str:
    candidate = case.at(flip.place)
    assert candidate is not None
    return f"× {significant(flip.factor)} → {format_words(candidate.weight_format)}"


def _margin(case: Case) -> str:
    margin = case.verdict.margin
    if margin is None or not case.decided.contest.losses:
        return "–"
    said = []
    below, above = case.at(margin.below), case.at(margin.above)
    if below is not None and margin.below_fraction > 0:
        said.append(f"< {100 * margin.below_fraction:.2f} → {format_words(below.weight_format)}")
    if above is not None and margin.above_fraction is not None:
        said.append(f"≥ {100 * margin.above_fraction:.2f} → {format_words(above.weight_format)}")
    return ", ".join(said) or "–"
