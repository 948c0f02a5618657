from pathlib import Path

import pytest
from made_mixing import study_text

from lowbit_sim.judge.mixing_spec import load_mixing
from lowbit_sim.report.mixing_words import commands_text, legend_text, limits_text, method_text


@pytest.fixture
def spec(tmp_path):
    return load_mixing(study_text(tmp_path)).spec


def test_the_texts_say_what_the_study_file_says(spec):
    assert "it is 5 levels itself" in legend_text(spec)
    assert "with 4 random vectors" in method_text(spec)
    assert "loses less than 0.5 point" in method_text(spec)
    assert "There are 3 seeds" in limits_text(spec)
    assert "a layer has 4 formats to choose from" in limits_text(spec)
    other = spec.model_copy(update={"reference": "levels_3", "margin_fraction": 0.01})
    assert "uniform network in 3 levels" in method_text(other)
    assert "less than 1 point" in method_text(other)
    stated = spec.model_copy(update={"budget_nat": 0.25})
    assert "The budget is a sum of losses of 0.25 nat." in method_text(stated)


def test_commands_name_the_folder_as_it_stands(tmp_path):
    folder = tmp_path / "reports" / "mixed"
    assert "lowbit-sim train reports/mixed/study.yaml\n" in commands_text(folder)
    assert "reproduce reports/mixed\n" in commands_text(folder / ".." / "mixed")
    assert str(Path(tmp_path)) not in commands_text(folder)
