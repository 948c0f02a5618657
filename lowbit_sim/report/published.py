"""What an answer rests on whose accuracies others published."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.ranking import BASELINE, Ranking

#: how every report marks an accuracy that nobody measured here
PUBLISHED = "published, not measured"


def published_grounds(ranking: Ranking) -> list[str]:
    """Return the rule, the sources, and what the published accuracies leave open.

    `ranking` is one with published accuracies.
    """
    known = [r.result.accuracy for r in ranking.formats if r.result.accuracy is not None]
    margin = f"{100 * ranking.margin_fraction:g}"
    unstated = any(math.isinf(accuracy.half_width_fraction) for accuracy in known)
    interval = (
        "the source states no interval, so no test says which differences are real"
        if unstated
        else "± is the 95 % interval that the source states"
    )
    rule = (
        f"Rule: least energy × delay among formats at most {margin} point below {BASELINE} as "
        f"published; {interval}."
    )
    return [
        rule,
        f"Accuracy: {PUBLISHED}: {known[0].metric} ({_distinct(a.source for a in known)}).",
        *_baseline(known),
        *_conditions(ranking, known),
        *_unknown(ranking),
    ]


def _distinct(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(words))


def _baseline(known: Sequence[Accuracy]) -> list[str]:
    """Say which published network the baseline's accuracy is that of."""
    named = [accuracy.published_as for accuracy in known if accuracy.weight_format == BASELINE]
    return [f"{BASELINE} has the accuracy published for {name}." for name in named]


def _conditions(ranking: Ranking, known: Sequence[Accuracy]) -> list[str]:
    """Say what was rounded where the accuracies come from, and what is rounded here besides."""
    stated = [accuracy.conditions for accuracy in known if accuracy.conditions]
    said = [f"What the source rounded: {_distinct(stated)}."] if stated else []
    here = _rounded_activations(ranking)
    if here and any(accuracy.activation_format not in here for accuracy in known):
        published = ", ".join(dict.fromkeys(accuracy.activation_format for accuracy in known))
        said.append(
            f"The machine computes on {', '.join(here)} activations, the source on {published}: "
            "what that costs is not in the accuracy."
        )
    return said


def _rounded_activations(ranking: Ranking) -> list[str]:
    """Return the formats of the activations that meet weights, in the best format that runs."""
    layers = next((r.result.layers for r in ranking.formats if r.result.layers), ())
    ops = (layer.mapped.op for layer in layers)
    return list(dict.fromkeys(op.activation for op in ops if op.is_gemm and op.parameter))


def _unknown(ranking: Ranking) -> list[str]:
    names = [r.result.weight_format for r in ranking.formats if r.result.accuracy is None]
    if not names:
        return []
    return [f"A format without a published accuracy cannot win: {', '.join(names)}."]
