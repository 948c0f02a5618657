"""What comes from memory with an operator beside its weights.

**Formula**, in fp32 words unless it says otherwise:

    linear, conv2d          output channels · (bias + scale)
    layer_norm, rms_norm    gains + offsets
    add, mul, concat        elements of an operand that is a parameter
    mask                    elements of a constant mask, one bit each
    embedding               rows read · (row in the table's format + scale)

A bias is there if the layer has one or a batch norm folds into it; a scale (the weights' step
times the activations' steps, and a folded norm's gain) if the weights are integer levels. A
folded norm's gain goes into floating-point weights themselves. An embedding reads the rows of its
tokens and not the whole table.
"""

from __future__ import annotations

import math

import torch
from torch.fx import Node

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.draft import Draft
from lowbit_sim.frontends.exported import Exported, arguments, shape, target_name
from lowbit_sim.frontends.passing import BATCH_NORM, LAYERS

FP32_BITS = FORMATS["fp32"].field_bits

_NORMS = frozenset({"layer_norm", "rms_norm"})


def side_parameter_bits(
    exported: Exported, node: Node, draft: Draft, weight_format: str | None
) -> int:
    """Return the bits of the parameters that `draft` reads beside its weights [bit].

    Parameters
    ----------
    exported : Exported
        The model.
    node : Node
        The node that became the draft.
    draft : Draft
        The operator.
    weight_format : str or None
        The format of a layer's weights, or of an embedding's table.
    """
    if draft.kind == "embedding" and weight_format is not None and draft.dims is not None:
        table, (_, rows, _, elements) = FORMATS[weight_format], draft.dims
        return rows * (elements * table.field_bits + FP32_BITS * table.is_integer)
    if target_name(node) in LAYERS and weight_format is not None:
        named = arguments(node)
        folds = any(target_name(user) == BATCH_NORM for user in node.users)
        numbers = int(named["bias"] is not None or folds) + FORMATS[weight_format].is_integer
        return FP32_BITS * shape(named["weight"])[0] * numbers
    if draft.kind in _NORMS:
        named = arguments(node)
        given = [named.get(key) for key in ("weight", "bias")]
        return sum(_held_bits(part) for part in given if part is not None)
    held = [read for read in draft.reads if isinstance(read, Node) and read in exported.constants]
    return sum(_held_bits(part) for part in held)


def _held_bits(node: Node) -> int:
    """Return the bits of a constant as it lies in memory: before it is spread over dimensions."""
    while target_name(node) == "aten.expand.default":
        node = node.all_input_nodes[0]
    is_truth = node.meta["val"].dtype == torch.bool
    return math.prod(shape(node)) * (1 if is_truth else FP32_BITS)
