"""What the study file of ``kind: mixed_precision`` says: where each layer may take its own format.

`MixingSpec` mirrors ``reports/<study>/study.yaml``. Paths are relative to the study file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from lowbit_sim.errors import Fault, SpecError, nearest
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate
from lowbit_sim.workload.fields import Count, FormatName, Index, Part, Rate, Section, distinct, some
from lowbit_sim.workload.spec import WorkloadSpec, load_workload_spec

KIND = "mixed_precision"

#: what is minimised for a machine; `energy_delay` by its linear stand-in
Objective = Literal["energy", "cycles", "energy_delay", "memory"]
#: where the estimate of a layer's loss comes from
Estimate = Literal["measured", "second_order"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FilePath = Annotated[str, Field(min_length=1)]
Files = Annotated[tuple[FilePath, ...], AfterValidator(some), AfterValidator(distinct)]


def _integer(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not number_format(name).is_integer:
            raise ValueError(f"{name} is no integer format")
    return names


Formats = Annotated[
    tuple[FormatName, ...],
    AfterValidator(some),
    AfterValidator(distinct),
    AfterValidator(_integer),
]


class MixingSpec(Section):
    """All of the study's file.

    `layer_formats` are what a layer may take, the first and the last one included;
    `uniform_formats` the networks of one format (with the ends that the network's file says) that
    a mixture is compared with. `reference` is the one among them whose estimated loss is the
    budget, unless `budget_nat` states another sum of losses. `hessian_probes` are the random
    vectors behind each trace.
    """

    name: Name
    kind: Literal["mixed_precision"]
    question: Annotated[str, Field(min_length=1)]
    networks: Files
    accelerators: Files
    objectives: Annotated[tuple[Objective, ...], AfterValidator(some), AfterValidator(distinct)]
    estimates: Annotated[tuple[Estimate, ...], AfterValidator(some), AfterValidator(distinct)]
    layer_formats: Formats
    uniform_formats: Formats
    reference: FormatName
    budget_nat: Rate | None = None
    margin_fraction: Part
    hessian_probes: Count
    seeds: Annotated[tuple[Index, ...], AfterValidator(some), AfterValidator(distinct)]

    @model_validator(mode="after")
    def _offered(self) -> MixingSpec:
        if self.reference not in self.uniform_formats:
            hint = nearest(self.reference, self.uniform_formats)
            raise ValueError(f"reference '{self.reference}' is none of uniform_formats; {hint}")
        for name in self.uniform_formats:
            if name not in self.layer_formats:
                raise ValueError(f"{name} of uniform_formats must be among layer_formats")
        return self


@dataclass(frozen=True, slots=True)
class Mixing:
    """A study's file with the networks and machines that it names."""

    path: Path
    spec: MixingSpec
    networks: tuple[WorkloadSpec, ...]
    accelerators: tuple[Path, ...]

    @property
    def folder(self) -> Path:
        """Where the study file is, and its results go."""
        return self.path.parent


def is_mixing(path: Path) -> bool:
    """Return whether the study file at `path` is about mixed precision."""
    return read_spec_file(path).content.get("kind") == KIND


def load_mixing(path: Path) -> Mixing:
    """Read and check a study's file and those of its networks.

    Raises
    ------
    SpecError
        With every fault of the file, each at its line, or of the first network that has one.
    """
    source = read_spec_file(path)
    spec = validate(source, MixingSpec)
    directory = path.resolve().parent.name
    if spec.name != directory:
        reason = f"must be the name of the study's directory, '{directory}'"
        raise SpecError((source.fault(("name",), reason, spec.name),))
    faults: list[Fault] = []
    networks = _files(source, "networks", spec.networks, faults)
    accelerators = _files(source, "accelerators", spec.accelerators, faults)
    if faults:
        raise SpecError(tuple(faults))
    loaded = tuple(load_workload_spec(path) for path in networks)
    ends = {end for one in loaded for end in _ends(one)} - {"same", *spec.layer_formats}
    if ends:
        told = f"must hold {', '.join(sorted(ends))}, which the ends of a network have"
        raise SpecError((source.fault(("layer_formats",), told),))
    return Mixing(path, spec, loaded, accelerators)


def _ends(spec: WorkloadSpec) -> tuple[str, str]:
    return spec.quantisation.first_layer, spec.quantisation.last_layer


def _files(
    source: SpecFile, key: str, given: tuple[str, ...], faults: list[Fault]
) -> tuple[Path, ...]:
    paths = tuple(source.path.parent / name for name in given)
    for index, path in enumerate(paths):
        if not path.is_file():
            neighbours = [one.name for one in path.parent.glob(f"*{path.suffix}")]
            reason = f"there is no such file; {nearest(path.name, neighbours)}"
            faults.append(source.fault((key, index), reason, given[index]))
    return paths
