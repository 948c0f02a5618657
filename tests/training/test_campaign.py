import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from rich.console import Console

from lowbit_sim.errors import SpecError
from lowbit_sim.training import workers
from lowbit_sim.training.campaign import Means, Wanted, finished, missing_jobs, train_missing
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.workload.run_record import PRETRAINED, record_path


@pytest.fixture
def means(tmp_path):
    def means(folder="runs", processes=1, device="cpu"):
        console = Console(file=io.StringIO(), force_terminal=True)
        return Means(RunStore(tmp_path / folder), processes, device, console)

    return means


def contents(store):
    """Return every file by name; of a record all but how long it took."""
    found = {}
    for path in store.folder.iterdir():
        raw = path.read_bytes()
        if path.suffix == ".json":
            raw = json.loads(raw) | {"seconds": 0}
        found[path.name] = raw
    return found


def test_every_format_and_seed_is_trained_each_from_its_pretraining(make_spec, means):
    wanted = Wanted(make_spec(pretraining={"epochs": 1}), ("levels_3", "fp32"), (0, 1))
    used = means()
    train_missing("a study", [wanted], used)
    records = finished(wanted, used.store)
    assert [(r.weight_format, r.seed) for r in records] == [
        ("levels_3", 0), ("fp32", 0), ("levels_3", 1), ("fp32", 1),
    ]  # fmt: skip
    assert len(list(used.store.folder.glob("*.json"))) == 4 + 2  # two pre-trainings
    assert "training a study" in used.console.file.getvalue()


def test_what_is_trained_is_not_trained_again(make_spec, means, monkeypatch):
    wanted = Wanted(make_spec(pretraining={"epochs": 1}), ("levels_3",), (0,))
    used = means()
    train_missing("x", [wanted], used)
    before = contents(used.store)
    monkeypatch.setattr(workers, "run_job", lambda *_: pytest.fail("trained again"))
    again = means()
    train_missing("x", [wanted], again)
    assert again.console.file.getvalue() == ""  # no bar either
    assert contents(used.store) == before


def test_arms_share_pretrainings_and_what_does_not_depend_on_the_recipe(make_spec, means):
    formats = ("levels_3", "fp32")
    plain = Wanted(make_spec(), formats, (0,))
    other = Wanted(make_spec(quantiser={"step": "absmean"}), formats, (0,))
    jobs = missing_jobs([plain, other], means())
    assert [(job.weight_format, job.spec.recipe.quantiser.step) for job in jobs] == [
        (PRETRAINED, "learned"), ("levels_3", "learned"), ("fp32", "learned"),
        ("levels_3", "absmean"),
    ]  # fmt: skip


def test_a_pretraining_is_only_missing_if_something_starts_from_it(make_spec, means):
    wanted = Wanted(make_spec(pretraining={"epochs": 1}), ("levels_3",), (0,))
    used = means()
    train_missing("x", [wanted], used)
    for path in used.store.folder.glob("*.safetensors"):
        path.unlink()  # records travel without their weights
    assert missing_jobs([wanted], used) == []
    more = Wanted(wanted.spec, ("levels_3", "fp32"), (0,))
    assert [job.weight_format for job in missing_jobs([more], used)] == [PRETRAINED, "fp32"]


def test_two_processes_give_the_same_files_as_one(make_spec, means):
    wanted = Wanted(make_spec(pretraining={"epochs": 1}), ("levels_3", "fp32"), (0, 1))
    one, two = means("one"), means("two", processes=2)
    train_missing("x", [wanted], one)
    train_missing("x", [wanted], two)
    assert contents(one.store) == contents(two.store)


def test_records_of_other_images_are_refused(make_spec, means):
    used = means()
    wanted = Wanted(make_spec(pretraining={"epochs": 1}), ("levels_3",), (0,))
    train_missing("x", [wanted], used)
    (key,) = (key for *_, key in wanted.runs())
    path = record_path(used.store.folder, key)
    path.write_text(path.read_text().replace('"data_sha256": "', '"data_sha256": "00'))
    more = Wanted(wanted.spec, ("levels_3", "fp32"), (0,))
    with pytest.raises(SpecError, match="was trained on other images than those found now"):
        train_missing("x", [more], used)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"processes": 0}, "jobs must be at least 1"),
        ({"device": "abacus"}, "device cannot be used"),
        ({"device": "meta:x"}, "device cannot be used"),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_is_trained(make_spec, means, options, reason):
    used = means(**options)
    with pytest.raises(SpecError, match=reason):
        train_missing("x", [Wanted(make_spec(), ("levels_3",), (0,))], used)
    assert not used.store.folder.exists()


PROGRAM = """
    import sys
    from pathlib import Path
    from lowbit_sim.training.campaign import Means, Wanted, train_missing
    from lowbit_sim.training.run_store import RunStore
    from lowbit_sim.workload.spec import load_workload_spec
    if __name__ == "__main__":
        spec = load_workload_spec(Path(sys.argv[1]))
        wanted = Wanted(spec, spec.quantisation.weight_formats, spec.seeds)
        means = Means(RunStore(Path(sys.argv[2])), int(sys.argv[3]), "cpu")
        train_missing("x", [wanted], means)
"""


@pytest.fixture
def start(tmp_path):
    """Start the training of a file as a process of its own."""
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM))
    started = []

    def start(path, folder, processes):
        command = [sys.executable, str(script), str(path), str(folder), str(processes)]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition):
    deadline = time.monotonic() + 300
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_a_campaign_that_is_killed_again_and_again_ends_with_the_same_files(
    write_spec, make_spec, means, start, tmp_path
):
    many = {"pretraining": {"epochs": 12}, "finetuning": {"epochs": 12}, "batch_size": 20}
    path = write_spec("fcnn", ("levels_3", "fp32"), (0,), **many)
    spec = make_spec("fcnn", ("levels_3", "fp32"), (0,), **many)
    whole = means("whole")
    train_missing("x", [Wanted(spec, ("levels_3", "fp32"), (0,))], whole)
    killed, chance = RunStore(tmp_path / "killed"), random.Random(0)

    def files():
        return list(killed.folder.glob("*")) if killed.folder.exists() else []

    for _ in range(4):
        before = {(f.name, f.stat().st_mtime_ns) for f in files()}
        process = start(path, killed.folder, 1)
        wait_for(
            lambda before=before, process=process: (
                process.poll() is not None
                or {(f.name, f.stat().st_mtime_ns) for f in files()} - before
            )
        )
        time.sleep(chance.random() * 0.3)  # anywhere in an epoch, or in the writing of a file
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    process = start(path, killed.folder, 1)
    _, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    left = contents(killed)
    assert {name: left[name] for name in contents(whole.store)} == contents(whole.store)
    assert {name for name in left if not name.startswith(".")} == set(contents(whole.store))


def test_an_interrupt_ends_all_processes_and_leaves_whole_files(write_spec, start, tmp_path):
    path = write_spec(
        "fcnn", ("levels_3", "fp32"), (0,), pretraining={"epochs": 1}, finetuning={"epochs": 10**6}
    )
    process = start(path, tmp_path / "runs", 2)
    wait_for(lambda: len(list(tmp_path.glob("runs/[!.]*.partial.safetensors"))) == 2)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGINT
    assert told.decode().rstrip().endswith("KeyboardInterrupt")
    names = sorted(found.name.partition(".")[2] for found in (tmp_path / "runs").iterdir())
    assert names == ["json", "partial.safetensors", "partial.safetensors", "safetensors"]
