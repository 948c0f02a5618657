"""A network without weights is ranked by accuracies that others published, and says so."""

import csv
import json

import pytest
from process import ROOT, TERNARY, add_network, copied_house, edit, refused, within

NAME = "mobilellm_125m_decode"
MARK = "Accuracies are published, not measured."


@pytest.fixture
def house(tmp_path):
    """A copy of the machines, with a network and its published accuracies."""
    folder = copied_house(tmp_path)
    add_network(folder, NAME)
    return folder


def run(folder, *options):
    return within(folder, "run", f"workloads/{NAME}.yaml", TERNARY, *options)


def test_the_ranking_comes_out_and_is_marked_everywhere(house):
    done = run(house, "--csv", "out")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "take 16 levels (4 bit): 48.7 % published accuracy (0.2 point above fp32)" in said
    assert MARK in said
    assert "Accuracy: published, not measured: average of 8 zero-shot tasks" in said
    assert "facebookresearch/ParetoQ README.md at commit 655e338" in said
    assert "fp32 has the accuracy published for MobileLLM-ParetoQ-125M-BF16." in said
    assert "A format without a published accuracy cannot win: levels_5," in said
    with (house / "out/ranking.csv").open(newline="") as stream:
        rows = {row["weight_format"]: row for row in csv.DictReader(stream)}
    assert rows["levels_16"]["place"] == "1"
    assert {row["accuracy_origin"] for name, row in rows.items() if row["published_as"]} == {
        "published, not measured"
    }
    standings = {name: row["standing"] for name, row in rows.items()}
    assert standings["levels_5"] == standings["int8"] == "no accuracy"
    assert standings["levels_2"] == standings["levels_8"] == "less accurate"
    assert standings["fp32"] == "refused"
    # 48.5 - 43.7 point
    assert float(rows["levels_2"]["loss_against_fp32_fraction"]) == pytest.approx(0.048)
    manifest = json.loads((house / "out/manifest.json").read_text())
    assert any(path.endswith("published_accuracy.csv") for path in manifest["inputs_sha256"])


def test_a_wider_margin_lets_a_cheaper_format_win(house):
    # 3 levels lose 2.0 point, 4 levels 1.4, 2 levels 4.8
    said = " ".join(run(house, "--margin", "2").stdout.split())
    assert "take 3 levels (1.58 bit): 46.5 % published accuracy (2.0 point below fp32)" in said


def test_without_the_file_cost_alone_decides(house):
    (house / f"workloads/{NAME}/published_accuracy.csv").unlink()
    said = " ".join(run(house).stdout.split())
    assert "2 levels (1 bit) cost least" in said
    assert "published" not in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",levels_2,", ",levels_6,", ":2: weight_format: is no format of this workload"),
        ("0.437", "43.7", ":2: value_fraction: must lie between 0 and 1"),
        (",levels_3,", ",levels_2,", ":3: weight_format: this weight format stands twice"),
        (",fp32,", ",int8,", "has no row for fp32"),
        ("value_fraction", "value", ":1: the columns must be"),
    ],
)
def test_a_faulty_file_is_one_clear_error_and_nothing_is_written(house, old, new, told):
    table = house / f"workloads/{NAME}/published_accuracy.csv"
    edit(table, old, new)
    done = refused(run(house, "--csv", "out"), "published_accuracy.csv", told)
    assert done.stderr.count("error:") == 1
    assert not (house / "out").exists()


def test_the_shipped_file_belongs_to_its_workload():
    table = (ROOT / f"workloads/{NAME}/published_accuracy.csv").read_text()
    assert all(line.startswith(f"{NAME},") for line in table.splitlines()[1:])


def test_the_largest_fits_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = within(ROOT, "run", "workloads/mobilellm_1_5b_decode.yaml", TERNARY)
    table = done.stdout.partition("energy of one inference")[0].splitlines()
    assert not any("…" in line for line in table)
    assert max(map(len, table)) <= 80
    (row,) = (line for line in table if " levels_8 " in line)
    assert "62.9" in row
