"""Which operator stores the tensor of a node, and in which format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch.fx import Node

from lowbit_sim.frontends.exported import Exported, shape, target_name
from lowbit_sim.frontends.passing import (
    BATCH_NORM,
    QUANTISERS,
    check_folds,
    format_after,
    is_scale,
    passes_on,
    readers,
    tensor_before,
)

UNQUANTISED = "fp32"

#: their outputs are some of their inputs, hence in the same format
_SELECTING = frozenset({"aten.relu.default", "aten.max_pool2d.default"})


@dataclass(frozen=True, slots=True)
class Stored:
    """Where each tensor of the network lies.

    Parameters
    ----------
    sources : mapping of Node to Node
        Node -> the node of the operator that stores its tensor.
    formats : mapping of Node to str
        Node -> format of its tensor, as whoever reads it sees it.
    outputs : mapping of Node to str
        Operator's node -> format in which it stores its output.
    """

    sources: Mapping[Node, Node]
    formats: Mapping[Node, str]
    outputs: Mapping[Node, str]


def find_stored(exported: Exported) -> Stored:
    """Follow every tensor of the network from its operator to its readers.

    Raises
    ------
    SpecError
        If a scale or a batch norm does not fold, or a format is unknown.
    """
    sources: dict[Node, Node] = {}
    formats: dict[Node, str] = {}
    outputs: dict[Node, str] = {}
    for node in exported.graph.nodes:
        if node in exported.constants or node.op == "output":
            continue
        if node.op == "call_function" and passes_on(node):
            if is_scale(node) or target_name(node) == BATCH_NORM:
                check_folds(node)
            sources[node] = sources[tensor_before(node)]
            formats[node] = formats[tensor_before(node)]
        elif target_name(node) in QUANTISERS:
            source = sources[tensor_before(node)]
            sources[node] = source if node in _merged(source) else node
            formats[node] = format_after(node)
            outputs[sources[node]] = formats[node]
        else:
            sources[node] = node
            selecting = target_name(node) in _SELECTING
            formats[node] = formats[tensor_before(node)] if selecting else UNQUANTISED
            outputs[node] = formats[node]
    return Stored(sources, formats, outputs)


def _merged(source: Node) -> frozenset[Node]:
    """Return the quantisers that the output path of `source` does on the way.

    That is: all its readers, if each is a quantiser to one and the same format, and if together
    they read no element twice (two quantisers of one tensor make two tensors).
    """
    reading = list(dict.fromkeys(readers(source)))
    if any(target_name(node) not in QUANTISERS for node in reading):
        return frozenset()
    if len({format_after(node) for node in reading}) != 1:
        return frozenset()
    read_elements = sum(math.prod(shape(node)) for node in reading)
    return frozenset(reading if read_elements <= math.prod(shape(source)) else ())
