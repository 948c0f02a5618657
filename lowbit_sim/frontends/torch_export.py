"""From a torch model to a `Workload`: export, lower each node, name the operators, join them.

What costs nothing is left out: layout, a scale or a batch norm that folds into a matrix product,
and rounding that the operator before does on its output. All else must have a lowering.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from torch import Tensor, nn
from torch.fx import Node

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.frontends.exported import Exported, export, fault, shape
from lowbit_sim.frontends.lowering import Dims, Draft, is_lowered, lower
from lowbit_sim.frontends.naming import readable_name, unique
from lowbit_sim.frontends.passing import passes_on
from lowbit_sim.frontends.side_parameters import side_parameter_bits
from lowbit_sim.frontends.storing import UNQUANTISED, Stored, find_stored
from lowbit_sim.frontends.weights import read_weights
from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Op

_IMAGE_RANK = 4


def trace(model: nn.Module, example_input: Tensor, name: str, weight_format: str) -> Workload:
    """Return what `model` computes on an input like `example_input`.

    Parameters
    ----------
    model : Module
        Is put into evaluation mode.
    example_input : Tensor
        Only its shape matters; the first dimension counts samples.
    name : str
        Name of the workload.
    weight_format : str
        The number format under study.

    Raises
    ------
    SpecError
        If the model uses an operator that has no lowering, or one in an unknown way; the error
        names operator, module and source line.
    """
    number_format(weight_format)
    exported = export(model, example_input)
    _check_supported(exported)
    stored = find_stored(exported)
    drafts = {
        node: _draft(exported, node) for node, source in stored.sources.items() if node is source
    }
    ops, edges = _join(exported, stored, drafts)
    return Workload(name, weight_format, ops, edges)


def _check_supported(exported: Exported) -> None:
    unknown = [
        node
        for node in exported.graph.nodes
        if node.op not in {"placeholder", "output"}
        and node not in exported.constants
        and not passes_on(node)
        and not is_lowered(node)
    ]
    if unknown:
        reason = f"has no lowering (those there are stand in {is_lowered.__module__})"
        raise SpecError(tuple(fault(node, reason) for node in unknown))


def _draft(exported: Exported, node: Node) -> Draft:
    return _input(node) if node.op == "placeholder" else lower(exported, node)


def _input(node: Node) -> Draft:
    extents = shape(node)
    if len(extents) == _IMAGE_RANK:
        images, channels, height, width = extents
        return Draft("input", (1, images * height * width, 1, channels), (), "input")
    return Draft("input", (1, math.prod(extents[:-1]), 1, extents[-1]), (), "input")


def _unfold(draft: Draft) -> Iterator[Draft]:
    """Yield the drafts that `draft` reads directly, and then itself."""
    for read in draft.reads:
        if isinstance(read, Draft):
            yield from _unfold(read)
    yield draft


def _activations(exported: Exported, draft: Draft) -> list[Node | Draft]:
    return [read for read in draft.reads if read not in exported.constants]


def _source(
    read: Node | Draft, stored: Stored, drafts: Mapping[Node, Draft], named: Mapping[Draft, str]
) -> str:
    return named[read if isinstance(read, Draft) else drafts[stored.sources[read]]]


def _join(
    exported: Exported, stored: Stored, drafts: Mapping[Node, Draft]
) -> tuple[tuple[Op, ...], tuple[Edge, ...]]:
    """Return the operators in execution order, and the tensors between them."""
    steps = [(draft, node) for node, last in drafts.items() for draft in _unfold(last)]
    names = unique(readable_name(exported, node, draft) for draft, node in steps)
    named = {draft: called for (draft, _), called in zip(steps, names, strict=True)}
    ops: dict[str, Op] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for draft, node in steps:
        sources = [_source(read, stored, drafts, named) for read in _activations(exported, draft)]
        output = stored.outputs[node] if draft is drafts[node] else UNQUANTISED
        dims = draft.dims or _dims_like(draft.kind, node, ops[sources[0]])
        op = _op(exported, stored, draft, named[draft], dims, output)
        side_bits = side_parameter_bits(exported, node, op.weight)
        ops[named[draft]] = replace(op, side_parameter_bits=side_bits)
        for source in sources:
            pair = (source, named[draft])
            edges[pair] = Edge(*pair, ops[source].output_bits)
    return tuple(ops.values()), tuple(edges.values())


def _dims_like(kind: str, node: Node, source: Op) -> Dims:
    """Return the dims of an operator that reads the output of `source`, or a part of it."""
    extents = shape(node)
    k = 2 if kind == "add" else 1
    if source.output_elements == math.prod(extents):
        return source.batch, source.m, k, source.n
    return 1, math.prod(extents[:-1]), k, extents[-1]


def _op(exported: Exported, stored: Stored, draft: Draft, name: str, dims: Dims, output: str) -> Op:
    reads = _activations(exported, draft)
    formats = [stored.formats[r] if isinstance(r, Node) else UNQUANTISED for r in reads]
    weights = None if draft.weight is None else read_weights(exported, draft.weight)
    weight = formats[1] if draft.kind == "matmul" else None
    return Op(
        name,
        draft.kind,
        *dims,
        weight=weight if weights is None else weights.format,
        activation=formats[0] if formats else output,
        output=output,
        parameter=None if weights is None else weights.parameter,
        convolution=draft.convolution,
        statistics=None if weights is None else weights.statistics,
    )
