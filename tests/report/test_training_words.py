from dataclasses import replace

import pytest
from made_runs import SPEC, arm

from lowbit_sim.report.training_words import augmentation_words, training_text
from lowbit_sim.study.run_table import ArmRuns


def test_what_is_common_is_said_once_and_the_rest_in_a_table():
    text = training_text([arm("a_1", {"fp32": (90,)}, epochs=1), arm("a_2", {}, epochs=2)])
    assert f"- `fcnn`: {SPEC.description} 120 parameters." in text
    assert "In all arms:" in text
    assert f"- batch: {SPEC.recipe.batch_size} images" in text
    assert "- pre-training: none" in text
    assert "| arm | fine-tuning |" in text
    rate = f"learning rate up to {SPEC.recipe.finetuning.learning_rate:g}"
    assert f"| a_1 | 1 epoch, {rate} |" in text
    assert f"| a_2 | 2 epochs, {rate} |" in text
    assert "batch norms" not in text


def test_what_arms_of_one_network_share_stands_in_a_table_of_networks():
    other = arm("b_1", {}, epochs=4)
    spec = other.arm.spec.model_copy(update={"name": "other"})
    other = ArmRuns(replace(other.arm, spec=spec), {})
    arms = [arm("a_1", {}, epochs=1), arm("a_2", {}, epochs=1), other]
    text = training_text(arms)
    assert "| network | fine-tuning |" in text
    assert "| fcnn | 1 epoch, " in text
    assert "| other | 4 epochs, " in text
    assert "| arm |" not in text


def test_a_single_arm_needs_no_table():
    assert "|" not in training_text([arm("a", {"fp32": (90,)})])


def test_no_augmentation_is_none():
    plain = {"max_shift_pixels": 0, "flip": False, "cutout_pixels": 0, "noise_fraction": 0.0}
    kind = type(SPEC.recipe.augmentation)
    assert augmentation_words(kind(**plain)) == "none"
    one = kind(**{**plain, "max_shift_pixels": 1, "cutout_pixels": 8})
    assert augmentation_words(one) == "shifts up to 1 pixel and cut-outs of 8 pixels"


def test_without_arms_there_is_nothing_to_tell():
    with pytest.raises(ValueError, match="no arm"):
        training_text([])
