import io

import pytest
from rich.console import Console

from lowbit_sim.errors import SpecError
from lowbit_sim.training import workers
from lowbit_sim.training.campaign import Means
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.export import load_model
from lowbit_sim.training.publishing import train_workload
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.workload.spec import load_workload_spec


@pytest.fixture
def train(tmp_path):
    def train(path, formats=None, seeds=None):
        console = Console(file=io.StringIO(), force_terminal=True)
        means = Means(RunStore(tmp_path / "runs"), 1, "cpu", console)
        train_workload(path, formats, seeds, means)

    return train


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def rows(path):
    lines = (path.with_suffix("") / "accuracy.csv").read_text().splitlines()
    return [tuple(line.split(",")[1:4]) for line in lines[1:]]


def test_checkpoints_of_the_first_seed_and_accuracies_of_all_are_published(write_spec, train):
    path = write_spec(seeds=(1, 0), pretraining={"epochs": 1})
    train(path)
    assert set(files(path.with_suffix(""))) == {
        "accuracy.csv", "levels_3.safetensors", "fp32.safetensors",
    }  # fmt: skip
    assert rows(path) == [
        ("levels_3", "int8", "0"), ("levels_3", "int8", "1"),
        ("fp32", "fp32", "0"), ("fp32", "fp32", "1"),
    ]  # fmt: skip
    checkpoint = path.with_suffix("") / "levels_3.safetensors"
    assert b'"seed":"1"' in checkpoint.read_bytes()
    load_model(checkpoint, load_workload_spec(path))


def test_a_renamed_workload_is_published_without_training(write_spec, train, monkeypatch):
    path = write_spec(seeds=(0,), pretraining={"epochs": 1})
    train(path)
    other = path.with_name("other.yaml")
    other.write_text(path.read_text().replace("name: fcnn", "name: other"))
    monkeypatch.setattr(workers, "run_job", lambda *_: pytest.fail("trained again"))
    train(other)
    load_model(other.with_suffix("") / "fp32.safetensors", load_workload_spec(other))
    table = (other.with_suffix("") / "accuracy.csv").read_text()
    assert table.splitlines()[1].startswith("other,levels_3,")


def test_formats_and_seeds_can_be_chosen_and_are_merged(write_spec, train):
    path = write_spec(seeds=(0,), pretraining={"epochs": 1})
    train(path, formats=["levels_4"], seeds=[5])
    train(path, formats=["levels_2"])
    assert [row[::2] for row in rows(path)] == [("levels_2", "0"), ("levels_4", "5")]
    assert set(files(path.with_suffix(""))) == {"accuracy.csv", "levels_2.safetensors"}


def test_what_was_finished_is_published_when_training_is_interrupted(
    write_spec, train, monkeypatch
):
    path = write_spec(seeds=(0,), pretraining={"epochs": 1})
    real, done = workers.run_job, []

    def interrupted(job, tick):
        if len(done) == 2:
            raise KeyboardInterrupt
        real(job, tick)
        done.append(job)

    monkeypatch.setattr(workers, "run_job", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(path)
    assert set(files(path.with_suffix(""))) == {"accuracy.csv", "levels_3.safetensors"}


def test_a_network_that_diverged_is_not_published(write_spec, train):
    path = write_spec(seeds=(0,), pretraining={"epochs": 1}, finetuning={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match="fcnn: levels_3, seed 0 diverged: the loss was"):
        train(path)
    assert not path.with_suffix("").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"formats": ["level_3"]}, "did you mean 'levels_3'"),
        ({"seeds": [3, -1]}, "seeds must be zero or more"),
    ],
)
def test_a_wrong_choice_is_refused(write_spec, train, options, reason):
    path = write_spec()
    with pytest.raises(SpecError, match=reason):
        train(path, **options)
    assert not path.with_suffix("").exists()


def test_a_codebook_is_no_network_for_a_machine(write_spec, train):
    path = write_spec(quantiser={"step": "codebook"})
    with pytest.raises(SpecError, match=r"recipe\.quantiser\.step: .* no levels that a machine"):
        train(path)
