"""What passes the DRAM port even where activations stay on the chip."""

from __future__ import annotations

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.workload.graph import Edge, Workload


def dram_traffic(workload: Workload, machine: Accelerator) -> dict[str, tuple[int, bool]]:
    """Return for each operator what passes the DRAM port even where activations stay on the chip.

    A network's inputs come with the first operator that reads them, its outputs leave with the
    operator that makes them: what nobody reads, and what an ``output`` reads (a KV cache's new
    rows). Where weights do not pass the memory in which activations stay, an activation in the
    weight's place goes through the DRAM.

    Returns
    -------
    dict of str to (int, bool)
        Bits that come from the DRAM, and whether the result goes there.
    """
    ops = {op.name: op for op in workload.ops}
    positions = {name: position for position, name in enumerate(ops)}
    unread = {op.name for op in workload.ops if op.kind == "input"}
    around = machine.path("weight")[1] is not machine.home
    stand_ins = _stand_ins(workload) if around else frozenset[Edge]()
    first_read_bits = dict.fromkeys(positions, 0)
    leaves = set(positions) - {edge.source for edge in workload.edges}
    for edge in sorted(workload.edges, key=lambda edge: positions[edge.target]):
        if ops[edge.target].kind == "output" or edge in stand_ins:
            leaves.add(edge.source)
        if edge.source in unread and edge not in stand_ins:
            unread.remove(edge.source)
            first_read_bits[edge.target] += edge.tensor_bits
    return {name: (first_read_bits[name], name in leaves) for name in positions}


def _stand_ins(workload: Workload) -> frozenset[Edge]:
    """Return the edges that carry an activation in the weight's place.

    The edges into a matrix product stand in the order of its operands, and the first operand is
    one tensor: all but the first edge belong to the second, and so does the only one.
    """
    into: dict[str, list[Edge]] = {op.name: [] for op in workload.ops if op.weights_are_activations}
    for edge in workload.edges:
        if edge.target in into:
            into[edge.target].append(edge)
    return frozenset(edge for edges in into.values() for edge in edges[1:] or edges)
