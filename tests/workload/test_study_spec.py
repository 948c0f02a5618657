import json
from pathlib import Path

import pytest
from test_spec import written

from lowbit_sim.errors import SpecError
from lowbit_sim.workload.study_spec import load_study

REPORTS = Path(__file__).parents[2] / "reports"
ARM = {
    "name": "plain",
    "workload": "../tiny.yaml",
    "set": {},
    "weight_formats": ["levels_3", "fp32"],
    "seeds": [0, 1],
}
CONTENT = {
    "name": "mine",
    "kind": "bit_width",
    "question": "Which?",
    "margin_fraction": 0.005,
    "arms": [ARM, ARM | {"name": "other", "set": {"recipe.finetuning.epochs": 3}}],
}


@pytest.fixture
def study(tmp_path):
    written(tmp_path)

    def study(arm=None, **changes):
        content = CONTENT | changes
        if arm is not None:
            content["arms"] = [ARM | arm]
        path = tmp_path / "mine" / "study.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1))  # YAML too, and without anchors
        return path

    return study


def told(path):
    with pytest.raises(SpecError) as caught:
        load_study(path)
    return str(caught.value)


#: comparisons, mixtures and design spaces have mirrors of their own
OTHERS = {"kind: comparison", "kind: mixed_precision", "kind: space"}
STUDIES = [
    path
    for path in sorted(REPORTS.glob("*/study.yaml"))
    if not OTHERS & set(path.read_text().splitlines())
]


@pytest.mark.parametrize("path", STUDIES, ids=lambda p: p.parent.name)
def test_the_studies_that_are_delivered_are_valid(path):
    study = load_study(path)
    assert study.arms
    for arm in study.arms:
        assert set(arm.weight_formats) >= {"fp32"}


def test_an_arm_is_a_workload_with_some_values_set(study):
    plain, other = load_study(study()).arms
    assert (plain.spec.recipe.finetuning.epochs, other.spec.recipe.finetuning.epochs) == (1, 3)
    assert plain.spec.recipe.pretraining == other.spec.recipe.pretraining
    assert (other.name, other.seeds, other.weight_formats) == (
        "other", (0, 1), ("levels_3", "fp32"),
    )  # fmt: skip


def test_an_arm_may_give_single_layers_their_own_formats(study):
    (arm,) = load_study(study({"set": {"quantisation.layer_formats": {"1": "levels_5"}}})).arms
    assert arm.spec.quantisation.layer_formats == {"1": "levels_5"}


@pytest.mark.parametrize(
    ("arm", "reason"),
    [
        ({"set": {"quantisation.layer_formats": {"2": "levels_5"}}}, "'2' is no layer of this"),
        ({"set": {"quantisation.layer_format": {"1": "levels_5"}}}, "is no key of the workload"),
        ({"set": {"recipe.finetuning.epoch": 3}}, "did you mean 'epochs'?"),
        ({"set": {"recipes.finetuning.epochs": 3}}, "is no key of the workload file"),
        ({"set": {"recipe.batch_size.x": 3}}, "is no key of the workload file"),
        ({"set": {"seeds": [3]}}, "is said by the arm itself"),
        ({"set": {"quantisation.weight_formats": ["fp32"]}}, "is said by the arm itself"),
        ({"set": {"name": "mine"}}, "is said by the arm itself"),
        ({"set": {"recipe.batch_size": 0}}, "does not fit ../tiny.yaml: recipe.batch_size"),
        ({"weight_formats": ["levels_33"]}, "did you mean 'levels_3'?"),
        ({"seeds": []}, "must not be empty"),
        ({"workload": "../tny.yaml"}, "did you mean 'tiny.yaml'?"),
    ],
)
def test_a_fault_of_an_arm_is_told(study, arm, reason):
    assert reason in told(study(arm))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "yours"}, "must be the name of the study's directory, 'mine'"),
        ({"margin_fraction": 0.0}, "greater than 0"),
        ({"arms": []}, "must not be empty"),
        ({"arms": [ARM, ARM]}, "two arms have the same name"),
        ({"margn_fraction": 1}, "did you mean 'margin_fraction'?"),
    ],
)
def test_a_fault_of_the_study_is_told(study, changes, reason):
    assert reason in told(study(**changes))


def test_a_fault_of_an_arm_has_its_line(study):
    path = study({"set": {"recipe.finetuning.epoch": 3}})
    line = next(n for n, t in enumerate(path.read_text().splitlines(), 1) if 'epoch": 3' in t)
    assert told(path).startswith(f"{path}:{line}: arms.0.set.recipe.finetuning.epoch")


def test_a_fault_of_the_workload_file_is_told_there(study, tmp_path):
    written(tmp_path, ("recipe.batch_size", 0))
    assert told(study()).startswith(f"{tmp_path / 'mine' / '..' / 'tiny.yaml'}:")
