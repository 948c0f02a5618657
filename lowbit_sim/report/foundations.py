"""What the answer rests on, and what would change it, a sentence each."""

from __future__ import annotations

import math

from lowbit_sim.energy.sram_price import late_memories
from lowbit_sim.report.published import published_grounds
from lowbit_sim.report.wording import energy_words, percent, rate_words, size_words
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.ranking import BASELINE, SWING, Ranking
from lowbit_sim.units import significant

#: the confidence of a number that no source gives
_ASSUMED = "assumed"
#: 97.5 % quantile of the normal distribution
_NORMAL_QUANTILE = 1.96


def foundations(ranking: Ranking) -> list[str]:
    """Return what the answer rests on, a sentence or two each."""
    priced = _priced(ranking)
    scenario = _scenario(ranking)
    winner = ranking.winner
    if winner is None:
        first = ranking.formats[0].result
        return [*_rule(ranking, first), priced, scenario]
    result = winner.result
    share, assumed = percent(side_fraction(result)), percent(assumed_fraction(ranking))
    return [
        *_rule(ranking, result),
        *_unsettled(ranking),
        f"{priced} {assumed} % of the winner's energy rests on assumed rows.",
        f"{share} % of the winner's model are fp32 numbers beside the weights.",
        *_assumed_weights(result),
        *_late(ranking),
        scenario,
        *_steady(ranking, result),
        _swing(ranking),
    ]


def _rule(ranking: Ranking, result: FormatResult) -> list[str]:
    if ranking.published:
        return published_grounds(ranking)
    if result.accuracy is None:
        said = "comes without trained weights, so nothing is known of its accuracy."
        return [f"Rule: least energy × delay alone; this network {said}"]
    margin = f"{100 * ranking.margin_fraction:g}"
    rule = (
        f"Rule: least energy × delay among formats at most {margin} point below {BASELINE} on "
        "average; ± is the 95 % interval over seeds."
    )
    return [rule, _measured(ranking, result.accuracy)]


def _scenario(ranking: Ranking) -> str:
    study = ranking.study
    order = "operators run one after another"
    if study.pricing.machine.concurrent:
        order = "independent operators run at once, each on a unit of its own"
        if study.engine != "event_driven":
            order = (
                "operators run one after another in the closed form (--engine event_driven lets "
                "independent ones run at once)"
            )
    chip = ranking.study.pricing.machine.home
    stays = ranking.formats[0].result.activations_on_chip and chip is not None
    where = f"stay in {chip.name} between operators" if stays and chip else "pass through the DRAM"
    searched = {"cycles": "fewest cycles", "energy": "least energy", "edp": "least energy × delay"}
    return (
        "Each inference is one input and reads all its weights from the DRAM; activations "
        f"{where}; {order}; each is mapped for {searched[study.objective]}."
    )


def _assumed_weights(result: FormatResult) -> list[str]:
    assumed = sum(
        layer.mapped.op.weight_elements
        for layer in result.layers
        if layer.mapped.op.statistics is not None and layer.mapped.op.statistics.assumed
    )
    if not assumed:
        return []
    said = (
        f"The values of {assumed:,} of the winner's weights are assumed (Gaussian, at the step of "
        "least error); adds, skips and beats that depend on values rest on that."
    )
    return [said]


def _late(ranking: Ranking) -> list[str]:
    """Say which memories are slower than the cycles that the machine gives them."""
    pricing = ranking.study.pricing
    named = [
        f"{late.name} ({significant(late.access_ns)} ns in {significant(late.given_ns)} ns)"
        for late in late_memories(pricing.technology, pricing.machine)
    ]
    if not named:
        return []
    said = "Cycles are counted as the machine's file says, but an access takes longer than that in"
    return [f"{said} {', '.join(named)}."]


def _steady(ranking: Ranking, result: FormatResult) -> list[str]:
    """Say what the winner takes once its weights stay on the chip, and whether it still wins."""
    machine = ranking.study.pricing.machine
    held, clock_hz = machine.path("weight")[1], machine.clock_hz
    steady = result.steady
    room = f"{held.name} ({size_words(held.capacity_bits)})"
    parameters = f"The winner's parameters ({size_words(result.model_bits)})"
    if steady is None:
        said = f"{parameters} find no room in {room}: every inference reads them."
    elif _best_state(result) is result:
        said = f"{parameters} could stay in {room}, but leave too little room beside them to pay."
    else:
        said = (
            f"Once its weights stay in {held.name}, the winner takes {steady.total_cycles:,} "
            f"cycles and {energy_words(steady.energy_pj)} an inference, "
            f"{rate_words(clock_hz / steady.total_cycles)} a second instead of "
            f"{rate_words(clock_hz / result.total_cycles)}."
        )
    eligible = [ranked.result for ranked in ranking.formats if ranked.standing == "eligible"]
    best = min(eligible, key=lambda one: _best_state(one).energy_delay_pj_cycles())
    if best is not result:
        said += f" If weights stayed wherever that pays, {best.weight_format} would be first."
    return [said]


def _best_state(result: FormatResult) -> FormatResult:
    """Return a format with weights that stay, if they can and it pays, else as it is."""
    states = (result, result.steady or result)
    return min(states, key=lambda one: one.energy_delay_pj_cycles())


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
    given = "The published intervals" if ranking.published else "These seeds"
    return [f"{given} do not settle which side of the margin is true for {', '.join(named)}."]


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
    return assumed_pj / winner.result.energy_pj
