"""``mixtures.csv`` and ``runs.csv`` of a study of mixed precision."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable

from lowbit_sim.judge.mixing_outcome import Duel, Outcome, Outcomes

Row = dict[str, object]


def mixtures_csv(found: Outcomes) -> str:
    """Return a row for every question: what was chosen and what came of it."""
    return _text(_mixture_row(one) for one in found.outcomes)


def runs_csv(found: Outcomes) -> str:
    """Return a row for every run of every network."""
    rows: list[Row] = []
    for network in found.networks.values():
        own = network.spec.quantisation.layer_formats or {}
        for seed in found.mixing.spec.seeds:
            record = found.records[network.key(seed)]
            rows.append(
                {
                    "network": network.spec.name,
                    "weight_format": network.weight_format,
                    "layer_formats": " ".join(f"{name}:{given}" for name, given in own.items()),
                    "seed": seed,
                    "correct": record.correct,
                    "test_images": record.test_images,
                    "accuracy_fraction": _rounded(record.value_fraction),
                    "stored_bits": record.stored_bits,
                    "diverged": record.diverged or "",
                    "key": record.key,
                }
            )
    return _text(rows)


def _mixture_row(one: Outcome) -> Row:
    question, choice = one.chosen.question, one.chosen.choice
    return {
        "network": question.network.name,
        "accelerator": question.accelerator.stem,
        "objective": question.objective,
        "estimate": question.estimate,
        "layer_formats": " ".join(choice.formats),
        "budget_nat": _rounded(choice.budget),
        "estimated_loss_nat": _rounded(choice.estimated_loss),
        "estimated_cost_ratio": _rounded(choice.estimated_ratio),
        **_duel("reference", one.reference),
        **_duel("rival", one.rival),
    }


def _duel(title: str, duel: Duel) -> Row:
    accuracy = duel.accuracy
    return {
        title: duel.uniform,
        f"{title}_cost_ratio": _rounded(duel.ratio),
        f"{title}_loss_fraction": _rounded(accuracy.loss_fraction),
        f"{title}_loss_half_width_fraction": _rounded(accuracy.half_width_fraction),
        f"{title}_p_not_worse_holm": _rounded(duel.p_not_worse),
        f"{title}_p_different_holm": _rounded(duel.p_different),
        f"{title}_beaten": duel.beats,
    }


def _rounded(value: float) -> float | str:
    return "" if math.isinf(value) else round(value, 6) + 0.0


def _text(rows: Iterable[Row]) -> str:
    listed = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(listed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()
