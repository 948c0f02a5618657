import json

import pytest
from made_runs import record, write_runs, write_study

from lowbit_sim.errors import SpecError
from lowbit_sim.study.run_table import read_runs
from lowbit_sim.workload.run_record import record_path, to_json
from lowbit_sim.workload.study_spec import load_study

TENTH = {"recipe.weight_decay": 0.1}


@pytest.fixture
def folder(tmp_path):
    """Return a study of two arms, of which `b` differs in its training."""
    return write_study(tmp_path, "bit_width", {"a_small": {}, "a_large": TENTH})


def table(folder):
    return read_runs(load_study(folder / "study.yaml"), folder.parent / "runs")


def damage(folder, change):
    """Change the record of seed 1 in levels_3 of the first arm; return its path."""
    made = record("levels_3", 1, 90)
    path = record_path(folder.parent / "runs", made.key)
    content = json.loads(to_json(made))
    change(content)
    path.write_text(json.dumps(content))
    return path


def test_runs_stand_by_arm_format_and_seed(folder):
    write_runs(folder, lambda arm, _name, seed: 80 + seed + 5 * (arm == "a_large"))
    found = table(folder)
    assert (found.wanted, found.missing) == (18, 0)
    small, large = found.usable
    assert list(small.runs) == ["levels_2", "levels_3", "fp32"]
    assert small.fractions("levels_3") == {0: 0.80, 1: 0.81, 2: 0.82}
    assert large.fractions("fp32") == {0: 0.85, 1: 0.86, 2: 0.87}
    assert (small.found, small.wanted) == (9, 9)


def test_missing_runs_are_counted_and_left_out(folder):
    write_runs(
        folder,
        lambda *_: 80,
        skip=lambda arm, name, seed: arm == "a_large" or (name, seed) == ("levels_3", 1),
    )
    found = table(folder)
    assert (found.wanted, found.missing) == (18, 10)
    small, large = found.arms
    assert list(small.runs["levels_3"]) == [0, 2]
    assert (small.found, large.found) == (8, 0)
    assert found.usable == (small,)
    assert small.fractions("levels_9") == {}


def test_a_run_that_two_arms_share_is_wanted_once(tmp_path):
    folder = write_study(tmp_path, "bit_width", {"a_small": {}, "a_large": {}})
    write_runs(folder, lambda *_: 80, skip=lambda _arm, name, _seed: name == "levels_2")
    found = table(folder)
    assert (found.wanted, found.missing) == (9, 3)
    assert found.arms[0].runs == found.arms[1].runs


def test_no_store_is_said(folder):
    with pytest.raises(SpecError, match=r"nowhere: is no run store"):
        read_runs(load_study(folder / "study.yaml"), folder / "nowhere")


def test_every_damaged_record_is_named(folder):
    write_runs(folder, lambda *_: 80)
    paths = [record_path(folder.parent / "runs", record("levels_3", n, 0).key) for n in (0, 2)]
    for path in paths:
        path.write_text(path.read_text()[:100])
    with pytest.raises(SpecError) as caught:
        table(folder)
    assert [fault.file for fault in caught.value.faults] == paths
    assert all("is no whole record" in fault.reason for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("seed", 2, "is not the record of levels_3 with seed 1"),
        ("weight_format", "levels_5", "is not the record of levels_3 with seed 1"),
        ("correct", 1001, "correct: is damaged, delete it: of 1000 test images"),
        ("correct", -1, "correct: is damaged, delete it: of 1000 test images"),
        ("test_images", 0, "is damaged"),
        ("stored_bits", 1.5, "a count is no whole number"),
        ("correct", True, "a count is no whole number"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(folder, key, value, reason):
    path = damage(folder, lambda content: content.update({key: value}))
    with pytest.raises(SpecError) as caught:
        table(folder)
    assert reason in str(caught.value)
    assert caught.value.faults[0].file == path


def test_a_layer_with_other_levels_is_refused(folder):
    damage(folder, lambda content: content["layers"]["1"].update(level_counts=[1, 2]))
    with pytest.raises(SpecError, match="layer 1 has other levels"):
        table(folder)


@pytest.mark.parametrize("change", [{"data_sha256": "6" * 64}, {"test_images": 2000}])
def test_runs_on_other_images_are_refused(folder, change):
    write_runs(folder, lambda *_: 80)
    path = damage(folder, lambda content: content.update(change))
    with pytest.raises(SpecError, match="was measured on other images than") as caught:
        table(folder)
    assert [fault.file for fault in caught.value.faults] == [path]
