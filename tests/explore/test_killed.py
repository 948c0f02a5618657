"""The whole of `explore` is killed, also while it confirms, and goes on to the same results."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_space import write_space

PROGRAM = Path(__file__).parent / "small_explore.py"
#: 48 designs in two formats; in chunks of four
AXES = [
    {"memories.weight_scratchpad.capacity": {"from": "1 KiB", "to": "8 KiB", "factor": 2}},
    {"memories.shared_sram.capacity": {"from": "32 KiB", "to": "256 KiB", "factor": 2}},
    {"clock": ["200 MHz", "500 MHz", "1 GHz"]},
]
#: what a run is at when it is killed, a little later, and by how many processes it is done
KILLS = [("parts", 1), ("parts", 2), *[("confirmed.parquet", 1)] * 4, ("confirmed.parquet", 2)]
_LONGEST_S = 60


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "cache"))
    formats = ["levels_3", "int8"]
    return write_space(tmp_path, weight_formats=formats, axes=AXES, within_fraction=0.0)


def begun(path, folder, jobs):
    command = [sys.executable, PROGRAM, "explore", path, "--jobs", jobs, "--out", folder]
    return subprocess.Popen(
        [*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def stamp(path):
    return path.stat().st_mtime_ns if path.exists() else None


def killed(process, watched, seconds):
    """Kill a process and its children so long after a file is written; say whether it worked."""
    before, deadline = stamp(watched), time.monotonic() + _LONGEST_S
    while stamp(watched) == before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode in {0, -signal.SIGKILL}, said
    return process.returncode != 0


def results(folder):
    parts = {path.name: path.read_bytes() for path in sorted((folder / "parts").iterdir())}
    return parts, (folder / "front.csv").read_text()


def finished(path, folder):
    process = begun(path, folder, 1)
    _, said = process.communicate(timeout=_LONGEST_S)
    assert process.returncode == 0, said
    return results(folder)


def test_an_exploration_killed_at_any_time_ends_with_the_same_front(path, tmp_path):
    whole = finished(path, tmp_path / "whole")
    assert len(whole[0]) == 12
    folder, chance = tmp_path / "killed", random.Random(0)
    at_work = []
    for watched, jobs in KILLS:
        process = begun(path, folder, jobs)
        at_work.append(killed(process, folder / watched, chance.uniform(0, 0.1)))
        if not at_work[-1]:  # it came to its end before
            assert results(folder) == whole
            shutil.rmtree(folder)
    assert sum(at_work) >= len(KILLS) / 2
    assert finished(path, folder) == whole
