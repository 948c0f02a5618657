from pathlib import Path

import pytest
from made_mixing import study_text

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.mixing_spec import is_mixing, load_mixing

STUDY = Path(__file__).parents[2] / "reports" / "mixed_precision" / "study.yaml"


def test_the_study_that_is_delivered_is_valid():
    mixing = load_mixing(STUDY)
    assert is_mixing(STUDY)
    assert mixing.folder == STUDY.parent
    assert mixing.spec.reference == "levels_5"
    assert not is_mixing(STUDY.parents[1] / "recipes" / "study.yaml")


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"objectives": ["speed"]}, "objectives.0", "must be"),
        ({"estimates": ["measurd"]}, "estimates.0", "did you mean 'measured'"),
        ({"layer_formats": ["fp32"]}, "layer_formats", "is no integer format"),
        ({"layer_formats": []}, "layer_formats", "must not be empty"),
        ({"seeds": [0, 0]}, "seeds", "twice"),
        ({"budget_nat": 0.0}, "budget_nat", "greater than 0"),
        ({"hessian_probes": 0}, "hessian_probes", "greater than 0"),
        ({"margin_fraction": 0.0}, "margin_fraction", "greater than 0"),
        ({"reference": "levels_9"}, None, "is none of uniform_formats"),
        ({"uniform_formats": ["levels_5", "levels_9"]}, None, "must be among layer_formats"),
        ({"networks": ["../networks/tyni.yaml"]}, "networks.0", "did you mean 'tiny.yaml'"),
        ({"accelerators": ["nowhere.yaml"]}, "accelerators.0", "there is no such file"),
        ({"name": "other"}, "name", "'mixed'"),
        (
            {"layer_formats": ["levels_3", "levels_5"], "uniform_formats": ["levels_5"]},
            "layer_formats",
            "must hold int8",
        ),
    ],
)
def test_a_fault_is_told_with_its_key(tmp_path, changes, key, reason):
    with pytest.raises(SpecError) as caught:
        load_mixing(study_text(tmp_path, **changes))
    (fault,) = caught.value.faults
    assert fault.key == key
    assert reason in str(fault)
