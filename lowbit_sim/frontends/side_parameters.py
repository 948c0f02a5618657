"""The fp32 numbers that come with an operator beside its weights.

**Formula**, in fp32 words:

    linear, conv2d   output channels · (bias + scale)
    layer_norm       gains + offsets
    add              elements of an operand that is a parameter

A bias is there if the layer has one or a batch norm folds into it; a scale (the weights' step
times the activations' steps, and a folded norm's gain) if the weights are integer levels. A
folded norm's gain goes into floating-point weights themselves.
"""

from __future__ import annotations

import math

from torch.fx import Node

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.exported import Exported, arguments, shape, target_name
from lowbit_sim.frontends.passing import BATCH_NORM, LAYERS

FP32_BITS = FORMATS["fp32"].field_bits


def side_parameter_bits(exported: Exported, node: Node, weight_format: str | None) -> int:
    """Return the bits of the fp32 parameters that `node` reads beside its weights [bit].

    Parameters
    ----------
    exported : Exported
        The model.
    node : Node
        The node of the operator.
    weight_format : str or None
        The format of a layer's weights.
    """
    if target_name(node) in LAYERS and weight_format is not None:
        named = arguments(node)
        folds = any(target_name(user) == BATCH_NORM for user in node.users)
        numbers = int(named["bias"] is not None or folds) + FORMATS[weight_format].is_integer
        return FP32_BITS * shape(named["weight"])[0] * numbers
    if target_name(node) == "aten.layer_norm.default":
        named = arguments(node)
        given = [named[key] for key in ("weight", "bias") if named[key] is not None]
        return FP32_BITS * sum(math.prod(shape(part)) for part in given)
    if target_name(node) == "aten.add.Tensor":
        held = [arg for arg in node.all_input_nodes if arg in exported.constants]
        return FP32_BITS * sum(math.prod(shape(part)) for part in held)
    return 0
