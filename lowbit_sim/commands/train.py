"""``lowbit-sim train``: what a workload or a study lacks is trained, packed and measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.commands.mixed_precision import train_mixing
from lowbit_sim.errors import spec_error
from lowbit_sim.judge.mixing_spec import is_mixing
from lowbit_sim.report.study_kinds import load_known_study
from lowbit_sim.spec_file import read_spec_file
from lowbit_sim.training.campaign import Means, finished, study_wants, train_missing
from lowbit_sim.training.publishing import train_workload
from lowbit_sim.training.run_store import RunStore


def train(
    path: Path, formats: Sequence[str], jobs: int | None, device: str, runs: Path | None
) -> None:
    """Train what is missing; finished runs are kept and not repeated."""
    is_mixed = is_mixing(path)
    is_study = is_mixed or "arms" in read_spec_file(path).content
    if is_study and formats:
        reason = "a study says itself in which formats it trains; --format is for workloads"
        raise spec_error(reason, path, value=", ".join(formats))
    store = RunStore(runs or (path.resolve().parent.parent / "runs" if is_study else Path("runs")))
    means = Means(store, jobs or os.cpu_count() or 1, device)
    try:
        if is_mixed:
            train_mixing(path, means)
            return
        if is_study:
            _train_study(path, means)
            return
        train_workload(path, list(formats) or None, None, means)
    except KeyboardInterrupt:
        told = "interrupted; finished runs and whole epochs are kept, call again to go on"
        print(told, file=sys.stderr)  # noqa: T201
        raise
    from lowbit_sim.frontends.trace_workload import trace_workload

    trace_workload(path, list(formats) or None)


def _train_study(path: Path, means: Means) -> None:
    study = load_known_study(path)
    wants = study_wants(study)
    train_missing(study.spec.name, wants, means)
    records = {record.key: record for one in wants for record in finished(one, means.store)}
    diverged = [record for record in records.values() if record.diverged is not None]
    print(f"{len(records)} runs of {study.spec.name} are trained, {len(diverged)} diverged")  # noqa: T201
    for record in diverged:
        title = f"{record.workload} {record.weight_format} seed {record.seed}"
        print(f"  {title}: {record.diverged}")  # noqa: T201
