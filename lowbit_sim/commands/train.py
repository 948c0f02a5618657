"""``lowbit-sim train``: what a workload lacks is trained, packed, measured and traced."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.frontends.trace_workload import trace_workload
from lowbit_sim.training.campaign import train_workload


def train(workload_path: Path, formats: Sequence[str], jobs: int | None, device: str) -> None:
    """Train what is missing; finished runs are kept and not repeated."""
    processes = jobs or os.cpu_count() or 1
    train_workload(workload_path, list(formats) or None, jobs=processes, device=device)
    trace_workload(workload_path, list(formats) or None)
