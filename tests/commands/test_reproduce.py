import subprocess
import sys

import pytest
from made_runs import record, write_runs, write_study
from process import ROOT, edit, lowbit_sim, refused, within

from lowbit_sim.workload.run_record import record_path

ARMS = {"a_small": {}, "a_large": {"recipe.weight_decay": 0.1}}
STUDY = "reports/bit_width"


@pytest.fixture
def study(tmp_path):
    """Return the folder of a study without runs, two directories below `tmp_path`."""
    return write_study(tmp_path, "bit_width", ARMS)


def percent(_arm, name, seed):
    """Two levels lose 10 points, three nothing."""
    return 90 + seed - 10 * (name == "levels_2")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_bytes_every_time(study, tmp_path):
    write_runs(study, percent)
    done = within(tmp_path, "reproduce", STUDY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"wrote {STUDY}/: README.md, runs.csv, summary.csv, ")
    first = contents(study)
    assert len(first) == 8
    assert within(tmp_path, "reproduce", STUDY).returncode == 0
    assert contents(study) == first
    # another process hashes differently, and finds another directory to stand in
    for path in study.iterdir():
        if path.name != "study.yaml":
            path.unlink()
    assert lowbit_sim("reproduce", ".", cwd=study, PYTHONHASHSEED="7").returncode == 0
    assert contents(study) == first


def test_the_page_answers_from_the_runs(study, tmp_path):
    write_runs(study, percent)
    assert within(tmp_path, "reproduce", STUDY).returncode == 0
    page = (study / "README.md").read_text()
    assert "comparable to that of 32 bit: supported;" in page
    assert "a: 2 levels worse, 3 levels comparable." in page
    assert "lowbit-sim reproduce reports/bit_width\n" in page
    assert len((study / "runs.csv").read_text().splitlines()) == 1 + 2 * 3 * 3
    assert len((study / "summary.csv").read_text().splitlines()) == 1 + 2 * 3
    write_runs(study, lambda arm, name, seed: percent(arm, name, seed) - 10 * (name == "levels_3"))
    assert within(tmp_path, "reproduce", STUDY).returncode == 0
    assert "comparable to that of 32 bit: not supported;" in (study / "README.md").read_text()


def test_missing_runs_are_one_error_and_nothing_is_written(study, tmp_path):
    write_runs(study, percent, skip=lambda arm, name, seed: (arm, name, seed) == ("a_small", *GONE))
    before = contents(study)
    done = within(tmp_path, "reproduce", STUDY)
    train = f"'lowbit-sim train {STUDY}/study.yaml'"
    refused(done, "1 of 18 runs are missing", train, "--partial")
    assert len(done.stderr.splitlines()) == 1
    assert contents(study) == before


GONE = ("levels_2", 1)


def test_partial_goes_on_and_says_so(study, tmp_path):
    write_runs(study, percent, skip=lambda arm, *one: arm == "a_large" or one == GONE)
    assert within(tmp_path, "reproduce", STUDY, "--partial").returncode == 0
    head = (study / "README.md").read_text().splitlines()[:10]
    assert any("Incomplete: 8 of 18 runs are finished" in line for line in head)
    assert "> Incomplete arms: `a_small` (8 of 9)." in head
    assert "> Left out, as none of their runs is finished: `a_large`." in head
    assert len((study / "runs.csv").read_text().splitlines()) == 1 + 8


@pytest.mark.usefixtures("study")
def test_partial_without_any_run_is_refused(tmp_path):
    done = refused(within(tmp_path, "reproduce", STUDY, "--partial"), "18 of 18 runs are missing")
    assert "--partial" not in done.stderr


def test_diverged_runs_are_marked_and_stay_in_the_mean(study, tmp_path):
    write_runs(
        study,
        percent,
        diverged=lambda _arm, name, seed: "the loss" if (name, seed) == GONE else None,
    )
    assert within(tmp_path, "reproduce", STUDY).returncode == 0
    page = (study / "README.md").read_text()
    assert "| 2 levels | 81.00 ± 2.48 ▼ †1 | 81.00 ± 2.48 ▼ †1 |" in page


def test_a_damaged_record_is_named(study, tmp_path):
    write_runs(study, percent)
    path = record_path(study.parent / "runs", record("fp32", 2, 0).key)
    path.write_text("{}")
    refused(within(tmp_path, "reproduce", STUDY), path.name, "is no whole record of a run")
    assert not (study / "README.md").exists()


def test_a_store_elsewhere(study, tmp_path):
    write_runs(study, percent)
    (study.parent / "runs").rename(tmp_path / "kept")
    refused(within(tmp_path, "reproduce", STUDY), "reports/runs: is no run store")
    assert within(tmp_path, "reproduce", STUDY, "--runs", "kept").returncode == 0
    record_path(tmp_path / "kept", record("fp32", 2, 0).key).unlink()
    done = within(tmp_path, "reproduce", STUDY, "--runs", "kept")
    refused(done, f"'lowbit-sim train {STUDY}/study.yaml --runs kept'")


def test_an_unknown_kind_names_the_nearest(study, tmp_path):
    edit(study / "study.yaml", "kind: bit_width", "kind: bit_widht")
    done = within(tmp_path, "reproduce", STUDY)
    refused(done, f"{STUDY}/study.yaml:2: kind", "did you mean 'bit_width'?")


def test_arms_with_other_names_are_refused_at_their_lines(study, tmp_path):
    edit(study / "study.yaml", "name: a_large", "name: a_medium")
    done = within(tmp_path, "reproduce", STUDY)
    refused(done, "arms.1.name", "must be <family>_small or <family>_large", "a_medium")


def test_a_missing_study_is_said(tmp_path):
    refused(within(tmp_path, "reproduce", "nowhere"), "no directory nowhere")
    (tmp_path / "empty").mkdir()
    refused(within(tmp_path, "reproduce", "empty"), "empty/study.yaml: no such file")


@pytest.mark.parametrize("name", ["README.md", "runs.csv", "losses.svg"])
def test_files_of_others_are_not_replaced(study, tmp_path, name):
    write_runs(study, percent)
    (study / name).write_text("mine\n")
    before = contents(study)
    done = within(tmp_path, "reproduce", STUDY)
    refused(done, f"{STUDY}/{name}: was not made by 'lowbit-sim reproduce' for bit_width")
    assert contents(study) == before


def test_files_of_another_study_are_not_replaced(study, tmp_path):
    write_runs(study, percent)
    assert within(tmp_path, "reproduce", STUDY).returncode == 0
    other = study.rename(study.parent / "other")
    edit(other / "study.yaml", "name: bit_width", "name: other")
    before = contents(other)
    refused(within(tmp_path, "reproduce", "reports/other"), "README.md: was not made by")
    assert contents(other) == before


def test_reproduce_imports_neither_torch_nor_sklearn(study):
    write_runs(study, percent)
    code = (
        "import contextlib, sys\n"
        f"sys.argv = ['lowbit-sim', 'reproduce', {str(study)!r}]\n"
        "from lowbit_sim.cli import main\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "print(' '.join(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(done.stdout.splitlines()[-1].split())
    assert (study / "README.md").exists()
    assert "lowbit_sim.commands.reproduce" in modules
    assert modules & {"torch", "sklearn", "lowbit_sim.training"} == set()
