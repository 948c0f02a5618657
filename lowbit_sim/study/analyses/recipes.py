"""Which ways of quantising while training can be told apart from a learned step per channel.

**Rule.** Every recipe is compared with the family's ``learned`` at the same format and seeds. The
difference tests of a family are adjusted together after Holm, and so are its equivalence tests; a
recipe is *comparable* if it is shown to lie within the margin, else *better* or *worse* if it is
shown to differ, else undecided. Formats for which both are the very same runs (fp32, where only the
quantiser differs) are left out. The claim is supported if some recipe is better or worse, not
supported if all are comparable, else undecided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lowbit_sim.study.arm_summary import AgainstBaseline, against_baseline
from lowbit_sim.study.claims import RECIPES, Answer, Answered, ArmNames
from lowbit_sim.study.comparison import Comparison, compare
from lowbit_sim.study.run_table import ArmRuns

ARM_NAMES = ArmNames(
    "<family>_<recipe>", re.compile(r"(?P<family>[a-z0-9]+)_(?P<recipe>[a-z0-9_]+)")
)
REFERENCE = "learned"


@dataclass(frozen=True, slots=True)
class Difference:
    """A recipe beside the reference, in one format.

    Parameters
    ----------
    family, recipe, weight_format : str
    against : AgainstBaseline
        The tests; a loss is what the recipe loses against the reference.
    """

    family: str
    recipe: str
    weight_format: str
    against: AgainstBaseline


@dataclass(frozen=True, slots=True)
class Recipes:
    """What the study says."""

    differences: tuple[Difference, ...]
    answer: Answer

    @property
    def distinguishable(self) -> tuple[Difference, ...]:
        """The differences that are shown."""
        return tuple(one for one in self.differences if one.against.verdict in {"better", "worse"})


def analyse(arms: Sequence[ArmRuns], margin_fraction: float) -> Recipes:
    """Compare every recipe with the reference of its family, where both have finished runs."""
    families: dict[str, dict[str, ArmRuns]] = {}
    for runs in arms:
        recipe = ARM_NAMES.part(runs.arm.name, "recipe")
        families.setdefault(ARM_NAMES.part(runs.arm.name, "family"), {})[recipe] = runs
    found = tuple(
        one
        for family, recipes in families.items()
        if REFERENCE in recipes
        for one in _differences(family, recipes, margin_fraction)
    )
    return Recipes(found, Answer(RECIPES, _answered([one.against.verdict for one in found])))


def _differences(
    family: str, recipes: dict[str, ArmRuns], margin_fraction: float
) -> list[Difference]:
    reference = recipes[REFERENCE]
    comparisons: dict[tuple[str, str], Comparison] = {}
    for recipe, runs in recipes.items():
        for name in runs.runs:
            if recipe != REFERENCE and not _same_runs(runs, reference, name):
                fractions, baseline = runs.fractions(name), reference.fractions(name)
                if fractions.keys() & baseline.keys():
                    comparisons[recipe, name] = compare(
                        f"{recipe} {name}", fractions, REFERENCE, baseline, margin_fraction
                    )
    said = against_baseline(list(comparisons.values()))
    return [
        Difference(family, recipe, name, said[one.name])
        for (recipe, name), one in comparisons.items()
    ]


def _same_runs(runs: ArmRuns, reference: ArmRuns, name: str) -> bool:
    mine, theirs = runs.runs[name], reference.runs.get(name, {})
    shared = mine.keys() & theirs.keys()
    return any(mine[seed].key == theirs[seed].key for seed in shared)


def _answered(said: Sequence[str]) -> Answered:
    if {"better", "worse"} & set(said):
        return "supported"
    return "not supported" if said and set(said) == {"comparable"} else "undecided"
