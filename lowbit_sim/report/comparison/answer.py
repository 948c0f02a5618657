"""The answer of a comparison, in sentences that follow from its verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.judge.regret import regrets
from lowbit_sim.report.comparison.facts import (
    SURE_FRACTION,
    Case,
    cases,
    doubted,
    overall,
    overturned,
    tally,
)
from lowbit_sim.report.study_words import counted, listed
from lowbit_sim.report.wording import format_words
from lowbit_sim.units import significant

#: pairs of formats that are named as open
_TOLD = 4


def answer(judgement: Judgement) -> list[str]:
    """Return what the comparison found, the most important first, a sentence or two each."""
    regime = judgement.decided[0].contest.regime
    found = cases(judgement, regime)
    said = [
        *_tally(found, regime),
        _one_for_all(judgement, regime),
        *_overall(judgement, regime),
        _certainty(found),
        _prices(found),
    ]
    return [one for one in said if one]


def _tally(found: Sequence[Case], regime: str) -> list[str]:
    groups = tally(found)
    tied = [case for case in found if case.tied]
    none = [case for case in found if case.winner is None]
    pairs = counted(len(found), "pair")
    parts = [f"{format_words(name)} win {len(group)}" for name, group in groups.items()]
    said = f"Of {pairs} of a machine and a network ({regime}), {listed(parts) or 'none is decided'}"
    if tied:
        said += f"; in {len(tied)} the cost is the same in several formats ({_machines(tied)})"
    if none:
        said += f"; in {len(none)} no format is accurate enough ({_machines(none)})"
    first = next(iter(groups), None)
    where = [
        f"{format_words(name)} on {_where(group)}"
        for name, group in groups.items()
        if name != first
    ]
    return [f"{said}.", f"{_capital('; '.join(where))}." if where else ""]


def _one_for_all(judgement: Judgement, regime: str) -> str:
    """Say which single format would serve all machines best."""
    decided = [one for one in judgement.decided if one.contest.regime == regime]
    found = regrets(decided, judgement.comparison.spec.margin_fraction)
    if len(found) < 2:  # noqa: PLR2004 (nothing to choose from)
        return ""
    first = found[0]
    enough = f"accurate enough in {first.eligible} of {first.runs}"
    cost = f"{significant(first.mean_ratio)} times the energy × delay of each machine's best"
    worst = f"at worst {significant(first.worst_ratio)} times"
    name = format_words(first.weight_format)
    return f"If one format had to serve them all: {name}, {enough}, at {cost} on average, {worst}."


def _where(group: Sequence[Case]) -> str:
    """Return the machines of some cases, each with its networks."""
    networks: dict[str, list[str]] = {}
    for case in group:
        name = case.verdict.machine.name
        networks.setdefault(name, []).append(case.decided.contest.workload)
    return listed(f"`{name}` ({', '.join(them)})" for name, them in networks.items())


def _machines(group: Sequence[Case]) -> str:
    return ", ".join(dict.fromkeys(f"`{case.verdict.machine.name}`" for case in group))


def _overall(judgement: Judgement, regime: str) -> list[str]:
    said = []
    for decided in judgement.decided:
        case = overall(decided)
        winner = case.winner
        if decided.contest.regime != regime or winner is None or len(decided.verdicts) == 1:
            continue
        share = f"best of all in {100 * case.best_fraction:.0f} % of the samples"
        name = format_words(winner.weight_format)
        said.append(f"`{decided.contest.workload}`: {name} on `{winner.machine.name}`, {share}")
    return [f"Over all machines, {'; '.join(said)}."] if said else []


def _certainty(found: Sequence[Case]) -> str:
    decided = [case for case in found if case.winner is not None]
    unsure = [case for case in decided if not case.sure]
    sure = f"{len(decided) - len(unsure)} of {counted(len(decided), 'winner')}"
    percent = f"{100 * SURE_FRACTION:.0f} % or more"
    drawn = doubted(found)
    said = f"With {drawn} in doubt, {sure} are the best in {percent} of the samples"
    if not unsure:
        return f"{said}."
    rivals: dict[tuple[str, str, str], int] = {}
    for case in unsure:
        challenger = case.challenger
        assert case.winner is not None
        against = "none" if challenger is None else challenger.weight_format
        key = (case.decided.contest.workload, case.winner.weight_format, against)
        rivals[key] = rivals.get(key, 0) + 1
    most = sorted(rivals.items(), key=lambda item: (-item[1], item[0]))
    told = [
        f"{_short(winner)} and {_short(other)} for `{workload}` ({count})"
        for (workload, winner, other), count in most[:_TOLD]
    ]
    rest = sum(count for _, count in most[_TOLD:])
    told += [f"others ({rest})"] if rest else []
    return f"{said}; the rest are open between {'; '.join(told)}."


def _short(name: str) -> str:
    return "none" if name == "none" else format_words(name)


def _prices(found: Sequence[Case]) -> str:
    turned = [(case, overturned(case)) for case in found if case.winner is not None]
    some = [(case, rows) for case, rows in turned if rows]
    if not some:
        return "No single price within its band gives another winner."
    names = listed(
        f"`{case.decided.contest.workload}` on `{case.verdict.machine.name}` ({', '.join(rows)})"
        for case, rows in some
    )
    share = f"{len(some)} of {len(turned)}"
    return f"A single price within its band gives another winner in {share}: {names}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
