"""A workload: operators in the order they run, and the tensors that pass between them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from lowbit_sim.errors import nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.plain import plain

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Edge:
    """The output tensor of `source`, read by `target`.

    Parameters
    ----------
    source, target : str
        Names of operators.
    tensor_bits : int
        The whole tensor as stored, even where `target` reads a slice of it.
    """

    source: str
    target: str
    tensor_bits: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What is computed: a network at one batch, in given formats.

    Parameters
    ----------
    name : str
        The network, as ``vit``.
    weight_format : str
        The format under study; single layers may keep another.
    ops : tuple of Op
        In execution order, which is a topological order.
    edges : tuple of Edge
        At most one for each pair of operators; those into a matrix product in the order of its
        operands.

    Raises
    ------
    ValueError
        If a name stands twice or is unknown, an edge's bits are not those of its tensor, or
        the order of the operators is no execution order.
    """

    name: str
    weight_format: str
    ops: tuple[Op, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        if self.weight_format not in FORMATS:
            raise ValueError(
                f"unknown number format '{self.weight_format}';"
                f" {nearest(self.weight_format, FORMATS)}"
            )
        if not self.ops:
            raise ValueError("a workload needs at least one op")
        positions = {op.name: position for position, op in enumerate(self.ops)}
        if len(positions) != len(self.ops):
            raise ValueError(f"two ops are called '{_repeated([op.name for op in self.ops])}'")
        ops = {op.name: op for op in self.ops}
        for edge in self.edges:
            _check_edge(edge, ops)
        pairs = [f"{edge.source} -> {edge.target}" for edge in self.edges]
        if len(set(pairs)) != len(pairs):
            raise ValueError(f"the edge {_repeated(pairs)} stands twice")
        _check_order(self.edges, positions)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of everything in it, in hexadecimal."""
        canonical = json.dumps(plain(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all operators."""
        return sum(op.macs for op in self.ops)

    @property
    def weights(self) -> int:
        """Weights of all matrix products, a shared tensor once; biases are not counted."""
        return sum({op.parameter: op.weight_elements for op in self.ops if op.parameter}.values())

    def op(self, name: str) -> Op:
        """Return the operator called `name`.

        Raises
        ------
        KeyError
            If there is none.
        """
        for op in self.ops:
            if op.name == name:
                return op
        raise KeyError(name)

    def graph(self) -> nx.DiGraph:
        """Return a read-only networkx view: nodes carry ``op``, edges ``tensor_bits``."""
        import networkx as nx  # noqa: PLC0415  importing it takes longer than a small sweep

        view = nx.DiGraph(name=self.name)
        view.add_nodes_from((op.name, {"op": op}) for op in self.ops)
        view.add_edges_from(
            (edge.source, edge.target, {"tensor_bits": edge.tensor_bits}) for edge in self.edges
        )
        return nx.freeze(view)


def _repeated(names: list[str]) -> str:
    return next(name for name in names if names.count(name) > 1)


def _check_edge(edge: Edge, ops: dict[str, Op]) -> None:
    for end in (edge.source, edge.target):
        if end not in ops:
            raise ValueError(
                f"the edge {edge.source} -> {edge.target} names the unknown op '{end}';"
                f" {nearest(end, ops)}"
            )
    expected_bits = ops[edge.source].output_bits
    if edge.tensor_bits != expected_bits:
        raise ValueError(
            f"the edge {edge.source} -> {edge.target} carries {edge.tensor_bits} bit,"
            f" the output of '{edge.source}' has {expected_bits}"
        )


def _check_order(edges: tuple[Edge, ...], positions: dict[str, int]) -> None:
    backward = [edge for edge in edges if positions[edge.source] >= positions[edge.target]]
    if not backward:
        return
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for edge in edges:
        sorter.add(edge.target, edge.source)
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"the ops form a cycle: {' -> '.join(error.args[1])}") from None
    late = backward[0]
    raise ValueError(
        f"the ops are not in execution order: '{late.target}' reads '{late.source}',"
        " which stands after it"
    )
