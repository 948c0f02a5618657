"""Independent operators at once: the network's order, given to the event-driven engine.

An operator begins when all that it reads are done and its unit, an array or the vector unit, is
free. Operators that run at the same time share the DRAM's ports; each array has its own memories
on the chip, which is the machine's promise where it says ``concurrent: true``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.workload.graph import Workload

if TYPE_CHECKING:
    from lowbit_sim.engines.event_driven import Ran


def overlapped(
    workload: Workload, mapped: Sequence[MappedOp], *, records: bool = False
) -> Mapping[str, Ran]:
    """Return when each mapped operator runs.

    Parameters
    ----------
    workload : Workload
        The operators and what they read, in execution order.
    mapped : sequence of MappedOp
        The same operators with units and schedules. If loads and stores share the outermost port
        in one of them, they do in all: the memories are the same.
    records : bool
        Whether the spans of their stages are wanted.
    """
    from lowbit_sim.engines.event_driven import Task, concurrent  # noqa: PLC0415 (SimPy is slow)

    before = _timed_before(workload, {op.op.name for op in mapped})
    tasks = [
        Task(op.op.name, op.unit, op.schedule, tuple(sorted(before[op.op.name]))) for op in mapped
    ]
    shared = any(op.schedule.shared_port for op in mapped)
    return concurrent(tasks, shared_port=shared, records=records)


def _timed_before(workload: Workload, timed: set[str]) -> dict[str, set[str]]:
    """Return what each operator waits for; what takes no time passes its own waits on."""
    waits: dict[str, set[str]] = {op.name: set() for op in workload.ops}
    sources: dict[str, list[str]] = {op.name: [] for op in workload.ops}
    for edge in workload.edges:
        sources[edge.target].append(edge.source)
    for op in workload.ops:
        for source in sources[op.name]:
            waits[op.name] |= {source} if source in timed else waits[source]
    return waits
