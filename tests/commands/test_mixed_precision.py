"""A study of mixed precision from its file to its page, on networks that train in a second."""

import shutil

import pytest
import yaml
from made_mixing import study_text
from process import ROOT, lowbit_sim, refused, within

from lowbit_sim.judge.sensitivity_table import COLUMNS
from lowbit_sim.study.shipped import load_shipped

STUDY = "reports/mixed"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    house = tmp_path_factory.mktemp("house")
    study_text(house, seeds=[0, 1], hessian_probes=2, estimates=["measured", "second_order"])
    done = within(house, "train", f"{STUDY}/study.yaml", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "runs of mixed are trained" in done.stdout
    return house


@pytest.fixture
def house(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "house")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_page_comes_from_what_was_trained_the_same_every_time(house):
    done = within(house, "reproduce", STUDY)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"wrote {STUDY}/: README.md, mixtures.csv, runs.csv\n"
    first = contents(house / STUDY)
    assert b"Mixtures beat 5 levels everywhere" in first["README.md"]
    assert len(first["mixtures.csv"].splitlines()) == 1 + 2 * 2
    for path in (house / "reports" / "runs").glob("*.safetensors"):
        path.unlink()  # weights need not travel
    again = lowbit_sim("reproduce", STUDY, cwd=house, PYTHONHASHSEED="7")
    assert again.returncode == 0, again.stderr
    assert contents(house / STUDY) == first


def test_what_is_there_is_not_made_again(house):
    before = {path: path.read_bytes() for path in house.rglob("*") if path.is_file()}
    stamps = {path: path.stat().st_mtime_ns for path in before}
    assert within(house, "train", f"{STUDY}/study.yaml", "--jobs", "1").returncode == 0
    assert {path: path.read_bytes() for path in house.rglob("*") if path.is_file()} == before
    assert {path: path.stat().st_mtime_ns for path in before} == stamps


def test_sensitivities_and_graphs_are_made_again_where_they_are_lost(house):
    table, graphs = house / STUDY / "sensitivity.csv", house / STUDY / "graphs"
    before = table.read_bytes(), contents(graphs)
    table.unlink()
    shutil.rmtree(graphs)
    refused(within(house, "reproduce", STUDY), "sensitivity.csv", "lowbit-sim train")
    assert within(house, "train", f"{STUDY}/study.yaml", "--jobs", "1").returncode == 0
    assert (table.read_bytes(), contents(graphs)) == before


def test_a_record_that_is_missing_is_one_error_and_nothing_is_written(house):
    next((house / "reports" / "runs").glob("*.json")).unlink()
    for path in sorted((house / "reports" / "runs").glob("*.json"))[1:]:
        path.unlink()
    refused(within(house, "reproduce", STUDY), "runs are missing", "lowbit-sim train")
    assert not (house / STUDY / "README.md").exists()


def test_a_budget_that_no_mixture_can_keep_says_what_can_be_had(house):
    tight = {"seeds": [0, 1], "hessian_probes": 2, "budget_nat": 1e-9}
    study_text(house, **tight, layer_formats=["levels_2", "levels_3", "levels_5", "int8"])
    table = house / STUDY / "sensitivity.csv"
    lines = table.read_text().splitlines()
    measured = COLUMNS.index("loss_increase")
    rows = [line.split(",") for line in lines[1:]]
    for row in rows:
        row[measured] = "0.25"
    table.write_text("\n".join([lines[0], *map(",".join, rows)]) + "\n")
    told = "the least that can be lost is 0.5"
    refused(within(house, "reproduce", STUDY), "study.yaml", "tiny on ternary_pe", told)
    assert not (house / STUDY / "README.md").exists()


def test_a_workload_of_mixed_formats_is_trained_traced_and_simulated(tmp_path):
    content = yaml.safe_load((study_text(tmp_path).parents[1] / "networks/tiny.yaml").read_text())
    content["quantisation"]["layer_formats"] = {"3": "levels_2"}
    (tmp_path / "workloads").mkdir()
    path = tmp_path / "workloads" / "tiny.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    done = within(tmp_path, "train", "workloads/tiny.yaml", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    shipped = load_shipped(path, [])
    formats = [[op.weight for op in workload.ops if op.parameter] for workload in shipped.workloads]
    assert formats == [["levels_3", "levels_2"], ["fp32", "fp32"]]
    machine = str(ROOT / "arch_specs" / "ternary_pe.yaml")
    ran = within(tmp_path, "run", "workloads/tiny.yaml", machine, "--verify")
    assert ran.returncode == 0, ran.stderr
    assert "levels_3" in ran.stdout
