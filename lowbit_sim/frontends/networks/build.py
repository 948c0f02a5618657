"""The network that a workload file names, with inputs of the right shapes, on device ``meta``."""

from __future__ import annotations

import torch
from torch import nn

from lowbit_sim.frontends.networks import cutie, llama, mobilenet, resnet, vit
from lowbit_sim.frontends.networks.layers import IMAGE_CHANNELS
from lowbit_sim.training.models import layer_formats
from lowbit_sim.workload.network_spec import (
    CutieNetwork,
    LlamaNetwork,
    NetworkWorkloadSpec,
    ResnetNetwork,
    VitNetwork,
)


def build_network(
    spec: NetworkWorkloadSpec, weight_format: str
) -> tuple[nn.Module, tuple[object, ...]]:
    """Return the network of `spec` with weights of `weight_format`, and inputs for it.

    Both lie on the device ``meta``: they have shapes, and neither values nor memory.
    """
    network, formats = spec.network, layer_formats(spec.quantisation, weight_format)
    with torch.device("meta"):
        if isinstance(network, LlamaNetwork):
            shape, extents = llama.VARIANTS[network.variant], (network.tokens, network.context)
            return llama.Llama(shape, *extents, formats), llama.llama_inputs(shape, *extents)
        if isinstance(network, CutieNetwork):
            of_trits, side = cutie.VARIANTS[network.variant], network.image_side
            image = torch.zeros(1, of_trits.input_channels, side, side)
            return cutie.Cutie(of_trits, formats), (image,)
        images = torch.zeros(1, IMAGE_CHANNELS, network.image_side, network.image_side)
        if isinstance(network, VitNetwork):
            sides = (network.image_side, network.patch_side)
            return vit.Vit(vit.VARIANTS[network.variant], *sides, formats), (images,)
        if isinstance(network, ResnetNetwork):
            return resnet.Resnet(resnet.VARIANTS[network.variant], formats), (images,)
        return mobilenet.Mobilenet(mobilenet.VARIANTS[network.variant], formats), (images,)
