import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_space import write_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore import chunks
from lowbit_sim.explore.bounding import bound_all, counted, part_of, spread
from lowbit_sim.explore.exploration import MixedVersionsError, load_exploration
from lowbit_sim.explore.frames import read, told_by
from lowbit_sim.explore.scheduling import workers
from lowbit_sim.explore.store import opened

PROGRAM = Path(__file__).parent / "small_chunks.py"
KILLS = 20
#: 240 designs in two formats; in chunks of two
AXES = [
    {"memories.weight_scratchpad.capacity": {"from": "1 KiB", "to": "16 KiB", "factor": 2}},
    {"memories.shared_sram.capacity": {"from": "32 KiB", "to": "256 KiB", "factor": 2}},
    {"clock": {"from": "100 MHz", "to": "1200 MHz", "step": "100 MHz"}},
]


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setattr(chunks, "CHUNK_DESIGNS", 2)
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def path(tmp_path):
    return write_space(tmp_path, weight_formats=["levels_3", "int8"], axes=AXES)


@pytest.fixture
def few(tmp_path):
    """Return a space of five chunks, the last with one design; one of nine has too little room."""
    capacities = ["8 bit", "1 KiB", "2 KiB"]
    clocks = ["200 MHz", "500 MHz", "1 GHz"]
    axes = [{"memories.weight_scratchpad.capacity": capacities}, {"clock": clocks}]
    return load_exploration(write_space(tmp_path, axes=axes))


@pytest.mark.parametrize(
    ("jobs", "order"),
    [
        (1, [0, 1, 2, 3, 4, 5, 6]),
        (2, [0, 4, 1, 5, 2, 6, 3]),  # one goes from 0 to 3, the other from 4 to 6
        (3, [0, 3, 6, 1, 4, 2, 5]),
        (9, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_each_of_the_workers_goes_through_neighbours(jobs, order):
    assert spread(range(7), jobs) == order
    assert spread([], jobs) == []


def bounded(exploration, folder, **change):
    """Bound what is missing; return the chunks that were."""
    with opened(folder, exploration.key, {}, afresh=False) as store:
        have, _ = store.sound()
        with workers(**({"jobs": 1} | change)) as work:
            return [chunk for chunk, _ in bound_all(exploration, store, have, work)]


def parts(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "parts").iterdir())}


def killed(process):
    """Kill a process and all of its group; return whether it was still at work."""
    working = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return working and process.returncode == -signal.SIGKILL


def run_until(process, said, seconds):
    """Wait until a process has said something, and for some more seconds at most."""
    for _ in range(said):
        process.stdout.readline()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def test_an_exploration_killed_at_any_time_ends_with_the_same_bytes(path, tmp_path):
    exploration = load_exploration(path)
    whole = tmp_path / "whole"
    assert bounded(exploration, whole) == [*range(120)]
    folder, chance = tmp_path / "killed", random.Random(0)
    kept, kills = [], 0
    while True:
        # alone, where it reads and works out its first tables, or with two children at work
        jobs, said, seconds = (2, 2, 0.4) if kills % 5 == 4 else (1, 1, 1.1)
        command = [sys.executable, PROGRAM, path, folder, jobs]
        with subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                run_until(process, said, chance.uniform(0.05, seconds) if kills < KILLS else 100)
            finally:
                kills += killed(process)
            kept += [int(line) for line in process.stdout.read().split() if line.isdigit()]
        assert process.returncode in {0, -signal.SIGKILL}
        if process.returncode == 0:
            assert parts(folder) == parts(whole)
            assert len(set(kept)) == len(kept)  # nothing that was kept was done again
            if kills >= KILLS:
                break
            shutil.rmtree(folder)
            kept.clear()
    assert kills == KILLS


def test_nothing_is_done_again(few, tmp_path):
    assert bounded(few, tmp_path / "x") == [0, 1, 2, 3, 4]
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "x" / "parts").iterdir()}
    assert bounded(few, tmp_path / "x") == []
    assert {one: one.stat().st_mtime_ns for one in before} == before


def test_what_is_missing_is_done_and_nothing_else(few, tmp_path):
    bounded(few, tmp_path / "x")
    before = parts(tmp_path / "x")
    for path in (tmp_path / "x" / "parts").iterdir():
        if int(path.name[:8]) in {1, 4}:
            path.unlink()
    assert bounded(few, tmp_path / "x") == [1, 4]
    assert parts(tmp_path / "x") == before


def test_a_damaged_part_is_put_aside_and_computed_again(few, tmp_path):
    folder = tmp_path / "x"
    bounded(few, folder)
    before = parts(folder)
    path = sorted((folder / "parts").iterdir())[3]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert bounded(few, folder) == [3]
    assert parts(folder) == before
    assert (folder / "damaged" / path.name).read_bytes() == bytes(raw)


def test_a_full_disk_is_one_error_and_what_was_kept_stays(few, tmp_path, monkeypatch):
    folder, written = tmp_path / "x", []

    def fsync(handle):
        written.append(handle)
        if len(written) == 4:  # the manifest and two parts fit
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fsync)
        with pytest.raises(SpecError, match="cannot be written: No space left on device") as caught:
            bounded(few, folder)
    assert len(caught.value.faults) == 1
    assert [name[:8] for name in parts(folder)] == ["00000000", "00000001"]
    assert bounded(few, folder) == [2, 3, 4]
    bounded(few, tmp_path / "whole")
    assert parts(folder) == parts(tmp_path / "whole")


def test_a_part_is_what_is_found_of_its_chunk(few):
    part = part_of((few.space.path, few.key, 2))
    found = chunks.evaluated(few, 2)
    assert (part.rows, part.evaluations, part.refusal) == (2, found.evaluations, found.refusal)


def test_parts_say_what_is_behind_them(few, tmp_path):
    folder = tmp_path / "x"
    bounded(few, folder)
    found = [chunks.evaluated(few, chunk) for chunk in range(5)]
    with opened(folder, few.key, {}, afresh=False) as store:
        evaluations, refusal = counted(store)
        for path, one in zip(store.paths().values(), found, strict=True):
            told = told_by(path)
            assert (int(told["evaluations"]), told["refusal"]) == (one.evaluations, one.refusal)
            columns = read(path)
            assert [*columns] == [*one.columns]
            for name, values in one.columns.items():
                np.testing.assert_array_equal(columns[name], values)
    assert evaluations == sum(one.evaluations for one in found) > 0
    assert refusal.startswith("cannot be built: weight_scratchpad: must be at least ")


def test_no_parts_have_nothing_behind_them(few, tmp_path):
    with opened(tmp_path / "x", few.key, {}, afresh=False) as store:
        assert counted(store) == (0, "")


def test_a_part_is_only_computed_by_the_same_source(few):
    with pytest.raises(MixedVersionsError, match="this worker has other files"):
        part_of((few.space.path, "another", 0))
