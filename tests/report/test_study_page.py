from dataclasses import dataclass

import pytest
from made_runs import FP32, SAME, WORSE, arm

from lowbit_sim.report.study_page import (
    Finding,
    Findings,
    Picture,
    Section,
    accuracy_table,
    marker,
    study_page,
)
from lowbit_sim.study.arm_summary import summarise
from lowbit_sim.study.claims import BALANCE, COMPARABLE, RECIPES, Answer
from lowbit_sim.study.run_table import RunTable


@dataclass(frozen=True)
class Spec:
    name: str = "made"
    kind: str = "recipes"
    question: str = "What is asked?"
    margin_fraction: float = 0.005


@dataclass(frozen=True)
class Study:
    spec: Spec


RUNS = {"levels_2": WORSE, "levels_3": SAME, "fp32": FP32}


def finding(claim, verdict, reason="Because.", rule="If so."):
    return Finding(Answer(claim, verdict), reason, rule)


def page(*arms, missing=0, findings=(), kind="recipes"):
    arms = arms or (arm("a_learned", RUNS),)
    table = RunTable(Study(Spec(kind=kind)), arms, 20, missing)
    summaries = [summarise(one, 0.005) for one in table.usable]
    found = Findings(
        findings or (finding(COMPARABLE, "undecided"),),
        (Section("Own part", "Own text."),),
        (Picture("losses.svg", "All losses", "<svg/>"),),
        ("Own limit.",),
    )
    return study_page(table, summaries, found, "reports/made")


def test_a_page_has_its_parts_in_order():
    parts = [
        "# made\n",
        marker("made"),
        "**Question.** What is asked?",
        "**Low-bit networks reach an accuracy comparable to that of 32 bit: undecided.**",
        "- (a) *Undecided.* Because.",
        "## Accuracy",
        "| a_learned | 81.00 ± 2.48 ▼ | 91.00 ± 2.48 = | 91.00 ± 2.48 |",
        "± 0.5 point",
        "## Own part\n\nOwn text.",
        "![All losses](losses.svg)",
        "- (a) If so.",
        "## How it was trained",
        "- Own limit.",
        "There are 3 seeds an arm.",
        "lowbit-sim train reports/made/study.yaml\nlowbit-sim reproduce reports/made\n",
    ]
    text = page()
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_a_whole_study_says_nothing_of_missing_runs():
    assert "ncomplete" not in page()


def test_missing_runs_are_said_first():
    short = arm("b_learned", {"fp32": (90,)}, formats=("levels_2", "fp32"))
    text = page(arm("a_learned", RUNS), short, arm("c_learned", {}), missing=3)
    lines = text.splitlines()[4:9]
    assert lines[0].startswith("> **Incomplete: 17 of 20 runs are finished**")
    assert lines[2] == "> Incomplete arms: `b_learned` (1 of 2)."
    assert lines[4] == "> Left out, as none of their runs is finished: `c_learned`."


@pytest.mark.parametrize("verdict", ["supported", "not supported", "undecided"])
def test_one_bold_sentence_holds_every_verdict(verdict):
    text = page(findings=(finding(COMPARABLE, verdict), finding(BALANCE, "undecided")))
    (bold,) = [line for line in text.splitlines() if line.startswith("**Low-bit")]
    assert bold.endswith("of memory and accuracy: undecided.**")
    assert f"32 bit: {verdict};" in bold
    assert "(a) and (e) are claims of Cabral & Driemeier" in text


def test_a_question_of_our_own_names_no_paper():
    text = page(findings=(finding(RECIPES, "supported"),))
    assert "Cabral" not in text
    assert "(r) *Supported.*" in text


def test_the_table_of_widths_has_a_row_for_each_format():
    summaries = [summarise(arm(name, RUNS), 0.005) for name in ("a_small", "b_small")]
    text = accuracy_table(summaries, by_format=True).splitlines()
    assert text[0] == "| weights | a_small | b_small |"
    assert text[2] == "| 2 levels | 81.00 ± 2.48 ▼ | 81.00 ± 2.48 ▼ |"
    assert "| weights |" in page(kind="bit_width")


def test_a_format_that_an_arm_lacks_stays_empty():
    summaries = [summarise(arm("a", {"levels_2": WORSE}), 0.005), summarise(arm("b", RUNS), 0.005)]
    assert accuracy_table(summaries, by_format=False).splitlines()[2] == (
        "| a | 81.00 ± 2.48 |  |  |"
    )
