"""Seconds of whole commands, as a user waits for them, and their ratio to starting Python.

Run from the repository with the environment's Python: ``python benchmarks/whole_process.py``.
Each command runs once unmeasured and then RUNS times; the median counts.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 5
COMMAND = [str(Path(sys.executable).with_name("lowbit-sim"))]
PAIRS = [
    (workload, machine)
    for workload in ("fcnn_digits", "cvnn_digits", "vit_digits")
    for machine in ("ternary_pe", "bit_serial_pe", "int8_systolic", "int8_packed", "float_systolic")
]


def seconds(command):
    def once():
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    once()
    return statistics.median(once() for _ in range(RUNS))


def main():
    floor = seconds([sys.executable, "-c", "pass"])
    print(f"{'command':<46}{'median s':>10}{'× python':>10}")
    print(f"{'python -c pass':<46}{floor:>10.3f}{1:>10.1f}")
    commands = [["--help"]]
    commands += [
        ["run", f"workloads/{workload}.yaml", f"arch_specs/{machine}.yaml"]
        for workload, machine in PAIRS
    ]
    vit = ["run", "workloads/vit_digits.yaml", "arch_specs/ternary_pe.yaml"]
    commands.append([*vit, "--engine", "event_driven"])
    for arguments in commands:
        taken = seconds([*COMMAND, *arguments])
        name = " ".join(Path(word).name for word in arguments)
        print(f"{name:<46}{taken:>10.3f}{taken / floor:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
