"""Which operators store the tensor of a node, and in which format.

A concatenation is free if all its parts are activations in one format: whoever makes a part
writes it to its place in the whole, or whoever reads the whole finds each part where it lies, and
so its readers read all the parts' operators. That is how a cache of keys grows by a token without
being copied. It is a copy (kind ``concat``) if a part is a parameter, which has to come in from
memory, or if the parts' formats differ. No rounding behind it merges into the parts' operators.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch.fx import Node

from lowbit_sim.frontends.exported import Exported, shape, target_name
from lowbit_sim.frontends.passing import (
    BATCH_NORM,
    CONCATENATIONS,
    QUANTISERS,
    check_folds,
    format_after,
    is_scale,
    parts_of,
    passes_on,
    readers,
    tensor_before,
)

UNQUANTISED = "fp32"

#: their outputs are some of their inputs, hence in the same format
_SELECTING = frozenset(
    {"aten.relu.default", "aten.max_pool2d.default", "aten.adaptive_max_pool2d.default"}
)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where each tensor of the network lies.

    Parameters
    ----------
    sources : mapping of Node to tuple of Node
        Node -> the nodes of the operators that store its tensor; several where it is put
        together from parts.
    formats : mapping of Node to str
        Node -> format of its tensor, as whoever reads it sees it.
    outputs : mapping of Node to str
        Operator's node -> format in which it stores its output.
    """

    sources: Mapping[Node, tuple[Node, ...]]
    formats: Mapping[Node, str]
    outputs: Mapping[Node, str]


def find_stored(exported: Exported) -> Stored:
    """Follow every tensor of the network from its operator to its readers.

    Raises
    ------
    SpecError
        If a scale or a batch norm does not fold, or a format is unknown.
    """
    sources: dict[Node, tuple[Node, ...]] = {}
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
            before = sources[tensor_before(node)]
            sources[node] = before if _merges(node, before) else (node,)
            formats[node] = format_after(node)
            outputs[sources[node][0]] = formats[node]
        elif _is_free_concatenation(node, formats):
            parts = [source for part in parts_of(node) for source in sources[part]]
            sources[node] = tuple(dict.fromkeys(parts))
            formats[node] = formats[parts_of(node)[0]]
        else:
            sources[node] = (node,)
            selecting = target_name(node) in _SELECTING
            formats[node] = formats[tensor_before(node)] if selecting else UNQUANTISED
            outputs[node] = formats[node]
    return Stored(sources, formats, outputs)


def _is_free_concatenation(node: Node, formats: Mapping[Node, str]) -> bool:
    if target_name(node) not in CONCATENATIONS:
        return False
    parts = parts_of(node)  # a parameter has no format among those of the activations
    return all(part in formats for part in parts) and len({formats[part] for part in parts}) == 1


def _merges(node: Node, sources: tuple[Node, ...]) -> bool:
    """Whether the output path of the operator before does the rounding of `node` on the way."""
    return len(sources) == 1 and node in _merged(sources[0])


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
