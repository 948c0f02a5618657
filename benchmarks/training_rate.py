"""Runs an hour: `lowbit-sim train` against the loop that trains one network after another.

The loop is what a user would write: for every format and seed it pre-trains in fp32, fine-tunes
in the format and goes on, in one process, with torch's own number of threads. The same runs by
`train_missing` share the pre-training of a seed between formats and fill the cores with
processes of one thread. Both compute the same networks; the accuracies are compared.

Run from the repository: ``python benchmarks/training_rate.py [WORKLOAD.yaml]``.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import torch

from lowbit_sim.training.campaign import Means, Wanted, finished, train_missing
from lowbit_sim.training.jobs import Job, run_job
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.workload.run_record import PRETRAINED
from lowbit_sim.workload.spec import load_workload_spec

SEEDS = (0, 1)


def one_by_one(wanted, folder):
    """Train every run from its beginning, nothing shared, on all of torch's threads."""
    right = {}
    for weight_format, seed, key in wanted.runs():
        store = RunStore(folder / key[:8])
        for name in (PRETRAINED, weight_format):
            run_job(Job(wanted.spec, name, seed, store, "cpu"), lambda: None)
        right[weight_format, seed] = store.record(key).value_fraction
    return right


def together(wanted, folder):
    means = Means(RunStore(folder), os.cpu_count() or 1, "cpu")
    train_missing(wanted.spec.name, [wanted], means)
    found = finished(wanted, means.store)
    return {(record.weight_format, record.seed): record.value_fraction for record in found}


def timed(train, wanted):
    folder = Path(tempfile.mkdtemp())
    try:
        begin = time.perf_counter()
        return train(wanted, folder), time.perf_counter() - begin
    finally:
        shutil.rmtree(folder)


def main():
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "workloads/cvnn_digits.yaml")
    spec = load_workload_spec(path)
    wanted = Wanted(spec, spec.quantisation.weight_formats, SEEDS)
    runs = len(list(wanted.runs()))
    sharing, seconds = timed(together, wanted)
    torch.set_num_threads(os.cpu_count() or 1)
    torch.set_num_threads = lambda _: None  # nothing takes them away from the loop
    alone, loop_seconds = timed(one_by_one, wanted)
    worst = max(abs(alone[run] - sharing[run]) for run in alone)
    mean = sum(alone[run] - sharing[run] for run in alone) / runs
    print(f"{spec.name}, {runs} runs, {os.cpu_count()} cores")
    print(f"one by one: {3600 * runs / loop_seconds:8.0f} runs an hour ({loop_seconds:.0f} s)")
    print(f"train:      {3600 * runs / seconds:8.0f} runs an hour ({seconds:.0f} s)")
    print(
        f"ratio {loop_seconds / seconds:.2f}; accuracies differ by {mean:+.4f}, at most {worst:.4f}"
    )


if __name__ == "__main__":
    main()
