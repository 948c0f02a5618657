"""What a page says of claims (c) and (d)."""

from __future__ import annotations

from collections.abc import Sequence

from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_page import Finding, Section
from lowbit_sim.report.study_words import (
    counted,
    interval_words,
    level_words,
    listed,
    p_words,
    points,
    rate_words,
    set_words,
)
from lowbit_sim.study.analyses.augmentation_and_zero import (
    ZERO_PAIRS,
    AugmentationAndZero,
    family_of,
)
from lowbit_sim.study.ranking import BASELINE
from lowbit_sim.study.stability import Stability, StabilityPair, pooled

_LESS_STABLE = (
    "Less stable: more runs diverge, the 95 % intervals of both rates (Wilson) lying apart; or "
    "else accuracies spread more over seeds (Brown-Forsythe test at 5 % after Holm's adjustment "
    "over all pairs of the table; below four seeds it is not made). More stable: the contrary."
)
_RULE_AUGMENTATION = (
    f"{_LESS_STABLE} Supported if a low-bit format is less stable with augmentation in a family "
    "where fp32, with four seeds or more, is not, or if all low-bit runs together diverge more "
    "often (by the same intervals) and those in fp32 do not; else undecided, as nothing of the "
    "kind shows that augmentation cannot."
)
_RULE_ZERO = (
    "The same two tests, in every arm, for a level set without zero beside one with it: "
    f"{'; '.join(f'{set_words(a)} beside {set_words(b)}' for a, b in ZERO_PAIRS)}. The "
    "rates at which all of them diverge together are one more comparison. Supported if sets "
    "without zero are less stable in one and more stable in none, not supported the other way "
    "round, else undecided."
)
LIMITS = (
    (
        "With so few seeds only large differences in spread can be shown, and rates of divergence "
        "have wide intervals."
    ),
    (
        "2 levels differ from 3, and 4 from 5, in more than the zero; both sets of 4 levels have "
        "equally many, but one, -2 to 1, is not symmetric."
    ),
)


def findings(found: AugmentationAndZero) -> tuple[Finding, ...]:
    """Return both answers with their reasons."""
    low_bit = [one for one in found.by_augmentation if one.suspect.weight_format != BASELINE]
    control = [one for one in found.by_augmentation if one.suspect.weight_format == BASELINE]
    augmentation = _reason(low_bit, "low-bit formats, with augmentation", "with it", "without it")
    fp32 = [f"{family_of(one)} {one.outcome}" for one in control]
    augmentation += f" The control, fp32 with augmentation: {listed(fp32)}."
    augmentation += _rates(control, "with it", "without it")
    zero = _reason(found.by_zero, "level sets without zero", "without zero", "with it")
    return (
        Finding(found.augmentation, augmentation, _RULE_AUGMENTATION),
        Finding(found.zero, zero, _RULE_ZERO),
    )


def sections(found: AugmentationAndZero) -> tuple[Section, ...]:
    """Return a table for each claim."""
    augmentation = [
        [family_of(one), level_words(one.suspect.weight_format), *_cells(one)]
        for one in found.by_augmentation
    ]
    zero = [
        [one.suspect.arm, f"{_short(one.suspect)} beside {_short(one.control)}", *_cells(one)]
        for one in found.by_zero
    ]
    columns = ["family", "weights", *_header("augmented", "plain")]
    others = ["arm", "weights", *_header("without zero", "with zero")]
    return (
        Section(
            "With augmentation beside without",
            f"{markdown_table(columns, augmentation, left=2)}\n\n{_EXPLAINED}",
        ),
        Section(
            "Level sets without zero beside those with it", markdown_table(others, zero, left=2)
        ),
    )


_EXPLAINED = (
    "Lost: points of accuracy below the other way, paired over seeds, ± half the 95 % interval. "
    "Spread: standard deviation over seeds, in points; p is that of the Brown-Forsythe test, "
    "adjusted. Diverged: runs, with the 95 % interval of their rate. Means and spreads hold the "
    "runs that diverged; in the figure of spreads below they are crosses, and lines are means of "
    "the others."
)


def _header(suspect: str, control: str) -> list[str]:
    return [
        f"lost {suspect}",
        f"spread {suspect}",
        f"spread {control}",
        "p",
        f"diverged {suspect}",
        f"diverged {control}",
        f"{suspect} is",
    ]


def _short(one: Stability) -> str:
    return level_words(one.weight_format)


def _cells(pair: StabilityPair) -> list[str]:
    gain = pair.gain
    sides = (pair.suspect, pair.control)
    return [
        "" if gain is None else interval_words(gain.loss_fraction, gain.half_width_fraction),
        *(_spread(one.deviation_fraction) for one in sides),
        p_words(pair.p_spread_adjusted),
        *(rate_words(one.diverged, len(one.fractions), one.diverged_interval) for one in sides),
        pair.outcome,
    ]


def _spread(deviation: float | None) -> str:
    return "" if deviation is None else points(deviation)


def _reason(pairs: Sequence[StabilityPair], what: str, suspect: str, control: str) -> str:
    if not pairs:
        return f"There are no finished runs to compare ({what})."
    outcomes = [one.outcome for one in pairs]
    shown = [
        f"{_short(one.suspect)} in `{one.suspect.arm}` ({one.outcome})"
        for one in pairs
        if one.outcome != "undecided"
    ]
    where = f": {listed(shown)}" if shown else ""
    return (
        f"Of {counted(len(pairs), 'comparison')} ({what}), {outcomes.count('less stable')} came "
        f"out less stable and {outcomes.count('more stable')} more stable{where}."
        f"{_rates(pairs, suspect, control)}"
    )


def _rates(pairs: Sequence[StabilityPair], suspect: str, control: str) -> str:
    """Return how many runs of all pairs diverged together, and what that shows."""
    rates = pooled(pairs)
    if rates is None:
        return ""
    sides = ((suspect, rates.suspect), (control, rates.control))
    told = [f"{way} {rate_words(one.diverged, one.runs, one.interval)}" for way, one in sides]
    return f" Together, runs that diverged: {', '.join(told)}; {rates.outcome}."
