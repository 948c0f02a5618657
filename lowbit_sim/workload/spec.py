"""What a workload file says: the data, the network, the formats to compare and the training.

`WorkloadSpec` mirrors ``workloads/<name>.yaml``. Everything is stated there, nothing is
defaulted, and `spec_hash` names exactly what decides a trained network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lowbit_sim.errors import SpecError, nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate

#: images of the digits data set: one channel of 8 × 8 pixels, ten classes
IMAGE_SIDE, IMAGE_CHANNELS, CLASSES = 8, 1, 10

Item = TypeVar("Item", bound=Hashable)


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"is no number format; {nearest(name, FORMATS)}")
    return name


def _integer_format_or_same(name: str) -> str:
    choices = ["same", *(known for known, fmt in FORMATS.items() if fmt.is_integer)]
    if name not in choices:
        raise ValueError(f"is neither an integer format nor 'same'; {nearest(name, choices)}")
    return name


def _gapless_format(name: str) -> str:
    choices = [known for known, fmt in FORMATS.items() if fmt.is_integer and _is_gapless(fmt)]
    if name not in choices:
        reason = "is no integer format without gaps between its levels"
        raise ValueError(f"{reason}; {nearest(name, choices)}")
    return name


def _is_gapless(fmt: NumberFormat) -> bool:
    return fmt.levels[-1] - fmt.levels[0] == fmt.count - 1


def _some(items: tuple[Item, ...]) -> tuple[Item, ...]:
    # not Field(min_length=1), which also finds fault with a list of one faulty entry
    if not items:
        raise ValueError("must not be empty")
    return items


def _distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if len(set(items)) != len(items):
        raise ValueError("names something twice")
    return items


Count = Annotated[int, Field(strict=True, gt=0)]
Index = Annotated[int, Field(strict=True, ge=0)]
Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Part = Annotated[float, Field(strict=True, gt=0, lt=1, allow_inf_nan=False)]
FormatName = Annotated[str, AfterValidator(_known_format)]
ActivationFormat = Annotated[str, AfterValidator(_gapless_format)]
LayerFormat = Annotated[str, AfterValidator(_integer_format_or_same)]
WorkloadName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Section(BaseModel):
    """Base of every part of the file: immutable, and unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSpec(Section):
    """Where the images come from and how they are split, the same way for every seed."""

    dataset: Literal["digits"]
    test_fraction: Part
    split_seed: Index


class FcnnModel(Section):
    """Fully connected layers with ReLU between them."""

    family: Literal["fcnn"]
    hidden_features: Annotated[tuple[Count, ...], AfterValidator(_some)]


class CvnnModel(Section):
    """Stages of 3 × 3 convolutions with batch norm and ReLU, a 2 × 2 max pool between stages."""

    family: Literal["cvnn"]
    stage_channels: Annotated[
        tuple[Annotated[tuple[Count, ...], AfterValidator(_some)], ...],
        Field(max_length=IMAGE_SIDE.bit_length()),
        AfterValidator(_some),
    ]


class VitModel(Section):
    """A vision transformer: patches, pre-norm blocks, mean over the tokens, linear head."""

    family: Literal["vit"]
    patch_side: Count
    width: Count
    depth: Count
    heads: Count
    hidden_features: Count

    @model_validator(mode="after")
    def _divides(self) -> VitModel:
        if IMAGE_SIDE % self.patch_side:
            raise ValueError(f"patch_side must divide the image side {IMAGE_SIDE}")
        if self.width % self.heads:
            raise ValueError("heads must divide width")
        return self


class QuantisationSpec(Section):
    """The weight formats to compare, and the formats around them."""

    weight_formats: Annotated[
        tuple[FormatName, ...], AfterValidator(_some), AfterValidator(_distinct)
    ]
    activation_format: ActivationFormat
    first_layer: LayerFormat
    last_layer: LayerFormat


class TrainedQuantisation(QuantisationSpec):
    """Formats of a network that is trained: its activations are int8."""

    activation_format: Literal["int8"]


class RecipeSpec(Section):
    """How the network is trained: once in fp32, then from there once per weight format.

    Weights and all else move at the learning rate. A quantiser's step moves at the learning rate
    times `step_learning_rate_factor` times its own starting value.
    """

    pretrain_epochs: Count
    finetune_epochs: Count
    batch_size: Count
    pretrain_learning_rate: Rate
    finetune_learning_rate: Rate
    step_learning_rate_factor: Rate
    weight_decay: Rate
    warmup_fraction: Part
    max_shift_pixels: Index


class WorkloadSpec(Section):
    """All of ``workloads/<name>.yaml`` of a trained network."""

    name: WorkloadName
    description: Annotated[str, Field(min_length=1)]
    data: DataSpec
    model: FcnnModel | CvnnModel | VitModel
    quantisation: TrainedQuantisation
    recipe: RecipeSpec
    seeds: Annotated[tuple[Index, ...], AfterValidator(_some), AfterValidator(_distinct)]


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
    del deciding["quantisation"]["weight_formats"]
    canonical = json.dumps(deciding, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
