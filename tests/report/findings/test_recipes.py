from made_runs import FP32, SAME, WORSE, arm

from lowbit_sim.report.findings.recipes import findings, sections
from lowbit_sim.study.analyses.recipes import analyse

ARMS = [
    arm("a_learned", {"levels_2": FP32, "levels_3": FP32}),
    arm("a_clip", {"levels_2": SAME, "levels_3": WORSE}),
    arm("b_learned", {"levels_2": FP32}),
    arm("b_tensor", {"levels_2": SAME}),
]


def test_the_reason_names_what_can_be_told_apart():
    (found,) = findings(analyse(ARMS, 0.005))
    assert found.answer.verdict == "supported"
    assert "Of 3 comparisons with `learned`, 0 came out better, 1 worse, 2 comparable" in (
        found.reason
    )
    assert found.reason.endswith("`a_clip` with 3 levels (10.00 points worse).")


def test_nothing_to_tell_apart():
    (found,) = findings(analyse(ARMS[2:], 0.005))
    assert found.answer.verdict == "not supported"
    assert found.reason.endswith("1 comparable and 0 undecided.")
    (none,) = findings(analyse(ARMS[1:2], 0.005))
    assert none.answer.verdict == "undecided"
    assert none.reason.startswith("No recipe has finished runs")


def test_a_table_for_each_family():
    first, second = sections(analyse(ARMS, 0.005))
    assert (first.title, second.title) == (
        "a: recipes beside `learned`",
        "b: recipes beside `learned`",
    )
    assert "| clip | 0.00 ± 0.00 = | 10.00 ± 0.00 ▼ |" in first.text
    assert "| tensor | 0.00 ± 0.00 = |" in second.text
