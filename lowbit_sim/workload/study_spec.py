"""What a study file says: which networks are trained, in which formats, for which seeds.

`StudySpec` mirrors ``reports/<study>/study.yaml``. An arm is a workload file, of which single
values may be set otherwise; everything else stands in the workload file and is said once.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from lowbit_sim.errors import Fault, SpecError, nearest
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate
from lowbit_sim.workload.fields import FormatName, Index, Part, Section, distinct, some
from lowbit_sim.workload.spec import FAMILIES, WorkloadSpec, check_name, family_of

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


#: keys of a workload file that an arm does not take from there
OWN_KEYS = ("name", "seeds", "quantisation.weight_formats")
#: keys that a workload file may lack and an arm may give it all the same
OPTIONAL_KEYS = ("quantisation.layer_formats",)


class ArmSpec(Section):
    """One network, trained one way, in some formats and for some seeds.

    `workload` is relative to the study file; `set` maps dotted keys of the workload file to other
    values, but for those that the arm itself has (`OWN_KEYS`).
    """

    name: Name
    workload: Annotated[str, Field(min_length=1)]
    set: dict[str, Any]
    weight_formats: Annotated[
        tuple[FormatName, ...], AfterValidator(some), AfterValidator(distinct)
    ]
    seeds: Annotated[tuple[Index, ...], AfterValidator(some), AfterValidator(distinct)]


class StudySpec(Section):
    """All of ``reports/<study>/study.yaml``.

    `kind` names the analysis; `margin_fraction` is the accuracy within which a format counts as
    comparable to fp32.
    """

    name: Name
    kind: Name
    question: Annotated[str, Field(min_length=1)]
    margin_fraction: Part
    arms: Annotated[tuple[ArmSpec, ...], AfterValidator(some)]

    @model_validator(mode="after")
    def _named_once(self) -> StudySpec:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            raise ValueError("two arms have the same name")
        return self


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm with its workload as it is trained."""

    name: str
    spec: WorkloadSpec
    weight_formats: tuple[str, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """A study file and the workloads it speaks of."""

    spec: StudySpec
    arms: tuple[Arm, ...]


def load_study(path: Path) -> Study:
    """Read and check a study file and the workload files of its arms.

    Raises
    ------
    SpecError
        With every fault of the study file, or of the first workload file that has one.
    """
    spec_file = read_spec_file(path)
    spec = validate(spec_file, StudySpec)
    directory = path.resolve().parent.name
    if spec.name != directory:
        reason = f"must be the name of the study's directory, '{directory}'"
        raise SpecError((spec_file.fault(("name",), reason, spec.name),))
    arms = tuple(_arm(path, spec_file, index, arm) for index, arm in enumerate(spec.arms))
    return Study(spec, arms)


def _arm(path: Path, study_file: SpecFile, index: int, arm: ArmSpec) -> Arm:
    workload_file = read_spec_file(path.parent / arm.workload)
    content = copy.deepcopy(workload_file.content)
    for dotted, value in arm.set.items():
        fault = _set(content, dotted, value)
        if fault is not None:
            place = ("arms", index, "set", dotted)
            raise SpecError((study_file.fault(place, fault),))
    family = family_of(workload_file, "model", FAMILIES)
    changed = SpecFile(workload_file.path, content, workload_file.lines)
    try:
        workload = validate(changed, FAMILIES[family])
    except SpecError as error:
        if not arm.set:
            raise
        reasons = "; ".join(_told(fault) for fault in error.faults)
        told = f"does not fit {arm.workload}: {reasons}"
        raise SpecError((study_file.fault(("arms", index, "set"), told),)) from error
    check_name(workload_file, workload.name)
    return Arm(arm.name, workload, arm.weight_formats, arm.seeds)


def _set(content: dict[str, Any], dotted: str, value: Any) -> str | None:
    """Set one value of a workload's content, or say why it cannot be set."""
    if dotted in OWN_KEYS:
        return "is said by the arm itself, which has its own name, weight_formats and seeds"
    *parents, last = dotted.split(".")
    section: Any = content
    for parent in parents:
        section = section.get(parent) if isinstance(section, dict) else None
    is_there = isinstance(section, dict) and (last in section or dotted in OPTIONAL_KEYS)
    if not is_there:
        known = section if isinstance(section, dict) else content
        return f"is no key of the workload file; {nearest(last, map(str, known))}"
    section[last] = value
    return None


def _told(fault: Fault) -> str:
    return str(Fault(fault.reason, key=fault.key, value=fault.value))
