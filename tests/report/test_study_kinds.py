import pytest
import yaml
from made_runs import ROOT, write_runs, write_study

from lowbit_sim.explore.space import is_space
from lowbit_sim.judge.comparison_spec import is_comparison
from lowbit_sim.judge.mixing_spec import is_mixing
from lowbit_sim.report.study_kinds import KINDS
from lowbit_sim.study.arm_summary import summarise
from lowbit_sim.study.run_table import read_runs
from lowbit_sim.workload.study_spec import load_study

SMALLER, LARGER = {"recipe.weight_decay": 0.1}, {"recipe.weight_decay": 0.2}
#: kind -> two arms, letters of the claims, figures
MADE = {
    "bit_width": (("a_small", "a_large"), "ae", 4),
    "epochs": (("a_small_1", "a_large_1"), "b", 2),
    "augmentation_and_zero": (("a_plain", "a_augmented"), "cd", 2),
    "recipes": (("a_learned", "a_clip"), "r", 1),
}


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_answers_its_claims(tmp_path, kind):
    names, letters, figures = MADE[kind]
    folder = write_study(tmp_path, kind, dict(zip(names, (SMALLER, LARGER), strict=True)))
    write_runs(folder, lambda _arm, name, seed: 80 + seed + 5 * (name == "fp32"))
    table = read_runs(load_study(folder / "study.yaml"), folder.parent / "runs")
    found = KINDS[kind].findings(table, [summarise(one, 0.005) for one in table.usable])
    assert "".join(one.answer.claim.letter for one in found.findings) == letters
    assert all(one.reason and one.rule for one in found.findings)
    assert len(found.pictures) == figures
    assert found.sections
    assert found.limits


STUDIES = [
    path
    for path in sorted(ROOT.glob("reports/*/study.yaml"))
    if not is_comparison(path) and not is_mixing(path) and not is_space(path)
]


@pytest.mark.parametrize("path", STUDIES, ids=str)
def test_shipped_studies_are_of_a_kind_and_name_their_arms_well(path):
    content = yaml.safe_load(path.read_text())
    names = KINDS[content["kind"]].arm_names
    assert [arm["name"] for arm in content["arms"] if names.parts(arm["name"]) is None] == []
