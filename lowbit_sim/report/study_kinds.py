"""The kinds of studies: how their arms are called, and what their pages say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.errors import SpecError, nearest
from lowbit_sim.report import study_pictures as pictures
from lowbit_sim.report.findings import augmentation_and_zero as told_augmentation_and_zero
from lowbit_sim.report.findings import bit_width as told_bit_width
from lowbit_sim.report.findings import epochs as told_epochs
from lowbit_sim.report.findings import recipes as told_recipes
from lowbit_sim.report.study_page import Findings
from lowbit_sim.spec_file import read_spec_file
from lowbit_sim.study.analyses import augmentation_and_zero, bit_width, epochs, recipes
from lowbit_sim.study.arm_summary import ArmSummary
from lowbit_sim.study.claims import ArmNames
from lowbit_sim.study.run_table import RunTable
from lowbit_sim.workload.study_spec import Study, load_study


@dataclass(frozen=True, slots=True)
class StudyKind:
    """One kind of study.

    Parameters
    ----------
    arm_names : ArmNames
        How its arms must be called.
    findings : callable
        From the runs and the arms' summaries to all that the page says.
    """

    arm_names: ArmNames
    findings: Callable[[RunTable, Sequence[ArmSummary]], Findings]


def _bit_width(table: RunTable, summaries: Sequence[ArmSummary]) -> Findings:
    found = bit_width.analyse(table.arms, table.study.spec.margin_fraction)
    return Findings(
        told_bit_width.findings(found, len(table.arms)),
        told_bit_width.sections(found),
        pictures.bit_width(table, summaries),
        told_bit_width.LIMITS,
    )


def _epochs(table: RunTable, summaries: Sequence[ArmSummary]) -> Findings:
    found = epochs.analyse(table.arms, table.study.spec.margin_fraction)
    return Findings(
        told_epochs.findings(found),
        told_epochs.sections(found),
        pictures.epochs(table, summaries),
        told_epochs.LIMITS,
    )


def _augmentation_and_zero(table: RunTable, summaries: Sequence[ArmSummary]) -> Findings:
    del summaries  # accuracies are compared between arms
    found = augmentation_and_zero.analyse(table.arms, table.study.spec.margin_fraction)
    return Findings(
        told_augmentation_and_zero.findings(found),
        told_augmentation_and_zero.sections(found),
        pictures.augmentation_and_zero(table),
        told_augmentation_and_zero.LIMITS,
    )


def _recipes(table: RunTable, summaries: Sequence[ArmSummary]) -> Findings:
    found = recipes.analyse(table.arms, table.study.spec.margin_fraction)
    return Findings(
        told_recipes.findings(found),
        told_recipes.sections(found),
        pictures.recipes(table, summaries),
        told_recipes.LIMITS,
    )


#: by the name that a study file gives
KINDS: dict[str, StudyKind] = {
    "bit_width": StudyKind(bit_width.ARM_NAMES, _bit_width),
    "epochs": StudyKind(epochs.ARM_NAMES, _epochs),
    "augmentation_and_zero": StudyKind(augmentation_and_zero.ARM_NAMES, _augmentation_and_zero),
    "recipes": StudyKind(recipes.ARM_NAMES, _recipes),
}


def load_known_study(path: Path) -> Study:
    """Read and check a study file of a known kind; see `load_study`.

    Raises
    ------
    SpecError
        Also if its kind is unknown, or arms are not called as the kind wants them.
    """
    study = load_study(path)
    study_file = read_spec_file(path)
    kind = study.spec.kind
    if kind not in KINDS:
        reason = f"is no kind of study; {nearest(kind, KINDS)}"
        raise SpecError((study_file.fault(("kind",), reason, kind),))
    names = KINDS[kind].arm_names
    faults = [
        study_file.fault(("arms", index, "name"), f"must be {names.told}", arm.name)
        for index, arm in enumerate(study.spec.arms)
        if names.parts(arm.name) is None
    ]
    if faults:
        raise SpecError(tuple(faults))
    return study
