import hashlib
import math

import pytest
import torch

from lowbit_sim.errors import SpecError
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.jobs import Job, run_job
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.workload.run_record import PRETRAINED, LayerRecord


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def test_a_job_trains_measures_and_writes(make_spec, store):
    spec = make_spec(pretraining={"epochs": 2}, finetuning={"epochs": 1})
    pretraining, finetune = (Job(spec, n, 0, store, "cpu") for n in (PRETRAINED, "levels_5"))
    assert (pretraining.epochs, finetune.epochs) == (2, 1)
    assert (pretraining.needs, finetune.needs) == (None, pretraining.key)
    ticks = []
    run_job(pretraining, lambda: ticks.append(1))
    run_job(finetune, lambda: ticks.append(1))
    assert len(ticks) == 3 * 9
    first, record = store.record(pretraining.key), store.record(finetune.key)
    assert (record.key, record.workload, record.weight_format) == (
        finetune.key, "fcnn", "levels_5",
    )  # fmt: skip
    assert (record.activation_format, first.activation_format) == ("int8", "fp32")
    assert (record.seed, record.epochs, first.epochs) == (0, 3, 2)
    assert (record.test_images, record.validation_images) == (898, 90)
    assert record.correct > 100
    assert record.diverged is None
    assert (len(first.history), len(record.history)) == (2, 1)
    assert record.parameters == 64 * 12 + 12 + 12 * 10 + 10
    # 768 five-level weights, 27 a word, and 120 bytes
    assert record.stored_bits == 64 * math.ceil(768 / 27) + 8 * 120
    assert first.stored_bits == 32 * (768 + 120)
    assert record.weights_sha256 == hashlib.sha256(store.weights(finetune.key)).hexdigest()
    assert {n: (layer.weight_format, layer.weights) for n, layer in record.layers.items()} == {
        "1": ("levels_5", 768), "3": ("int8", 120),
    }  # fmt: skip
    assert sum(record.layers["1"].level_counts) == 768
    assert first.layers["1"] == LayerRecord("fp32", 768, ())


def test_a_pretraining_that_diverges_is_an_error(make_spec, store):
    spec = make_spec(pretraining={"learning_rate": 1e30})
    job = Job(spec, PRETRAINED, 4, store, "cpu")
    with pytest.raises(TrainingError, match="fcnn: fp32 pre-training, seed 4: the loss was"):
        run_job(job, lambda: None)
    assert not store.has(job.key)


def test_a_finetuning_that_diverges_is_a_result(make_spec, store):
    spec = make_spec(pretraining={"epochs": 1}, finetuning={"learning_rate": 1e30})
    for name in (PRETRAINED, "levels_3"):
        run_job(Job(spec, name, 4, store, "cpu"), lambda: None)
    record = store.record(Job(spec, "levels_3", 4, store, "cpu").key)
    assert record.diverged.startswith("the loss was")
    assert record.test_images == 898


def test_a_finetuning_needs_its_pretraining(make_spec, store):
    with pytest.raises(SpecError, match="has no weights here"):
        run_job(Job(make_spec(), "levels_3", 0, store, "cpu"), lambda: None)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_job_runs_on_cuda(make_spec, store):
    spec = make_spec("cvnn", pretraining={"epochs": 8}, finetuning={"epochs": 2})
    for name in (PRETRAINED, "levels_3"):
        run_job(Job(spec, name, 0, store, "cuda"), lambda: None)
    assert store.record(Job(spec, "levels_3", 0, store, "cuda").key).value_fraction > 0.5
