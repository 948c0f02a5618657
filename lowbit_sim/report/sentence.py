"""The answer: which precision, by what margin, and what it rests on, in plain sentences."""

from __future__ import annotations

import math

from lowbit_sim.report.wording import accuracy_words, format_words, microjoules, percent
from lowbit_sim.study.ranking import BASELINE, SWING, RankedFormat, Ranking
from lowbit_sim.units import significant

#: confidences that were not taken from a source, weakest first
_ASSUMED = "assumed"
#: from here on a ratio reads better than a percentage
_TWICE = 2


def answer(ranking: Ranking) -> str:
    """Return the sentence that answers the question, with its margin."""
    study, winner = ranking.study, ranking.winner
    machine = study.pricing.machine.name
    margin = f"{100 * ranking.margin_fraction:g} point"
    if winner is None:
        return (
            f"For {study.workload} on {machine}, no format that the machine runs stays within "
            f"{margin} of {BASELINE}."
        )
    result = winner.result
    return (
        f"For {study.workload} on {machine}, take {format_words(result.weight_format)}: "
        f"{accuracy_words(result.accuracy)} % accuracy ({_loss(winner)}), "
        f"{result.cost.timing.total_cycles:,} cycles and {microjoules(result.cost.energy_pj)} µJ "
        f"an inference. {_margin(ranking, winner)}"
    )


def _loss(winner: RankedFormat) -> str:
    if winner.result.weight_format == BASELINE:
        return "the baseline itself"
    loss, half = winner.loss_fraction, winner.loss_half_width_fraction
    interval = "" if math.isinf(half) else f" ± {percent(half)}"
    return f"{percent(abs(loss))}{interval} point {'below' if loss > 0 else 'above'} {BASELINE}"


def _margin(ranking: Ranking, winner: RankedFormat) -> str:
    second = ranking.runner_up
    if second is None:
        return "It is the only format that is accurate enough."
    ratio = second.result.energy_delay_pj_cycles() / winner.result.energy_delay_pj_cycles()
    name = format_words(second.result.weight_format)
    if ratio == 1:
        return _tie(ranking, winner, second)
    times = f"{significant(ratio)} times" if ratio >= _TWICE else f"{percent(1 - 1 / ratio)} %"
    return f"Its energy-delay product is {times} below the next, {name}."


def _tie(ranking: Ranking, winner: RankedFormat, second: RankedFormat) -> str:
    """Say that cost does not decide, and whether accuracy does."""
    cost = winner.result.energy_delay_pj_cycles()
    tied = sum(
        ranked.result.energy_delay_pj_cycles() == cost
        for ranked in ranking.formats
        if ranked.standing == "eligible"
    )
    gap, half = second.result.accuracy.loss_against(winner.result.accuracy)
    name = format_words(second.result.weight_format)
    said = (
        f"{tied} formats cost exactly the same here, so accuracy alone decides: {name} is "
        f"{100 * gap:.2f} point behind"
    )
    return f"{said}, less than its 95 % interval: a tie." if gap < half else f"{said}."


def foundations(ranking: Ranking) -> list[str]:
    """Return what the answer rests on, a sentence each."""
    study = ranking.study
    technology = study.pricing.technology
    winner = ranking.winner
    first = (winner or ranking.formats[0]).result
    accuracy = first.accuracy
    margin = f"{100 * ranking.margin_fraction:g}"
    rule = (
        f"Rule: least energy × delay among formats at most {margin} point below {BASELINE} on "
        "average; ± is the 95 % interval over seeds."
    )
    measured = (
        f"Accuracy: measured on {study.dataset}, {len(accuracy.fractions)} seeds, "
        f"{accuracy.test_images} test images ({accuracy.source})."
    )
    priced = f"Energy: {technology.name} ({technology.family}); leakage included, DRAM standby not."
    scenario = (
        "Each inference is one input and reads all its weights from the DRAM; operators run one "
        "after another."
    )
    if winner is None:
        return [rule, measured, priced, scenario]
    priced += f" {percent(assumed_share(ranking))} % of the winner's energy rests on assumed rows."
    said = [rule, measured, priced, scenario]
    changed = ranking.overturned_by
    swing = f"{100 * SWING:.0f} %"
    if changed:
        said.append(f"± {swing} on one energy component changes the winner: {'; '.join(changed)}.")
    else:
        said.append(f"± {swing} on any one energy component leaves the winner in place.")
    return said


def assumed_share(ranking: Ranking) -> float:
    """Return the share of the winner's dynamic energy whose table rows are only assumed."""
    winner = ranking.winner
    assert winner is not None
    table = ranking.study.pricing.table
    cost = winner.result.cost
    assumed_pj = sum(
        cost.actions[name] * table[name].energy_pj
        for name in cost.actions
        if table[name].confidence == _ASSUMED
    )
    return assumed_pj / cost.energy_pj
