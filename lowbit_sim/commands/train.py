"""``lowbit-sim train``: what a workload lacks is trained, packed, measured and traced."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.frontends.trace_workload import trace_workload
from lowbit_sim.training.campaign import train_workload


def train(workload_path: Path, formats: Sequence[str], jobs: int | None, device: str) -> None:
    """Train what is missing; finished runs are kept and not repeated."""
    chosen = list(formats) or None
    try:
        train_workload(workload_path, chosen, jobs=jobs or os.cpu_count() or 1, device=device)
    except KeyboardInterrupt:
        print("interrupted; finished runs are kept, call again to go on", file=sys.stderr)  # noqa: T201
        raise
    trace_workload(workload_path, chosen)
