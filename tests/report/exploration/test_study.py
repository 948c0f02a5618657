import csv
import json
from pathlib import Path

import pytest
import yaml
from made_members import MEMBERS, as_csv

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Front
from lowbit_sim.report.exploration.study import design_space_files, summary
from lowbit_sim.report.exploration.terminal import Took
from lowbit_sim.report.study_page import marker

ROOT = Path(__file__).parents[3]


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "made_space"
    folder.mkdir()
    space = {
        "name": "made_space",
        "kind": "space",
        "description": "Which precision?",
        "workloads": [str(ROOT / "workloads/vit.yaml")],
        "accelerators": [str(ROOT / "arch_specs/ternary_pe.yaml")],
        "weight_formats": ["levels_2", "levels_5", "levels_16", "int8"],
        "axes": [{"clock": ["250 MHz", "500 MHz"]}],
        "objectives": ["area", "energy", "latency", "accuracy"],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(space, sort_keys=False, width=1000))
    exploration = load_exploration(folder / "study.yaml")
    one = Confirmed(Row(1, "vit", "int8"), "", 5, 3.0, 2.0, 1.0, 1.0, 0, 1.6, 2.0)
    front = Front(exploration.networks[0], (one,), (one, one))
    (folder / "summary.json").write_text(summary(exploration, [front], Took(99, "", 1.0, 9)))
    (folder / "front.csv").write_text(as_csv(MEMBERS))
    return folder


def test_the_summary_says_what_was_done(study):
    told = json.loads((study / "summary.json").read_text())
    assert (told["designs"], told["rows"], told["evaluations"]) == (2, 8, 99)
    assert told["networks"]["vit"] == {
        "confirmed": 2, "refused": 0, "front": 1, "disagreement_cycles": 0,
        "above_bound_latency": 1.25, "above_bound_energy": 1.5,
    }  # fmt: skip


def test_the_page_answers_and_says_what_it_rests_on(study):
    page = design_space_files(study)["README.md"]
    assert marker("made_space") in page.splitlines()
    assert page.startswith("# Which precision?\n")
    (answer,) = [line for line in page.splitlines() if line.startswith("**vit.** Most accurate")]
    assert "5 levels (2.32 bit) on" in answer
    assert answer.endswith("; nowhere: 16 levels (4 bit).")
    assert "Formats that took part: 2 levels (1 bit), 5 levels" in page
    assert "at most 25.0 % above their bound in latency and 50.0 % in energy" in page
    assert "None is better than the front by more than 5 %" in page
    # the largest budgets of the table: the last row's last cell
    table = [line for line in page.splitlines() if line.startswith("| 9.45 µJ |")]
    assert [line.split(" | ")[-1] for line in table] == [
        "int8, ternary_pe, 500 µs |", "5 levels, ternary_pe, 100 µs |",
    ]  # fmt: skip


def test_the_map_as_csv(study):
    files = design_space_files(study)
    rows = list(csv.DictReader(files["regions.csv"].splitlines()))
    assert {row["rule"] for row in rows} == {"most_accurate", "quickest"}
    assert {row["weight_format"] for row in rows} == {"levels_2", "levels_5", "int8"}
    assert list(files) == ["README.md", "regions.csv", "regions.svg", "front.svg"]
    assert design_space_files(study) == files


@pytest.mark.parametrize("damage", ["", "workload,design\nvit,1\n"])
def test_a_study_that_was_not_explored_or_is_damaged(study, damage):
    if damage:
        (study / "front.csv").write_text(damage)
    else:
        (study / "front.csv").unlink()
    with pytest.raises(SpecError, match="lowbit-sim explore"):
        design_space_files(study)


def test_a_search_says_that_nothing_is_known_of_other_designs(study):
    with (study / "study.yaml").open("a") as file:
        file.write("search: {sampler: nsga2, trials: 2}\n")
    page = design_space_files(study)["README.md"]
    assert "2 designs, 8 with their formats and networks. 1 machine to begin with" in page
    assert "picked by a search (nsga2). Nothing is known of the designs" in page
    for said in ("evaluated", "bound", "None is better", "tolerance"):
        assert said not in page


def test_a_network_without_accuracies_has_no_map_and_the_page_says_why(study):
    bare = [{**one, "accuracy_fraction": ""} for one in MEMBERS]
    (study / "front.csv").write_text(as_csv(bare))
    files = design_space_files(study)
    assert list(files) == ["README.md", "front.svg"]
    assert "**vit.** No map: its accuracies are not known" in files["README.md"]
    assert "regions.svg" not in files["README.md"]


def test_a_network_with_accuracies_has_its_map_beside_one_without(study):
    other = [{**one, "workload": "vit_b", "accuracy_fraction": ""} for one in MEMBERS]
    (study / "front.csv").write_text(as_csv(MEMBERS + other))
    files = design_space_files(study)
    rows = list(csv.DictReader(files["regions.csv"].splitlines()))
    assert {row["workload"] for row in rows} == {"vit"}
    assert "regions.svg" in files["README.md"]
