import contextlib
import io
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from rich.console import Console

from lowbit_sim.errors import SpecError
from lowbit_sim.training import workers
from lowbit_sim.training.campaign import train_workload

ONE_SEED = {"formats": ("levels_3", "levels_4", "fp32"), "seeds": (0,), "pretrain_epochs": 1}


@pytest.fixture
def train(tmp_path):
    def train(path, *, runs="runs", **options):
        console = Console(file=io.StringIO(), force_terminal=True)
        train_workload(path, runs=tmp_path / runs, console=console, **options)
        return console.file.getvalue()

    return train


def files(directory):
    """Return every file's content by its path relative to `directory`."""
    found = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


def test_every_format_and_seed_is_trained_and_published(write_spec, train, tmp_path):
    path = write_spec(pretrain_epochs=1)
    shown = train(path)
    published = files(path.with_suffix(""))
    assert set(published) == {"accuracy.csv", "levels_3.safetensors", "fp32.safetensors"}
    lines = published["accuracy.csv"].decode().splitlines()
    assert [line.split(",")[1:4] for line in lines[1:]] == [
        ["levels_3", "int8", "0"], ["levels_3", "int8", "1"],
        ["fp32", "fp32", "0"], ["fp32", "fp32", "1"],
    ]  # fmt: skip
    assert len(files(tmp_path / "runs")) == 2 + 4  # two pre-trainings
    assert "training fcnn" in shown


def test_what_is_trained_is_not_trained_again(write_spec, train, tmp_path, monkeypatch):
    path = write_spec(**ONE_SEED)
    train(path)
    before = files(tmp_path)
    monkeypatch.setattr(workers, "run_job", lambda *_: pytest.fail("trained again"))
    assert train(path) == ""  # no bar either
    assert files(tmp_path) == before


def test_a_campaign_that_was_interrupted_goes_on_to_the_same_files(
    write_spec, train, tmp_path, monkeypatch
):
    path = write_spec(**ONE_SEED)
    train(path, runs="whole")
    whole = files(path.parent)
    for published in path.with_suffix("").iterdir():
        published.unlink()
    done = []
    real = workers.run_job

    def interrupted(job, tick):
        if len(done) == 2:  # the pre-training and one format are done, the next has begun
            ticks = []

            def tick():
                ticks.append(1)
                if len(ticks) == 3:
                    raise KeyboardInterrupt

        real(job, tick)
        done.append(job.weight_format)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "run_job", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(path)
    assert len(files(tmp_path / "runs")) == 2
    assert set(files(path.with_suffix(""))) == {"accuracy.csv", "levels_3.safetensors"}
    train(path)
    assert files(path.parent) == whole
    assert files(tmp_path / "runs") == files(tmp_path / "whole")


def test_two_processes_give_the_same_files_as_one(write_spec, train, tmp_path):
    path = write_spec(pretrain_epochs=1)
    train(path, runs="one")
    one = files(path.parent)
    train(path, runs="two", jobs=2)
    assert files(path.parent) == one
    assert files(tmp_path / "two") == files(tmp_path / "one")


def test_formats_and_seeds_can_be_chosen_and_are_merged(write_spec, train):
    path = write_spec(**ONE_SEED)
    train(path, formats=["levels_4"], seeds=[5])
    train(path, formats=["levels_2"])
    published = files(path.with_suffix(""))
    lines = published["accuracy.csv"].decode().splitlines()[1:]
    assert [line.split(",")[1:4:2] for line in lines] == [["levels_2", "0"], ["levels_4", "5"]]
    assert set(published) == {"accuracy.csv", "levels_2.safetensors"}  # 5 is not the first seed


def test_a_damaged_run_is_an_error_that_names_it(write_spec, train, tmp_path):
    path = write_spec(**ONE_SEED)
    train(path)
    (spoilt,) = (tmp_path / "runs").rglob("levels_3-seed0.safetensors")
    spoilt.write_bytes(spoilt.read_bytes()[:-1])
    with pytest.raises(SpecError, match=r"levels_3-seed0\.safetensors: cannot be read, delete it"):
        train(path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"formats": ["level_3"]}, "did you mean 'levels_3'"),
        ({"jobs": 0}, "jobs must be at least 1"),
        ({"seeds": [3, -1]}, "seeds must be zero or more"),
        ({"device": "abacus"}, "device cannot be used"),
        ({"device": "meta:x"}, "device cannot be used"),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_is_trained(
    write_spec, train, tmp_path, options, reason
):
    path = write_spec()
    with pytest.raises(SpecError, match=reason):
        train(path, **options)
    assert set(files(tmp_path)) == {"workloads/fcnn.yaml"}


def test_an_interrupt_ends_all_processes_and_leaves_whole_files(write_spec, tmp_path):
    path = write_spec(formats=("levels_3", "fp32"), seeds=(0,), finetune_epochs=100_000)
    program = """
        import sys
        from pathlib import Path
        from lowbit_sim.training.campaign import train_workload
        if __name__ == "__main__":
            train_workload(Path(sys.argv[1]), jobs=2, runs=Path(sys.argv[2]))
    """
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(program))
    command = [sys.executable, str(script), str(path), str(tmp_path / "runs")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            deadline = time.monotonic() + 300
            while not list(tmp_path.rglob("pretrained-*")) and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(1)  # into the fine-tunings
            os.killpg(process.pid, signal.SIGINT)
            _, told = process.communicate(timeout=120)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGINT
    assert told.decode().rstrip().endswith("KeyboardInterrupt")
    assert [name.rpartition("/")[2] for name in files(tmp_path / "runs")] == [
        "pretrained-seed0.safetensors"
    ]
