import dataclasses
import errno
import os

import pytest
import torch

from lowbit_sim.errors import SpecError
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.training.serialise import serialise
from lowbit_sim.workload.run_record import Epoch, LayerRecord, RunRecord, record_path

KEY = "ab" * 32
STATE = {"weight": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(7)}
RECORD = RunRecord(
    KEY, "tiny", "levels_3", "int8", 1, "cd" * 32, 26, 64, 3, 90, 120, 9, None,
    (Epoch(1.0, 0.5, 0.4, 0.3, 0.2, 7.0),), {"1": LayerRecord("levels_3", 6, (1, 2, 3))},
    "ef" * 32, 1.5, "a test",
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "deep" / "runs")


def test_what_is_written_is_read_back(store):
    assert not store.has(KEY)
    store.partial_path(KEY).parent.mkdir(parents=True)
    store.partial_path(KEY).write_bytes(b"half a run")
    store.write(RECORD, serialise(STATE, {}))
    assert store.has(KEY)
    assert store.record(KEY) == RECORD
    state = store.pretrained(KEY)
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[name], STATE[name]) for name in STATE)
    names = sorted(found.name for found in store.folder.iterdir())
    assert names == [f"{'ab' * 8}.json", f"{'ab' * 8}.safetensors"]  # the half run is gone


def test_a_run_without_its_record_is_not_finished(store):
    store.write(RECORD, b"")
    record_path(store.folder, KEY).unlink()
    assert not store.has(KEY)


def test_a_record_without_weights_says_what_to_do(store):
    store.write(RECORD, b"")
    store.weights_path(KEY).unlink()
    assert store.has(KEY)
    with pytest.raises(SpecError, match=r"abababababababab\.json: has no weights here; delete"):
        store.weights(KEY)


def test_weights_cut_short_are_named(store):
    store.write(RECORD, serialise(STATE, {})[:-3])
    with pytest.raises(SpecError, match=r"abababababababab\.safetensors: cannot be read, delete"):
        store.pretrained(KEY)


def test_a_full_disk_leaves_earlier_runs_and_no_half_a_run(store, monkeypatch):
    store.write(RECORD, b"first")
    before = {path: path.read_bytes() for path in store.folder.iterdir()}

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    other = dataclasses.replace(RECORD, key="12" * 32)
    with pytest.raises(SpecError, match="cannot be written: No space left on device"):
        store.write(other, b"second")
    assert {path: path.read_bytes() for path in store.folder.iterdir()} == before
