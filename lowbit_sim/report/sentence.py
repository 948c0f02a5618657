"""The answer: which precision, and by what margin, in plain sentences."""

from __future__ import annotations

import math

from lowbit_sim.report.published import PUBLISHED
from lowbit_sim.report.wording import accuracy_words, energy_words, format_words, percent
from lowbit_sim.study.ranking import BASELINE, RankedFormat, Ranking
from lowbit_sim.units import significant

#: from here on a ratio reads better than a percentage
_TWICE = 2


def answer(ranking: Ranking) -> str:
    """Return the sentence that answers the question, with its margin."""
    study, winner = ranking.study, ranking.winner
    machine = study.pricing.machine.name
    margin = f"{100 * ranking.margin_fraction:g} point"
    if winner is None:
        stays = "is known to stay" if ranking.published else "stays"
        return (
            f"For {study.workload} on {machine}, no format that the machine runs {stays} within "
            f"{margin} of {BASELINE}.{_mark(ranking)}"
        )
    result = winner.result
    said = (
        f"{result.total_cycles:,} cycles and {energy_words(result.energy_pj)} an inference. "
        f"{_margin(ranking, winner)}"
    )
    name = format_words(result.weight_format)
    if result.accuracy is None:
        return f"For {study.workload} on {machine}, {name} cost least: {said}{_UNKNOWN}"
    known = "published accuracy" if ranking.published else "accuracy"
    accuracy = f"{accuracy_words(result.accuracy)} % {known} ({_loss(winner)}), "
    return f"For {study.workload} on {machine}, take {name}: {accuracy}{said}{_mark(ranking)}"


def _mark(ranking: Ranking) -> str:
    return f" Accuracies are {PUBLISHED}." if ranking.published else ""


_UNKNOWN = " Whether they are accurate enough is not known here."


def _loss(winner: RankedFormat) -> str:
    if winner.result.weight_format == BASELINE:
        return "the baseline itself"
    loss, half = winner.loss_fraction, winner.loss_half_width_fraction
    interval = "" if math.isinf(half) else f" ± {percent(half)}"
    return f"{percent(abs(loss))}{interval} point {'below' if loss > 0 else 'above'} {BASELINE}"


def _margin(ranking: Ranking, winner: RankedFormat) -> str:
    second = ranking.runner_up
    if second is None:
        enough = "is known to be accurate enough" if ranking.published else "is accurate enough"
        known = winner.result.accuracy is not None
        return f"It is the only format that {enough if known else 'runs'}."
    ratio = second.result.energy_delay_pj_cycles() / winner.result.energy_delay_pj_cycles()
    name = format_words(second.result.weight_format)
    if ratio == 1:
        return _tie(ranking, winner, second)
    if ratio >= _TWICE:
        less = f"lower by a factor of {significant(ratio)}"
    else:
        less = f"{percent(1 - 1 / ratio)} % lower"
    return f"Its energy-delay product is {less} than that of the next, {name}."


def _tie(ranking: Ranking, winner: RankedFormat, second: RankedFormat) -> str:
    """Say that cost does not decide, and whether accuracy does."""
    cost = winner.result.energy_delay_pj_cycles()
    tied = sum(
        ranked.result.energy_delay_pj_cycles() == cost
        for ranked in ranking.formats
        if ranked.standing == "eligible"
    )
    said = f"{tied} formats cost exactly the same here"
    if second.result.accuracy is None or winner.result.accuracy is None:
        return f"{said}: a tie."
    gap, half = second.result.accuracy.loss_against(winner.result.accuracy)
    name = format_words(second.result.weight_format)
    if gap == 0:
        return f"{said}, and accuracy does not decide either: {name} has the same. A tie."
    said += f", so accuracy alone decides: {name} is {100 * gap:.2f} point behind"
    if ranking.published and math.isinf(half):
        return f"{said}, and no interval is known."
    return f"{said}, less than its 95 % interval: a tie." if gap < half else f"{said}."
