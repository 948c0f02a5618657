"""`compare` from the command line, on two small machines."""

import csv
import json

import pytest
from made_study import TEXT, written
from process import lowbit_sim


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    study = written(folder)
    env = {"LOWBIT_SIM_CACHE": str(folder / "cache"), "COLUMNS": "80"}
    done = lowbit_sim("compare", str(study), "--jobs", "1", **env)
    return study, env, done


def test_the_answer_is_printed_and_the_files_are_there(compared):
    study, _, done = compared
    assert done.returncode == 0, done.stderr
    assert "fcnn_digits, cold: best weight precision of each machine" in done.stdout
    assert "ternary_pe" in done.stdout
    assert "Of 2 pairs of a machine and a network (cold)" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80 + len(str(study))
    names = {path.name for path in study.parent.iterdir()}
    assert {"README.md", "candidates.csv", "index.html", "manifest.json", "tables.tex"} <= names
    assert {"pareto.svg", "sure.svg", "dram.svg"} <= names


def test_reproduce_gives_the_same_to_the_byte(compared):
    study, env, _ = compared
    before = {path.name: path.read_bytes() for path in study.parent.iterdir()}
    done = lowbit_sim("reproduce", str(study.parent), **env)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in study.parent.iterdir()} == before


def test_json_holds_the_tables_and_nothing_else(compared):
    study, env, _ = compared
    done = lowbit_sim("compare", str(study), "--json", **env)
    found = json.loads(done.stdout)
    assert list(found) == ["candidates", "verdicts", "sensitivities"]
    with (study.parent / "verdicts.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["winner"] for row in rows] == [row["winner"] for row in found["verdicts"]]


def test_the_manifest_names_every_input_and_no_place_of_this_machine(compared):
    study, _, _ = compared
    text = (study.parent / "manifest.json").read_text()
    manifest = json.loads(text)
    names = {path.rpartition("/")[2] for path in manifest["inputs_sha256"]}
    assert {"study.yaml", "fcnn_digits.yaml", "ternary_pe.yaml", "cmos_45nm.yaml"} <= names
    assert set(manifest["outputs_sha256"]) >= {"README.md", "verdicts.csv"}
    assert manifest["training_seeds"]


def test_figures_for_a_paper(compared, tmp_path):
    study, env, _ = compared
    done = lowbit_sim("compare", str(study), "--json", "--pictures", str(tmp_path / "out"), **env)
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes()[:4] for path in (tmp_path / "out").iterdir()}
    assert made["pareto.pdf"] == b"%PDF"
    assert made["sure.png"] == b"\x89PNG"


def test_check_knows_comparisons(compared):
    study, _, _ = compared
    done = lowbit_sim("check", str(study))
    assert "a sound comparison file" in done.stdout


def test_another_studys_folder_is_left_alone(tmp_path):
    study = written(tmp_path)
    page = study.parent / "README.md"
    page.write_text("# mine\n", encoding="utf-8")
    done = lowbit_sim("compare", str(study), LOWBIT_SIM_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 2
    assert "move it away first" in done.stderr
    assert page.read_text() == "# mine\n"
    assert {path.name for path in study.parent.iterdir()} == {"study.yaml", "README.md"}


def test_a_training_study_is_told_what_it_is_for(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("name: x\nkind: bit_width\n", encoding="utf-8")
    done = lowbit_sim("compare", str(path))
    assert done.returncode == 2
    assert "is no comparison" in done.stderr


def test_a_fault_is_one_line_with_its_place(tmp_path):
    study = written(tmp_path, TEXT.replace("ternary_pe", "ternray_pe"))
    done = lowbit_sim("compare", str(study))
    assert done.returncode == 2
    assert "study.yaml:5: accelerators.0" in done.stderr
    assert "did you mean 'ternary_pe.yaml'?" in done.stderr
