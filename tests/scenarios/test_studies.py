"""The delivered studies are what their recorded runs give, to the byte."""

import itertools
import re
from pathlib import Path

import pytest

from lowbit_sim.commands.reproduce import study_files
from lowbit_sim.explore.space import is_space
from lowbit_sim.judge.comparison_spec import is_comparison
from lowbit_sim.judge.mixing import choices, trained
from lowbit_sim.judge.mixing_spec import is_mixing, load_mixing
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, read_record
from lowbit_sim.workload.spec import load_workload_spec
from lowbit_sim.workload.study_spec import load_study

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports"
PAGES = sorted(path.parent for path in REPORTS.glob("*/README.md"))
#: those of runs, which decide claims
STUDIES = [
    page
    for page in PAGES
    if (page / "study.yaml").exists()
    and not is_comparison(page / "study.yaml")
    and not is_mixing(page / "study.yaml")
    and not is_space(page / "study.yaml")
]
MIXINGS = [
    page for page in PAGES if (page / "study.yaml").exists() and is_mixing(page / "study.yaml")
]
#: what a study's page is made from, beside the records
INPUTS = {
    *("study.yaml", "references.yaml", "sensitivity.csv", "graphs"),
    *("front.csv", "summary.json"),  # of a design space: what exploring it found
}


@pytest.mark.parametrize("folder", PAGES, ids=lambda path: path.name)
def test_pages_tables_and_figures_are_made_from_the_records_to_the_byte(folder, monkeypatch):
    monkeypatch.chdir(REPORTS.parent)
    place = folder.relative_to(REPORTS.parent)
    made = study_files(place, None, partial=True)
    left = {path.name for path in folder.iterdir()} - INPUTS
    assert set(made) == left
    for name, text in made.items():
        assert (folder / name).read_text(encoding="utf-8") == text, name


def test_every_record_is_whole_and_wanted_by_a_study_or_shipped():
    wanted = {
        run_key(arm.spec, name, seed)
        for folder in STUDIES
        for arm in load_study(folder / "study.yaml").arms
        for name in (PRETRAINED, *arm.weight_formats)
        for seed in arm.seeds
    }
    for mixing in (load_mixing(folder / "study.yaml") for folder in MIXINGS):
        networks = trained(mixing, choices(mixing)).values()
        wanted |= {one.key(seed) for one in networks for seed in mixing.spec.seeds}
    for name in ("fcnn", "cvnn", "vit"):
        spec = load_workload_spec(ROOT / "workloads" / f"{name}.yaml")
        runs = itertools.product(spec.quantisation.weight_formats, spec.seeds)
        wanted |= {run_key(spec, weight_format, seed) for weight_format, seed in runs}
    records = [read_record(path) for path in sorted((REPORTS / "runs").glob("*.json"))]
    assert records
    assert {record.key for record in records} <= wanted


def test_no_page_says_more_than_is_shown():
    for page in STUDIES:
        text = (page / "README.md").read_text()
        verdicts = re.findall(r"^- \(\w\) \*(.*?)\.\*", text, re.MULTILINE)
        assert verdicts
        assert set(verdicts) <= {"Supported", "Not supported", "Undecided"}
