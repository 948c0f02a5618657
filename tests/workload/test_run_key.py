from pathlib import Path

import pytest
from test_spec import written

from lowbit_sim.workload import run_key as module
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, read_record, record_path
from lowbit_sim.workload.spec import load_workload_spec

REPORTS = Path(__file__).parents[2] / "reports"


@pytest.fixture
def key(tmp_path):
    def key(weight_format, *changes, seed=0):
        return run_key(load_workload_spec(written(tmp_path, *changes)), weight_format, seed)

    return key


def test_a_key_is_a_hash_that_stays(key):
    assert len(key("levels_3")) == 64
    assert key("levels_3") == key("levels_3")
    assert len({key(name) for name in ("levels_3", "levels_5", "fp32", PRETRAINED)}) == 4
    assert key("levels_3", seed=1) != key("levels_3")


@pytest.mark.parametrize(
    ("changed", "decides"),
    [
        (("recipe.weight_decay", 0.02), {PRETRAINED, "levels_3", "fp32"}),
        (("data.validation_fraction", 0.2), {PRETRAINED, "levels_3", "fp32"}),
        (("model.hidden_features", [9]), {PRETRAINED, "levels_3", "fp32"}),
        (("recipe.finetuning.epochs", 3), {"levels_3", "fp32"}),
        (("recipe.batch_norm_images", 5), {"levels_3", "fp32"}),
        (("recipe.quantiser.step", "absmean"), {"levels_3"}),
        (("quantisation.first_layer", "int8"), {"levels_3"}),
        (("quantisation.activation_format", "fp32"), {"levels_3"}),
        (("quantisation.layer_formats", {"3": "levels_2"}), {"levels_3"}),
        (("quantisation.weight_formats", ["levels_2"]), set()),
        (("seeds", [7]), set()),
        (("description", "Other."), set()),
    ],
)
def test_a_key_changes_with_what_the_run_uses_and_nothing_else(key, changed, decides):
    names = (PRETRAINED, "levels_3", "fp32")
    assert {name for name in names if key(name, changed) != key(name)} == decides


def test_a_change_of_the_program_can_make_all_runs_anew(key, monkeypatch):
    before = key("levels_3")
    monkeypatch.setattr(module, "TRAINING_VERSION", 99)
    assert key("levels_3") != before


@pytest.mark.parametrize("weight_format", [PRETRAINED, "levels_3", "levels_5", "fp32"])
@pytest.mark.parametrize("network", ["cvnn_small", "fcnn_small"])
def test_the_runs_that_are_recorded_keep_their_keys(network, weight_format):
    spec = load_workload_spec(REPORTS / "networks" / f"{network}.yaml")
    key = run_key(spec, weight_format, 0)
    record = read_record(record_path(REPORTS / "runs", key))
    assert (record.key, record.workload, record.weight_format) == (key, network, weight_format)
