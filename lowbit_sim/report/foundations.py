"""What the answer rests on, and what would change it, a sentence each."""

from __future__ import annotations

import math

from lowbit_sim.report.wording import percent
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.ranking import BASELINE, SWING, Ranking

#: the confidence of a number that no source gives
_ASSUMED = "assumed"
#: 97.5 % quantile of the normal distribution
_NORMAL_QUANTILE = 1.96


def foundations(ranking: Ranking) -> list[str]:
    """Return what the answer rests on, a sentence or two each."""
    margin = f"{100 * ranking.margin_fraction:g}"
    rule = (
        f"Rule: least energy × delay among formats at most {margin} point below {BASELINE} on "
        "average; ± is the 95 % interval over seeds."
    )
    scenario = (
        "Each inference is one input and reads all its weights from the DRAM; operators run one "
        "after another."
    )
    winner = ranking.winner
    if winner is None:
        first = ranking.formats[0].result
        return [rule, _measured(ranking, first.accuracy), _priced(ranking), scenario]
    priced = f"{_priced(ranking)} {percent(assumed_fraction(ranking))} % of the winner's energy "
    share = percent(side_fraction(winner.result))
    return [
        rule,
        _measured(ranking, winner.result.accuracy),
        *_unsettled(ranking),
        f"{priced}rests on assumed rows.",
        f"{share} % of the winner's model are fp32 numbers beside the weights.",
        scenario,
        _swing(ranking),
    ]


def _measured(ranking: Ranking, accuracy: Accuracy) -> str:
    p, n = accuracy.mean_fraction, accuracy.test_images
    sampling = _NORMAL_QUANTILE * math.sqrt(p * (1 - p) / n)
    seeds = len(accuracy.fractions)
    return (
        f"Accuracy: measured on {ranking.study.dataset}, {seeds} seed{'s' * (seeds > 1)}, "
        f"{n} test images of one split, whose own sampling error, ± {percent(sampling)} point, "
        f"is not in the interval ({accuracy.source})."
    )


def _priced(ranking: Ranking) -> str:
    technology = ranking.study.pricing.technology
    return f"Energy: {technology.name} ({technology.family}); leakage included, DRAM standby not."


def _unsettled(ranking: Ranking) -> list[str]:
    """Say which formats that matter the seeds leave on either side of the margin."""
    named = [
        f"{ranked.result.weight_format} ({percent(ranked.loss_fraction)} ± "
        f"{percent(ranked.loss_half_width_fraction)} point lost)"
        for ranked in ranking.unsettled
    ]
    if not named:
        return []
    return [f"These seeds do not settle which side of the margin is true for {', '.join(named)}."]


def _swing(ranking: Ranking) -> str:
    swing = f"± {100 * SWING:.0f} %"
    if ranking.overturned_by:
        changes = "; ".join(ranking.overturned_by)
        return f"{swing} on one energy component changes the winner: {changes}."
    return f"{swing} on any one energy component leaves the winner in place."


def side_fraction(result: FormatResult) -> float:
    """Return the share of the model that is no weight: biases, scales, norms, embeddings."""
    side_bits = sum(layer.mapped.op.side_parameter_bits for layer in result.layers)
    return side_bits / result.model_bits


def assumed_fraction(ranking: Ranking) -> float:
    """Return the share of the winner's energy whose table rows are only assumed."""
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
