import signal
import subprocess
import time

import pytest
from process import COMMAND, lowbit_sim, refused

from lowbit_sim.study.shipped import load_shipped

TINY = """
name: tiny
description: A tiny fully connected network, trained in seconds.
data: {dataset: digits, test_fraction: 0.5, validation_fraction: 0.0, split_seed: 0}
model: {family: fcnn, hidden_features: [16]}
quantisation:
  weight_formats: [levels_3, fp32]
  activation_format: int8
  first_layer: same
  last_layer: int8
recipe:
  pretraining: {epochs: 2, learning_rate: 0.002}
  finetuning: {epochs: 2, learning_rate: 0.001}
  batch_size: 64
  weight_decay: 0.01
  warmup_fraction: 0.05
  augmentation: {max_shift_pixels: 0, flip: false, cutout_pixels: 0, noise_fraction: 0.0}
  quantiser:
    {step: learned, granularity: channel, gradient_mask: none, step_learning_rate_factor: 3.0}
  batch_norm_images: 0
seeds: [0, 1]
"""
STUDY = """
name: small
kind: bit_width
question: How many?
margin_fraction: 0.005
arms:
  - name: fcnn_small
    workload: ../tiny.yaml
    set: {recipe.pretraining.epochs: 1}
    weight_formats: [levels_3, fp32]
    seeds: [0]
"""


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


def test_trains_packs_measures_and_traces_what_run_needs(tiny):
    done = lowbit_sim("train", "tiny.yaml", "--jobs", "1", cwd=tiny)
    assert done.returncode == 0, done.stderr
    shipped = load_shipped(tiny / "tiny.yaml", [])
    assert [w.weight_format for w in shipped.workloads] == ["levels_3", "fp32"]
    assert shipped.accuracies["levels_3"].fractions.keys() == {0, 1}
    before = {path: path.read_bytes() for path in (tiny / "tiny").iterdir()}
    again = lowbit_sim("train", "tiny.yaml", cwd=tiny)
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in (tiny / "tiny").iterdir()} == before


def test_an_interrupted_training_keeps_what_is_finished_and_goes_on(tiny):
    text = (tiny / "tiny.yaml").read_text()
    (tiny / "tiny.yaml").write_text(
        text.replace("finetuning: {epochs: 2", "finetuning: {epochs: 60")
    )
    command = [*COMMAND, "train", "tiny.yaml", "--jobs", "1"]
    started = subprocess.Popen(command, cwd=tiny, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not list(tiny.glob("runs/*.json")):
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=300)
    assert started.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    kept = {path: path.read_bytes() for path in tiny.glob("runs/*.json")}
    assert kept
    done = lowbit_sim("train", "tiny.yaml", "--jobs", "1", cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert all(path.read_bytes() == raw for path, raw in kept.items())
    load_shipped(tiny / "tiny.yaml", [])


def test_a_study_is_trained_into_the_store_beside_it(tiny):
    (tiny / "small").mkdir()
    (tiny / "small" / "study.yaml").write_text(STUDY)
    done = lowbit_sim("train", "small/study.yaml", "--jobs", "1", cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert "2 runs of small are trained, 0 diverged" in done.stdout
    assert len(list((tiny / "runs").glob("*.json"))) == 3  # and a pre-training
    assert sorted(path.name for path in (tiny / "small").iterdir()) == ["study.yaml"]
    again = lowbit_sim("train", "small/study.yaml", "--runs", "runs", cwd=tiny)
    assert again.stdout == done.stdout


def test_what_a_study_says_itself_or_does_not_know_is_refused(tiny):
    (tiny / "small").mkdir()
    path = tiny / "small" / "study.yaml"
    path.write_text(STUDY)
    done = lowbit_sim("train", "small/study.yaml", "-f", "levels_5", cwd=tiny)
    refused(done, "small/study.yaml", "says itself in which formats", "levels_5")
    path.write_text(STUDY.replace("kind: bit_width", "kind: bit_widht"))
    for command in ("train", "check"):
        done = lowbit_sim(command, "small/study.yaml", cwd=tiny)
        refused(done, "study.yaml:3: kind", "did you mean 'bit_width'?")
    path.write_text(STUDY.replace("name: fcnn_small", "name: fcnn_tiny"))
    done = lowbit_sim("check", "small/study.yaml", cwd=tiny)
    refused(done, "must be <family>_small or <family>_large", "fcnn_tiny")
    assert not (tiny / "runs").exists()


def test_a_run_that_diverges_is_a_result_of_a_study(tiny):
    (tiny / "small").mkdir()
    wild = "set: {recipe.finetuning.learning_rate: 1.0e+30}"
    (tiny / "small" / "study.yaml").write_text(
        STUDY.replace("set: {recipe.pretraining.epochs: 1}", wild)
    )
    done = lowbit_sim("train", "small/study.yaml", "--jobs", "1", cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert "2 runs of small are trained, 2 diverged" in done.stdout
    assert "tiny levels_3 seed 0: the loss was" in done.stdout


def test_a_device_that_is_not_there_is_refused(tiny):
    refused(lowbit_sim("train", "tiny.yaml", "--device", "warp", cwd=tiny), "device", "warp")


def test_a_recipe_that_cannot_be_is_refused(tiny):
    text = (tiny / "tiny.yaml").read_text()
    (tiny / "tiny.yaml").write_text(text.replace("weight_decay: 0.01", "weight_decay: .nan"))
    refused(lowbit_sim("train", "tiny.yaml", cwd=tiny), "recipe.weight_decay")
    assert not (tiny / "tiny").exists()
