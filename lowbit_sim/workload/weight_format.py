"""One network in another weight format: what a new trace would say, without torch.

A network without weights has one graph file, in which the body's weights have some integer
format. `with_weight_format` puts another in its place:

- integer: the body's weights change, and nothing else;
- floating-point: every weight and every activation takes it, as nothing is then quantised; the
  layers lose their scales, and in fp32 there is nothing left to round.

Weights whose format changes, or that had no statistics, get `assumed_statistics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.workload.assumed_weights import assumed_statistics
from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.parameters import FP32_BITS, scale_bits


def with_weight_format(workload: Workload, name: str) -> Workload:
    """Return `workload` with the weights of its body in the format called `name`.

    Parameters
    ----------
    workload : Workload
        Its body are the operators whose weights have the workload's own weight format. Start
        from the graph as it was read: where the ends of the network have that format too, they
        cannot be told from the body any more.
    name : str
        A number format.

    Raises
    ------
    SpecError
        If there is no such format.
    ValueError
        If the workload's own weight format is a floating-point format, which a graph without
        quantisers has; nothing says where they would stand.
    """
    fmt, own = number_format(name), workload.weight_format
    if not FORMATS[own].is_integer and name != own:
        raise ValueError(f"{workload.name} is in {own}: only integer weights take other formats")
    if fmt.is_integer or name == own:
        body = {op.name: name if op.weight == own else op.weight for op in workload.ops}
        ops = [_with_weight(op, body[op.name]) if op.parameter else op for op in workload.ops]
        return _joined(workload, name, ops, {})
    dropped = {op.name for op in workload.ops if op.kind == "quantise" and name == "fp32"}
    before = {edge.target: edge.source for edge in workload.edges if edge.target in dropped}
    ops = [_in_float(op, name) for op in workload.ops if op.name not in dropped]
    return _joined(workload, name, ops, before)


def _with_weight(op: Op, weight: str | None) -> Op:
    """Return a layer or an embedding with its weights in another format."""
    assert weight is not None
    if op.kind == "embedding":
        table = FORMATS[weight]
        row_bits = op.n * table.field_bits + FP32_BITS * table.is_integer
        return replace(op, weight=weight, activation=weight, side_parameter_bits=op.m * row_bits)
    if weight == op.weight and op.statistics is not None:
        return op
    counts = assumed_statistics(weight, op.weight_elements, op.batch * op.n)
    side_bits = op.side_parameter_bits
    if not FORMATS[weight].is_integer:
        side_bits -= scale_bits(op)
    return replace(op, weight=weight, statistics=counts, side_parameter_bits=side_bits)


def _in_float(op: Op, name: str) -> Op:
    """Return an operator of which everything that was quantised is in a floating-point format."""
    if op.parameter is not None:
        op = _with_weight(op, name)
    weight = name if op.weight is not None else None
    formats = (_rounded(op.activation, name), _rounded(op.output, name))
    return replace(op, weight=weight, activation=formats[0], output=formats[1])


def _rounded(held: str, name: str) -> str:
    return name if FORMATS[held].is_integer else held


def _joined(workload: Workload, name: str, ops: list[Op], before: Mapping[str, str]) -> Workload:
    """Return the workload of `ops`; edges out of dropped operators come from those `before`."""
    outputs_bits = {op.name: op.output_bits for op in ops}
    edges: dict[tuple[str, str], Edge] = {}
    for edge in workload.edges:
        source = edge.source
        while source in before:
            source = before[source]
        if edge.target in outputs_bits:
            pair = (source, edge.target)
            edges[pair] = Edge(*pair, outputs_bits[source])
    return Workload(workload.name, name, tuple(ops), tuple(edges.values()))
