"""How much activation memory a workload needs at once, if every tensor is kept while needed."""

from __future__ import annotations

from lowbit_sim.workload.graph import Workload


def live_bits(workload: Workload) -> tuple[int, ...]:
    """Return the bits of the tensors alive while each operator runs, in the order of the ops.

    A tensor lives from its producer until its last consumer has run, so an operator's inputs
    and its output live together. A tensor that nobody reads is a result and lives to the end.
    A tensor with several readers is counted once. Weights are not counted. An ``output`` is no
    tensor of its own: it is written while it is made, and keeps nothing alive.
    """
    positions = {op.name: position for position, op in enumerate(workload.ops)}
    last_use = dict.fromkeys(positions, len(positions) - 1)
    last_use |= {edge.source: 0 for edge in workload.edges}
    for edge in workload.edges:
        last_use[edge.source] = max(last_use[edge.source], positions[edge.target])
    ending_bits = [0] * len(positions)
    made_bits = [0 if op.kind == "output" else op.output_bits for op in workload.ops]
    for op, made in zip(workload.ops, made_bits, strict=True):
        ending_bits[last_use[op.name]] += made
    alive_bits, history = 0, []
    for made, ended_bits in zip(made_bits, ending_bits, strict=True):
        alive_bits += made
        history.append(alive_bits)
        alive_bits -= ended_bits
    return tuple(history)


def peak_live_bits(workload: Workload) -> int:
    """Return the most bits of activations that live at once; see `live_bits`.

    Returns
    -------
    int
        Bits of the least activation memory with which no tensor leaves before its last use,
        were it never fragmented.
    """
    return max(live_bits(workload))
