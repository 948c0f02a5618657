"""Whether augmentation destabilises low-bit training and a zero steadies it: claims (c) and (d).

Less and more stable are defined in `lowbit_sim.study.stability`.

**Rule for (c).** Every format trained with augmentation is compared with itself without; fp32 is
the control. The claim is supported if a low-bit format is less stable with augmentation in a family
where fp32, with enough seeds to show it, is not, or if all low-bit runs together diverge more often
and those in fp32 do not; else undecided, as nothing of the kind shows that augmentation cannot.

**Rule for (d).** In every arm a level set without zero is compared with one that has it, and the
rates at which all of them diverge together. The claim is supported if sets without zero are less
stable in one of these comparisons and more stable in none, not supported if it is the other way
round, else undecided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lowbit_sim.study.claims import AUGMENTATION, ZERO, Answer, Answered, ArmNames
from lowbit_sim.study.ranking import BASELINE
from lowbit_sim.study.run_table import ArmRuns
from lowbit_sim.study.stability import Group, Outcome, StabilityPair, pooled, stability_pairs
from lowbit_sim.study.two_samples import FEWEST_TO_COMPARE_SPREADS

ARM_NAMES = ArmNames(
    "<family>_plain or <family>_augmented",
    re.compile(r"(?P<family>[a-z0-9_]+)_(?P<way>plain|augmented)"),
)
#: a level set without zero, and one with it
ZERO_PAIRS = (
    ("levels_2", "levels_3"),
    ("levels_4", "levels_4_zero"),
    ("levels_4", "levels_5"),
)


@dataclass(frozen=True, slots=True)
class AugmentationAndZero:
    """What the study says.

    Parameters
    ----------
    by_augmentation : tuple of StabilityPair
        Augmented beside plain, for every family and format.
    by_zero : tuple of StabilityPair
        Without zero beside with it, for every arm.
    augmentation, zero : Answer
    """

    by_augmentation: tuple[StabilityPair, ...]
    by_zero: tuple[StabilityPair, ...]
    augmentation: Answer
    zero: Answer


def analyse(arms: Sequence[ArmRuns], margin_fraction: float) -> AugmentationAndZero:
    """Answer claims (c) and (d) from the arms that have a finished run."""
    by_augmentation = stability_pairs(_augmented_beside_plain(arms), margin_fraction)
    zeros = [((runs, without), (runs, within)) for runs in arms for without, within in ZERO_PAIRS]
    by_zero = stability_pairs(zeros, margin_fraction)
    return AugmentationAndZero(
        by_augmentation,
        by_zero,
        Answer(AUGMENTATION, _augmentation(by_augmentation)),
        Answer(ZERO, _zero(by_zero)),
    )


def family_of(pair: StabilityPair) -> str:
    """Return the family of both arms of a pair."""
    return ARM_NAMES.part(pair.suspect.arm, "family")


def _augmented_beside_plain(arms: Sequence[ArmRuns]) -> list[tuple[Group, Group]]:
    names = [ARM_NAMES.parts(runs.arm.name) or {} for runs in arms]
    by_name = {(n["family"], n["way"]): runs for n, runs in zip(names, arms, strict=True)}
    return [
        ((augmented, name), (by_name[family, "plain"], name))
        for (family, way), augmented in by_name.items()
        if way == "augmented" and (family, "plain") in by_name
        for name in augmented.arm.weight_formats
    ]


def _augmentation(pairs: Sequence[StabilityPair]) -> Answered:
    low_bit = [pair for pair in pairs if pair.suspect.weight_format != BASELINE]
    control = [pair for pair in pairs if pair.suspect.weight_format == BASELINE]
    steady = {family_of(pair) for pair in control if _is_steady(pair)}
    less = {family_of(pair) for pair in low_bit if pair.outcome == "less stable"}
    together = _together(low_bit)
    more_often = together == "less stable" and _together(control) != "less stable"
    if more_often or less & steady:
        return "supported"
    return "undecided"


def _is_steady(control: StabilityPair) -> bool:
    """Return whether a control had the seeds to show that it is less stable, and did not."""
    seeds = min(len(control.suspect.fractions), len(control.control.fractions))
    return seeds >= FEWEST_TO_COMPARE_SPREADS and control.outcome != "less stable"


def _zero(pairs: Sequence[StabilityPair]) -> Answered:
    said = {_together(pairs), *(pair.outcome for pair in pairs)}
    if "less stable" in said:
        return "undecided" if "more stable" in said else "supported"
    return "not supported" if "more stable" in said else "undecided"


def _together(pairs: Sequence[StabilityPair]) -> Outcome:
    rates = pooled(pairs)
    return "undecided" if rates is None else rates.outcome
