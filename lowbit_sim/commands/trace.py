"""``lowbit-sim trace``: packed checkpoints become operator graphs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.frontends.trace_workload import trace_workload


def trace(workload_path: Path, formats: Sequence[str]) -> None:
    """Trace every checkpoint of the workload, or those of `formats`."""
    trace_workload(workload_path, list(formats) or None)
