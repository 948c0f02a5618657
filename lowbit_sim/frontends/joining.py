"""From drafts to operators with names and formats, in execution order, and the edges between them.

A network input stands right before the first operator that reads it, so that it takes up no
memory earlier: each layer's part of a cache comes when the layer runs. A tensor that leaves the
network *and* is read on has an ``output`` right behind it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from torch.fx import Node

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.draft import Dims, Draft, chain, input_draft, output_draft, rows_of
from lowbit_sim.frontends.exported import Exported, network_outputs, shape
from lowbit_sim.frontends.lowering import lower
from lowbit_sim.frontends.naming import readable_name, unique
from lowbit_sim.frontends.side_parameters import side_parameter_bits
from lowbit_sim.frontends.storing import UNQUANTISED, Stored
from lowbit_sim.frontends.weights import read_weights
from lowbit_sim.workload.graph import Edge
from lowbit_sim.workload.op import Op


@dataclass(frozen=True, slots=True)
class _Traced:
    """An exported model, where its tensors lie, and each node's last draft."""

    exported: Exported
    stored: Stored
    drafts: Mapping[Node, Draft]

    def activations(self, draft: Draft) -> list[Node | Draft]:
        """Return what `draft` reads, parameters left out."""
        return [read for read in draft.reads if read not in self.exported.constants]

    def sources(self, draft: Draft) -> list[Draft]:
        """Return the drafts whose outputs `draft` reads, each once."""
        found: dict[Draft, None] = {}
        for read in self.activations(draft):
            if isinstance(read, Draft):
                found[read] = None
            else:
                found.update(dict.fromkeys(self.drafts[node] for node in self.stored.sources[read]))
        return list(found)

    def formats(self, draft: Draft) -> list[str]:
        """Return the formats of the activations that `draft` reads."""
        formats = self.stored.formats
        reads = self.activations(draft)
        return [formats[read] if isinstance(read, Node) else UNQUANTISED for read in reads]


Step = tuple[Draft, Node]


def join(exported: Exported, stored: Stored) -> tuple[tuple[Op, ...], tuple[Edge, ...]]:
    """Return the operators in execution order, and the tensors between them.

    Raises
    ------
    SpecError
        If a known operator is used in an unknown way.
    """
    makers = [node for node, sources in stored.sources.items() if sources == (node,)]
    drafts = {
        node: input_draft(node) if node.op == "placeholder" else lower(exported, node)
        for node in makers
    }
    traced = _Traced(exported, stored, drafts)
    steps = list(_in_order(traced))
    names = dict(zip((draft for draft, _ in steps), _names(traced, steps), strict=True))
    ops: dict[str, Op] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for draft, node in steps:
        sources = [names[source] for source in traced.sources(draft)]
        dims = draft.dims or _dims_like(draft.kind, node, ops[sources[0]])
        ops[names[draft]] = _op(traced, (draft, node), names[draft], dims)
        for source in sources:
            pair = (source, names[draft])
            edges[pair] = Edge(*pair, ops[source].output_bits)
    return tuple(ops.values()), tuple(edges.values())


def _in_order(traced: _Traced) -> Iterator[Step]:
    """Yield every draft and its node; inputs right before a reader, outputs behind a maker."""
    steps = [(draft, node) for node, last in traced.drafts.items() for draft in chain(last)]
    waiting = {draft: node for draft, node in steps if draft.kind == "input"}
    leaving = _leaving(traced, steps)

    def placed(draft: Draft, node: Node) -> Iterator[Step]:
        for source in traced.sources(draft):
            if source in waiting:
                yield from placed(source, waiting.pop(source))
        yield draft, node
        for output in leaving.pop(draft, []):
            yield from placed(*output)

    for draft, node in steps:
        if draft.kind != "input":
            yield from placed(draft, node)
    for draft in list(leaving):  # an input that is only given back
        yield from placed(draft, waiting.pop(draft))


def _leaving(traced: _Traced, steps: list[Step]) -> dict[Draft, list[Step]]:
    """Return the outputs that need an operator, by the last draft that makes a part of each."""
    read = {source for draft, _ in steps for source in traced.sources(draft)}
    positions = {draft: position for position, (draft, _) in enumerate(steps)}
    leaving: dict[Draft, list[Step]] = {}
    for node in network_outputs(traced.exported):
        output = output_draft(node)
        sources = traced.sources(output)
        if len(sources) > 1 or sources[0] in read or sources[0].kind == "input":
            last = max(sources, key=positions.__getitem__)
            leaving.setdefault(last, []).append((output, node))
    return leaving


def _names(traced: _Traced, steps: list[Step]) -> list[str]:
    inside = [(draft, node) for draft, node in steps if draft.kind != "output"]
    called = unique(readable_name(traced.exported, node, draft) for draft, node in inside)
    names = dict(zip((draft for draft, _ in inside), called, strict=True))
    return unique(
        names.get(draft) or f"{names[traced.sources(draft)[-1]]}.output" for draft, _ in steps
    )


def _dims_like(kind: str, node: Node, source: Op) -> Dims:
    """Return the dims of an operator that reads the output of `source`, or a part of it."""
    extents = shape(node)
    k = 2 if kind in {"add", "mul"} else 1
    if source.output_elements == math.prod(extents):
        return source.batch, source.m, k, source.n
    return rows_of(extents, k)


def _op(traced: _Traced, step: Step, name: str, dims: Dims) -> Op:
    draft, node = step
    formats = traced.formats(draft)
    weights = None if draft.weight is None else read_weights(traced.exported, draft.weight)
    weight = None if weights is None else weights.format
    if draft.kind == "matmul":
        weight = formats[1]
    op = Op(
        name,
        draft.kind,
        *dims,
        weight=weight,
        activation=_activation(traced, step, formats, weight),
        output=_output(traced, step, formats),
        parameter=None if weights is None else weights.parameter,
        convolution=draft.convolution,
        statistics=None if weights is None or draft.table_rows else weights.statistics,
        table_rows=draft.table_rows,
    )
    side_bits = side_parameter_bits(traced.exported, node, draft, weight)
    return replace(op, side_parameter_bits=side_bits)


def _activation(traced: _Traced, step: Step, formats: list[str], weight: str | None) -> str:
    """Return the first operand's format of a product, the widest of a pass, a table's own."""
    draft, _ = step
    if not formats:
        return _output(traced, step, formats)
    if draft.table_rows and weight is not None:
        return weight
    if draft.kind == "matmul" or draft.weight is not None:
        return formats[0]
    return max(formats, key=lambda name: FORMATS[name].field_bits)


def _output(traced: _Traced, step: Step, formats: list[str]) -> str:
    draft, node = step
    if draft.kind == "output":
        return formats[0]
    return traced.stored.outputs[node] if draft is traced.drafts[node] else UNQUANTISED
