"""What a workload file says: the data, the network, the formats to compare and the training.

`WorkloadSpec` mirrors ``workloads/<name>.yaml``. Everything is stated there, nothing is
defaulted, and `spec_hash` names exactly what decides a trained network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from lowbit_sim.errors import SpecError, nearest
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate
from lowbit_sim.workload.data_spec import DataSpec
from lowbit_sim.workload.fields import (
    ActivationFormat,
    FormatName,
    Index,
    LayerFormat,
    Section,
    WorkloadName,
    distinct,
    some,
)
from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.model_spec import CvnnModel, FcnnModel, Model, VitModel
from lowbit_sim.workload.recipe_spec import RecipeSpec


def _own_formats(formats: dict[str, str]) -> dict[str, str]:
    if not formats:
        raise ValueError("must not be empty")
    for name, given in formats.items():
        if given == "same":
            raise ValueError(f"{name} is 'same' as all others when it is left out")
    return formats


class QuantisationSpec(Section):
    """The weight formats to compare, and the formats around them."""

    weight_formats: Annotated[
        tuple[FormatName, ...], AfterValidator(some), AfterValidator(distinct)
    ]
    activation_format: ActivationFormat
    first_layer: LayerFormat
    last_layer: LayerFormat


class TrainedQuantisation(QuantisationSpec):
    """Formats of a network that is trained: its activations are int8, or not rounded at all.

    `layer_formats` gives single layers, by name, an integer format of their own while the weights
    around them are in an integer format: the rule for the first and the last layer does not hold
    for a layer that it names, and the recipe's quantiser does.
    """

    activation_format: Literal["int8", "fp32"]
    layer_formats: Annotated[dict[str, LayerFormat], AfterValidator(_own_formats)] | None = None


class WorkloadSpec(Section):
    """All of ``workloads/<name>.yaml`` of a trained network."""

    name: WorkloadName
    description: Annotated[str, Field(min_length=1)]
    data: DataSpec
    model: Model
    quantisation: TrainedQuantisation
    recipe: RecipeSpec
    seeds: Annotated[tuple[Index, ...], AfterValidator(some), AfterValidator(distinct)]

    @model_validator(mode="after")
    def _fits(self) -> WorkloadSpec:
        fault = self.model.fault_with(self.data.shape.side)
        if fault is not None:
            raise ValueError(fault)
        known = layer_names(self.model)
        for name in self.quantisation.layer_formats or {}:
            if name not in known:
                reason = f"quantisation.layer_formats: '{name}' is no layer of this network"
                raise ValueError(f"{reason}; {nearest(name, known)}")
        return self


class FcnnWorkload(WorkloadSpec):
    """A workload whose network is an `FcnnModel`."""

    model: FcnnModel


class CvnnWorkload(WorkloadSpec):
    """A workload whose network is a `CvnnModel`."""

    model: CvnnModel


class VitWorkload(WorkloadSpec):
    """A workload whose network is a `VitModel`."""

    model: VitModel


#: network family -> what its file must hold
FAMILIES: dict[str, type[WorkloadSpec]] = {
    "fcnn": FcnnWorkload,
    "cvnn": CvnnWorkload,
    "vit": VitWorkload,
}


def load_workload_spec(path: Path) -> WorkloadSpec:
    """Read and check the workload file at `path`.

    Parameters
    ----------
    path : Path
        ``workloads/<name>.yaml``; the file is called after the workload.

    Raises
    ------
    SpecError
        With every fault of the file, each at its line.
    """
    spec_file = read_spec_file(path)
    spec = validate(spec_file, FAMILIES[family_of(spec_file, "model", FAMILIES)])
    check_name(spec_file, spec.name)
    return spec


def family_of(spec_file: SpecFile, section: str, families: Iterable[str]) -> str:
    """Return the network family that `section` of a workload file names.

    Raises
    ------
    SpecError
        If it names none, or none of `families`.
    """
    model = spec_file.content.get(section)
    if not isinstance(model, dict) or "family" not in model:
        raise SpecError((spec_file.fault((section, "family"), "is missing"),))
    family = str(model["family"])
    if family not in families:
        reason = f"is no network family; {nearest(family, families)}"
        raise SpecError((spec_file.fault((section, "family"), reason, family),))
    return family


def check_name(spec_file: SpecFile, name: str) -> None:
    """Demand that a workload is called as its file.

    Raises
    ------
    SpecError
        If it is not.
    """
    stem = spec_file.path.stem
    if name != stem:
        reason = f"must be the file's own name, '{stem}'"
        raise SpecError((spec_file.fault(("name",), reason, name),))


def spec_hash(spec: WorkloadSpec) -> str:
    """Return the SHA-256, in hex, of what decides a trained network.

    The name, the description, the seeds and the list of weight formats are left out, so that
    adding a seed or a format leaves what is already trained valid.
    """
    return hash_of_sections(spec, {"data", "model", "recipe", "quantisation"})


def hash_of_sections(spec: Section, sections: set[str]) -> str:
    """Return the SHA-256, in hex, of some sections, the list of weight formats left out."""
    deciding = spec.model_dump(mode="json", include=sections)
    deciding["quantisation"] = deciding_formats(deciding["quantisation"])
    canonical = json.dumps(deciding, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def deciding_formats(quantisation: dict[str, Any]) -> dict[str, Any]:
    """Return what of a dumped `QuantisationSpec` decides a trained network.

    The list of weight formats does not, and formats of single layers that are not given are left
    out, so that hashes from before there were any stay valid.
    """
    idle = {"weight_formats"}
    if quantisation.get("layer_formats") is None:
        idle.add("layer_formats")
    return {key: value for key, value in quantisation.items() if key not in idle}
