"""What a page says of recipes."""

from __future__ import annotations

from collections.abc import Sequence

from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_page import Finding, Section
from lowbit_sim.report.study_words import (
    MARKS,
    counted,
    interval_words,
    level_words,
    listed,
    points,
)
from lowbit_sim.study.analyses.recipes import REFERENCE, Difference, Recipes

_RULE = (
    f"Every recipe is compared with `{REFERENCE}` of its family, at the same format and seeds: "
    "paired t tests, two one-sided ones for comparable, each of both kinds at 5 % after Holm's "
    "adjustment within the family. Supported if some recipe is better or worse, not supported if "
    "all are comparable, else undecided."
)
LIMITS = (
    "Recipes of a family share epochs and learning rates; another rate might suit one better.",
)


def findings(found: Recipes) -> tuple[Finding, ...]:
    """Return the answer with its reason."""
    return (Finding(found.answer, _reason(found), _RULE),)


def sections(found: Recipes) -> tuple[Section, ...]:
    """Return a table of differences for each family."""
    families = dict.fromkeys(one.family for one in found.differences)
    return tuple(
        Section(
            f"{family}: recipes beside `{REFERENCE}`",
            _table([one for one in found.differences if one.family == family]),
        )
        for family in families
    )


def _table(differences: Sequence[Difference]) -> str:
    names = list(dict.fromkeys(one.weight_format for one in differences))
    cells = {(one.recipe, one.weight_format): _cell(one) for one in differences}
    recipes = dict.fromkeys(one.recipe for one in differences)
    rows = [[recipe, *(cells.get((recipe, name), "") for name in names)] for recipe in recipes]
    return markdown_table(["recipe", *map(level_words, names)], rows) + (
        f"\n\nPoints lost against `{REFERENCE}`, ± half the 95 % interval; negative: the recipe is "
        "better. Marks as above, but within the family. Empty: the very same runs."
    )


def _cell(one: Difference) -> str:
    comparison = one.against.comparison
    said = interval_words(comparison.loss_fraction, comparison.half_width_fraction)
    return f"{said} {MARKS[one.against.verdict]}"


def _reason(found: Recipes) -> str:
    if not found.differences:
        return f"No recipe has finished runs to compare with `{REFERENCE}`."
    said = [one.against.verdict for one in found.differences]
    text = (
        f"Of {counted(len(said), 'comparison')} with `{REFERENCE}`, {said.count('better')} came "
        f"out better, {said.count('worse')} worse, {said.count('comparable')} comparable and "
        f"{said.count('undecided')} undecided."
    )
    shown = [_shown(one) for one in found.distinguishable]
    return f"{text} Told apart: {listed(shown)}." if shown else text


def _shown(one: Difference) -> str:
    lost = points(abs(one.against.comparison.loss_fraction))
    name = f"`{one.family}_{one.recipe}` with {level_words(one.weight_format)}"
    return f"{name} ({lost} points {one.against.verdict})"
