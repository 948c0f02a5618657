"""What a file of a weight-free network says: its shape, and the formats to compare.

`NetworkWorkloadSpec` mirrors ``workloads/<name>.yaml`` with a ``network:`` section, where a
trained workload has ``data:``, ``model:``, ``recipe:`` and ``seeds:``. Such a network has no
weights and no accuracy of its own: it says what a weight format costs at scale. How good it is,
only accuracies that others published can say (`lowbit_sim.study.published`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lowbit_sim.errors import SpecError, nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.spec_file import read_spec_file, validate
from lowbit_sim.workload.fields import Count, Index, Section, WorkloadName
from lowbit_sim.workload.spec import (
    QuantisationSpec,
    check_name,
    family_of,
    hash_of_sections,
)

Kind = Literal["trained", "network"]

#: a section that only one kind of workload file has -> the kind
_SECTIONS: dict[str, Kind] = {"model": "trained", "network": "network"}

#: how the variants of ``llama`` begin whose output layer is the table of words
_SHARING = "mobilellm"


class ResnetNetwork(Section):
    """A residual network on one image of three channels."""

    family: Literal["resnet"]
    variant: Literal["resnet18", "resnet50"]
    image_side: Count


class MobilenetNetwork(Section):
    """Inverted residuals with depthwise convolutions on one image of three channels."""

    family: Literal["mobilenet"]
    variant: Literal["mobilenet_v2"]
    image_side: Count


class VitNetwork(Section):
    """A vision transformer with a class token on one image of three channels."""

    family: Literal["vit"]
    variant: Literal["vit_ti", "vit_s", "vit_b"]
    image_side: Count
    patch_side: Count

    @model_validator(mode="after")
    def _divides(self) -> VitNetwork:
        if self.image_side % self.patch_side:
            raise ValueError(f"patch_side must divide image_side {self.image_side}")
        return self


class LlamaNetwork(Section):
    """A decoder that computes so many tokens at once, behind a context that lies in its cache."""

    family: Literal["llama"]
    variant: Literal[
        "tinyllama_1_1b",
        "mobilellm_125m",
        "mobilellm_350m",
        "mobilellm_600m",
        "mobilellm_1b",
        "mobilellm_1_5b",
    ]
    tokens: Count
    context: Index


class CutieNetwork(Section):
    """Stages of 3 × 3 convolutions on one image whose pixels are encoded in trits."""

    family: Literal["cutie"]
    variant: Literal["cutie_96"]
    image_side: Annotated[Count, Field(multiple_of=8)]  # three pools halve it


class NetworkWorkloadSpec(Section):
    """All of ``workloads/<name>.yaml`` of a weight-free network."""

    name: WorkloadName
    description: Annotated[str, Field(min_length=1)]
    network: ResnetNetwork | MobilenetNetwork | VitNetwork | LlamaNetwork | CutieNetwork
    quantisation: QuantisationSpec


class ResnetWorkload(NetworkWorkloadSpec):
    """A workload whose network is a `ResnetNetwork`."""

    network: ResnetNetwork


class MobilenetWorkload(NetworkWorkloadSpec):
    """A workload whose network is a `MobilenetNetwork`."""

    network: MobilenetNetwork


class VitNetworkWorkload(NetworkWorkloadSpec):
    """A workload whose network is a `VitNetwork`."""

    network: VitNetwork


class LlamaWorkload(NetworkWorkloadSpec):
    """A workload whose network is a `LlamaNetwork`."""

    network: LlamaNetwork

    @model_validator(mode="after")
    def _one_table(self) -> LlamaWorkload:
        ends = (self.quantisation.first_layer, self.quantisation.last_layer)
        if self.network.variant.startswith(_SHARING) and ends[0] != ends[1]:
            raise ValueError(
                f"quantisation.first_layer ({ends[0]}) and last_layer ({ends[1]}) must be equal: "
                f"both ends of {self.network.variant} are one table"
            )
        return self


class CutieQuantisation(QuantisationSpec):
    """Formats of a network that has no nonlinearity beside the rounding of its activations."""

    activation_format: Literal["levels_3"]


class CutieWorkload(NetworkWorkloadSpec):
    """A workload whose network is a `CutieNetwork`."""

    network: CutieNetwork
    quantisation: CutieQuantisation


#: network family -> what its file must hold
NETWORK_FAMILIES: dict[str, type[NetworkWorkloadSpec]] = {
    "resnet": ResnetWorkload,
    "mobilenet": MobilenetWorkload,
    "vit": VitNetworkWorkload,
    "llama": LlamaWorkload,
    "cutie": CutieWorkload,
}


def workload_kind(path: Path) -> Kind:
    """Return whether the workload file at `path` describes a trained or a weight-free network.

    Raises
    ------
    SpecError
        If it is no YAML mapping, or does not have exactly one of the sections ``model`` and
        ``network``.
    """
    spec_file = read_spec_file(path)
    kinds = [kind for section, kind in _SECTIONS.items() if section in spec_file.content]
    if len(kinds) == 1:
        return kinds[0]
    reason = "has both sections, model and network: a network is either trained or weight-free"
    if not kinds:
        first = str(next(iter(spec_file.content), ""))
        reason = f"has neither a section model nor network; {nearest(first, _SECTIONS)}"
    raise SpecError((spec_file.fault((), reason),))


def load_network_spec(path: Path) -> NetworkWorkloadSpec:
    """Read and check the file of a weight-free network at `path`.

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
    family = family_of(spec_file, "network", NETWORK_FAMILIES)
    spec = validate(spec_file, NETWORK_FAMILIES[family])
    check_name(spec_file, spec.name)
    return spec


def network_spec_hash(spec: NetworkWorkloadSpec) -> str:
    """Return the SHA-256, in hex, of what decides the network's graph.

    The name, the description and the list of weight formats are left out.
    """
    return hash_of_sections(spec, {"network", "quantisation"})


def graph_format(quantisation: QuantisationSpec) -> str:
    """Return the weight format in which the body of a network's one graph is written.

    The first integer format that neither end of the network has by itself, so that the body can
    be told from the ends.
    """
    ends = {quantisation.first_layer, quantisation.last_layer}
    return next(name for name, fmt in FORMATS.items() if fmt.is_integer and name not in ends)
