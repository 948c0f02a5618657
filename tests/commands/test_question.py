from pathlib import Path

import pytest
from process import ROOT, TERNARY, VIT

from lowbit_sim.commands.question import Question, located, rankings, read_inputs
from lowbit_sim.errors import SpecError


def question(**change):
    given = {"workload": ROOT / VIT, "accelerator": ROOT / TERNARY, "formats": ["levels_5"]}
    return Question(**{**given, **change})


def asked(one, **how):
    return rankings(one, read_inputs(one), **how)


def test_a_path_stays_and_a_name_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert located("vit", "workloads") == Path("workloads/vit.yaml")
    assert located("vit.v2", "workloads") == Path("workloads/vit.v2.yaml")
    for path in ("vit.yaml", "vit.yml", "mine/vit", tmp_path / "vit"):
        assert located(path, "workloads") == Path(path)
    # what is there is meant, however it is called
    (tmp_path / "vit").write_text("")
    assert located("vit", "workloads") == Path("vit")


def test_the_reported_technology_comes_first():
    found = asked(question(technologies=["nangate45_rtl", "cmos_45nm"]))
    names = [one.study.pricing.technology.name for one in found]
    assert names == ["nangate45_rtl", "cmos_45nm"]


def test_the_margin_decides_who_is_eligible():
    (strict,), (lax,) = (asked(question(margin_points=points)) for points in (0, 100))
    assert strict.margin_fraction == 0
    assert lax.margin_fraction == 1
    assert lax.winner.result.weight_format == "levels_5"


def test_each_format_is_told_in_its_turn():
    told = []
    asked(question(formats=["levels_5", "levels_3"]), tell=told.append)
    assert sorted(told) == ["fp32", "levels_3", "levels_5"]


def test_all_options_are_named():
    assert question().options == {
        "formats": ["levels_5"],
        "engine": "closed_form",
        "objective": "edp",
        "margin_points": 0.5,
        "technologies": [],
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"engine": "roofline"}, "engine: is not known"),
        ({"objective": "edpp"}, "did you mean 'edp'"),
        ({"margin_points": 100.5}, "between 0 and 100"),
    ],
)
def test_an_option_that_is_not_known_is_refused(change, said):
    with pytest.raises(SpecError, match=said):
        question(**change)


def test_a_format_that_the_machine_refuses_is_an_error_if_asked_for():
    with pytest.raises(SpecError, match=r"ternary_pe\.yaml: cannot run fp32"):
        asked(question(formats=["fp32"]))
    (found,) = asked(question())
    assert [one.standing for one in found.formats] == ["eligible", "refused"]
