"""A network in which each layer has a weight format of its own, as a workload that can be trained.

A mixture's weight format is the one that most of its weights have; the layers that would have
another one in the uniform network of that format are named in `layer_formats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.spec import WorkloadSpec


@dataclass(frozen=True, slots=True)
class Mixture:
    """A network with its formats, trained as all others are.

    Parameters
    ----------
    spec : WorkloadSpec
        With the formats of single layers; as it was where the network is a uniform one.
    weight_format : str
        The format of all layers that `spec` does not name.
    """

    spec: WorkloadSpec
    weight_format: str

    def key(self, seed: int) -> str:
        """Return what decides the run of one seed."""
        return run_key(self.spec, self.weight_format, seed)


def uniform_formats(spec: WorkloadSpec, weight_format: str) -> dict[str, str]:
    """Return the format of every layer, by name, of a network in one integer format.

    The first and the last layer follow the rule of the workload.

    Parameters
    ----------
    spec : WorkloadSpec
        Without formats of single layers.
    weight_format : str
        An integer format.
    """
    names = layer_names(spec.model)
    formats = dict.fromkeys(names, weight_format)
    ends = (spec.quantisation.first_layer, spec.quantisation.last_layer)
    for name, end in zip((names[0], names[-1]), ends, strict=True):
        if end != "same":
            formats[name] = end
    return formats


def mixture(spec: WorkloadSpec, formats: Mapping[str, str], weights: Mapping[str, int]) -> Mixture:
    """Return the workload whose layers have the given formats.

    Parameters
    ----------
    spec : WorkloadSpec
        Without formats of single layers.
    formats : mapping of str to str
        The integer format of every layer, by name.
    weights : mapping of str to int
        Weights of every layer, by name.
    """
    shares: dict[str, int] = {}
    for name, weight_format in formats.items():
        shares[weight_format] = shares.get(weight_format, 0) + weights[name]
    body = max(shares, key=lambda name: (shares[name], name))
    plain = uniform_formats(spec, body)
    own = {name: given for name, given in formats.items() if given != plain[name]}
    if not own:
        return Mixture(spec, body)
    quantisation = spec.quantisation.model_copy(update={"layer_formats": own})
    return Mixture(spec.model_copy(update={"quantisation": quantisation}), body)
