"""The page of a study of mixed precision: whether mixtures beat uniform networks, and by what."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lowbit_sim.judge.mixing import BASELINE, mean_losses, rank_correlation
from lowbit_sim.judge.mixing_outcome import Beats, Duel, Outcome, Outcomes
from lowbit_sim.judge.mixing_spec import Objective
from lowbit_sim.judge.mixture import Mixture, uniform_formats
from lowbit_sim.judge.sensitivity_table import SensitivityRow
from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.mixing_words import commands_text, legend_text, limits_text, method_text
from lowbit_sim.report.study_page import marker
from lowbit_sim.report.study_words import (
    counted,
    interval_words,
    level_words,
    listed,
    points,
    sentence,
)
from lowbit_sim.study.accuracy import half_width
from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.spec import WorkloadSpec

_OBJECTIVES: dict[Objective, str] = {
    "energy": "energy",
    "cycles": "cycles",
    "energy_delay": "energy × delay",
    "memory": "memory",
}


def mixing_page(found: Outcomes, rows: Sequence[SensitivityRow]) -> str:
    """Return the page.

    Parameters
    ----------
    found : Outcomes
    rows : sequence of SensitivityRow
        Of all networks.
    """
    spec = found.mixing.spec
    parts = [
        f"# {spec.name}",
        marker(spec.name),
        f"**Question.** {spec.question}",
        f"**{_answer(found)}**",
        _reasons(found),
        *(_network(found, one, rows) for one in found.mixing.networks),
        "## How it was done",
        method_text(found.mixing.spec),
        "## What this does not show",
        limits_text(found.mixing.spec),
        "## Make it again",
        commands_text(found.mixing.folder),
    ]
    return "\n\n".join(parts) + "\n"


def _answer(found: Outcomes) -> str:
    reference = level_words(found.mixing.spec.reference)
    said = [one.reference.beats for one in found.outcomes]
    return sentence(f"mixtures beat {reference} everywhere: {_everywhere(said)}")


def _everywhere(said: Sequence[Beats]) -> str:
    if "no" in said:
        return "not supported"
    return "undecided" if "undecided" in said else "supported"


def _reasons(found: Outcomes) -> str:
    spec = found.mixing.spec
    reference = level_words(spec.reference)
    lines = [_counts(f"Beside {reference}", [one.reference for one in found.outcomes])]
    rivals = [one.rival for one in found.outcomes]
    title = "Beside the cheapest uniform format of the same budget"
    if all(one.uniform == spec.reference for one in rivals):
        lines.append(f"{title}: that is {reference} itself in every case.")
    else:
        lines.append(_counts(title, rivals))
    return "\n".join(f"- {line}" for line in lines)


def _counts(title: str, duels: Sequence[Duel]) -> str:
    said = [one.beats for one in duels]
    ratios = sorted(one.ratio for one in duels)
    losses = sorted(one.accuracy.loss_fraction for one in duels)
    return (
        f"{title}: {counted(len(said), 'case')} (a network on a machine, and what is minimised); "
        f"the mixture beats it in {said.count('yes')}, does not in {said.count('no')}, undecided: "
        f"{said.count('undecided')}. It costs {ratios[0]:.2f} to {ratios[-1]:.2f} times as much, "
        f"and loses {points(losses[0])} to {points(losses[-1])} points of test accuracy (means "
        "over seeds; negative: the mixture is better)."
    )


def _network(found: Outcomes, network: WorkloadSpec, rows: Sequence[SensitivityRow]) -> str:
    theirs = [one for one in found.outcomes if one.chosen.question.network.name == network.name]
    layers = [f"`{name}`" for name in layer_names(network.model)]
    parts = [
        f"## {network.name}",
        f"{network.description} Layers in their order: {listed(layers)}.",
        _outcome_table(theirs, found.mixing.spec.reference),
        legend_text(found.mixing.spec),
        f"### {network.name}: accuracy of every network that was trained",
        _accuracy_table(found, network),
        f"### {network.name}: what single layers lose before fine-tuning",
        _sensitivity_table(found, network, rows),
    ]
    return "\n\n".join(parts)


def _outcome_table(outcomes: Sequence[Outcome], reference: str) -> str:
    header = ["machine", "least", "estimate", "formats", f"× {level_words(reference)}", "lost"]
    header += ["beats it", "best uniform", "×", "lost", "beats it"]
    return markdown_table(header, (_outcome_row(one, reference) for one in outcomes), left=4)


def _outcome_row(one: Outcome, reference: str) -> list[str]:
    question, choice = one.chosen.question, one.chosen.choice
    place = [question.accelerator.stem, _OBJECTIVES[question.objective]]
    row = [*place, question.estimate.replace("_", " "), _formats(choice.formats)]
    rival = ["", "", "", ""]
    if one.rival.uniform != reference:
        rival = [level_words(one.rival.uniform), *_duel(one.rival)]
    return [*row, *_duel(one.reference), *rival]


def _duel(duel: Duel) -> list[str]:
    lost = interval_words(duel.accuracy.loss_fraction, duel.accuracy.half_width_fraction)
    return [f"{duel.ratio:.3f}", lost, duel.beats]


def _formats(formats: Sequence[str]) -> str:
    return " · ".join(name.removeprefix("levels_") for name in formats)


def _accuracy_table(found: Outcomes, network: WorkloadSpec) -> str:
    """Return the accuracy of every network, the smallest first."""
    first = found.mixing.spec.seeds[0]
    trained = [one for one in found.networks.values() if one.spec.name == network.name]
    trained.sort(key=lambda one: found.records[one.key(first)].stored_bits)
    header = ["layers", "weights [byte]", "test accuracy [%]", "lost against fp32", "diverged"]
    return markdown_table(header, (_accuracy_row(found, one, network) for one in trained))


def _accuracy_row(found: Outcomes, one: Mixture, network: WorkloadSpec) -> list[str]:
    fractions = found.fractions(one)
    baseline = found.fractions(Mixture(network, BASELINE))
    values = list(fractions.values())
    lost = [baseline[seed] - value for seed, value in fractions.items()]
    records = [found.records[one.key(seed)] for seed in found.mixing.spec.seeds]
    return [
        _network_words(one, network),
        f"{records[0].stored_bits / 8:,.0f}",
        interval_words(math.fsum(values) / len(values), half_width(values)),
        "" if one.weight_format == BASELINE else _lost(lost),
        str(sum(record.diverged is not None for record in records)),
    ]


def _lost(lost: Sequence[float]) -> str:
    return interval_words(math.fsum(lost) / len(lost), half_width(lost))


def _network_words(one: Mixture, network: WorkloadSpec) -> str:
    own = one.spec.quantisation.layer_formats
    if own is None:
        return f"uniform, {level_words(one.weight_format)}"
    formats = {**uniform_formats(network, one.weight_format), **own}
    return _formats([formats[name] for name in layer_names(network.model)])


def _sensitivity_table(
    found: Outcomes, network: WorkloadSpec, rows: Sequence[SensitivityRow]
) -> str:
    measured = mean_losses(rows, network.name, "measured")
    second = mean_losses(rows, network.name, "second_order")
    weights = {row.layer: row.weights for row in rows if row.network == network.name}
    formats = found.mixing.spec.layer_formats
    lines = [
        [
            f"`{layer}`",
            f"{weights[layer]:,}",
            *(f"{_nats(measured[layer, name])} ({_nats(second[layer, name])})" for name in formats),
        ]
        for layer in layer_names(network.model)
    ]
    table = markdown_table(["layer", "weights", *map(level_words, formats)], lines)
    correlation = rank_correlation(rows, network.name)
    return (
        f"{table}\n\nMore cross-entropy on the validation images with that layer alone rounded, "
        "all else in fp32 [nat], mean over seeds; in brackets the second-order estimate. "
        f"Spearman's rank correlation of the two is {correlation:.2f}."
    )


def _nats(loss: float) -> str:
    return f"{round(loss, 3) + 0.0:.3f}"  # no minus before a zero
