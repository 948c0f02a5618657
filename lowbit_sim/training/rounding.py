"""Networks that were rounded and not trained again: what fine-tuning would start from."""

from __future__ import annotations

from torch import Tensor, nn

from lowbit_sim.training.models import build_model
from lowbit_sim.training.trainer import State, start_from
from lowbit_sim.workload.spec import WorkloadSpec


def rounded_network(
    spec: WorkloadSpec, pretrained: State, weight_format: str, images: Tensor
) -> nn.Module:
    """Return a network with the weights of every layer in one format, the ends included.

    Parameters
    ----------
    spec : WorkloadSpec
        Its rules for the first and the last layer are left aside.
    pretrained : mapping of str to Tensor
        The weights in fp32.
    weight_format : str
        An integer format.
    images : Tensor, shape (batch, channels, side, side)
        By which the steps of the activations are chosen.
    """
    ends = {"first_layer": "same", "last_layer": "same", "layer_formats": None}
    quantisation = spec.quantisation.model_copy(update=ends)
    model = build_model(spec.model_copy(update={"quantisation": quantisation}), weight_format)
    start_from(model, pretrained, images)
    return model.eval()
