import json

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.workload.run_record import (
    Epoch,
    LayerRecord,
    RunRecord,
    read_record,
    record_path,
    to_json,
)

KEY = "0123456789abcdef" * 4
RECORD = RunRecord(
    key=KEY,
    workload="tiny",
    weight_format="levels_3",
    activation_format="int8",
    seed=1,
    data_sha256="cd" * 32,
    parameters=26,
    stored_bits=64,
    epochs=3,
    correct=90,
    test_images=120,
    validation_images=9,
    diverged="the loss was not finite in epoch 3",
    history=(Epoch(1.0, 0.5, 0.4, 0.3, 0.2, 7.0), Epoch(0.1 + 0.2, 0.5, 0.4, 1 / 3, 0.2, 7.0)),
    layers={"a.b": LayerRecord("levels_3", 6, (1, 2, 3)), "c": LayerRecord("fp32", 4, ())},
    weights_sha256="ef" * 32,
    seconds=1.5,
    source="a test",
)


@pytest.fixture
def path(tmp_path):
    path = record_path(tmp_path, KEY)
    path.write_text(to_json(RECORD))
    return path


def test_a_record_is_filed_by_the_first_digits_of_its_key(path):
    assert path.name == "0123456789abcdef.json"


def test_a_record_comes_back_as_it_was(path):
    assert read_record(path) == RECORD
    assert to_json(read_record(path)) == path.read_text()
    assert RECORD.value_fraction == 0.75


def test_a_record_is_plain_json_with_an_epoch_and_a_layer_a_line(path):
    content = json.loads(path.read_text())
    assert content["history"][0][:2] == ["loss", "train_fraction"]
    lines = path.read_text().splitlines()
    assert "[1.0, 0.5, 0.4, 0.3, 0.2, 7.0]," in lines
    assert '"c": {"weight_format": "fp32", "weights": 4, "level_counts": []}' in lines


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-30],
        lambda text: text.replace('"seed"', '"sede"'),
        lambda text: text.replace('"history"', '"past"'),
        lambda text: text.replace("[1.0, ", "["),
        lambda _: "[]",
        lambda _: "",
    ],
)
def test_a_damaged_record_is_named(path, damage):
    path.write_text(damage(path.read_text()))
    with pytest.raises(SpecError, match=r"0123456789abcdef\.json: is no whole record of a run"):
        read_record(path)


def test_a_record_under_another_name_is_refused(path):
    other = path.with_name("f" * 16 + ".json")
    path.rename(other)
    with pytest.raises(SpecError, match="is not filed under its own key"):
        read_record(other)


def test_a_missing_record_is_named(tmp_path):
    with pytest.raises(SpecError, match="is no whole record of a run"):
        read_record(tmp_path / "x.json")
