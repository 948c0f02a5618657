import signal
import subprocess
import time

import pytest
from process import COMMAND, ROOT, lowbit_sim, refused

from lowbit_sim.study.shipped import load_shipped

TINY = """
name: tiny
description: A tiny fully connected network, trained in seconds.
data: {dataset: digits, test_fraction: 0.5, split_seed: 0}
model: {family: fcnn, hidden_features: [16]}
quantisation:
  weight_formats: [levels_3, fp32]
  activation_format: int8
  first_layer: same
  last_layer: int8
"""


@pytest.fixture
def tiny(tmp_path):
    recipe = (ROOT / "workloads/fcnn.yaml").read_text().split("recipe:")[1].split("seeds:")[0]
    lines = [
        line if "epochs" not in line else line.split(":")[0] + ": 2" for line in recipe.splitlines()
    ]
    (tmp_path / "tiny.yaml").write_text(TINY + "recipe:" + "\n".join(lines) + "\nseeds: [0, 1]\n")
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
    (tiny / "tiny.yaml").write_text(text.replace("finetune_epochs: 2", "finetune_epochs: 60"))
    command = [*COMMAND, "train", "tiny.yaml", "--jobs", "1"]
    started = subprocess.Popen(command, cwd=tiny, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not list(tiny.glob("runs/**/*seed0.safetensors")):
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=300)
    assert started.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    kept = {path: path.read_bytes() for path in tiny.glob("runs/**/*.safetensors")}
    assert kept
    done = lowbit_sim("train", "tiny.yaml", "--jobs", "1", cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert all(path.read_bytes() == raw for path, raw in kept.items())
    load_shipped(tiny / "tiny.yaml", [])


def test_a_device_that_is_not_there_is_refused(tiny):
    refused(lowbit_sim("train", "tiny.yaml", "--device", "warp", cwd=tiny), "device", "warp")


def test_a_recipe_that_cannot_be_is_refused(tiny):
    text = (tiny / "tiny.yaml").read_text()
    (tiny / "tiny.yaml").write_text(text.replace("weight_decay: 0.01", "weight_decay: .nan"))
    refused(lowbit_sim("train", "tiny.yaml", cwd=tiny), "recipe.weight_decay")
    assert not (tiny / "tiny").exists()
