"""`query` from the command line, on a store that holds two parts."""

import csv
import json

import numpy as np
import pytest
from process import refused, within

from lowbit_sim.explore.frames import parquet, read
from lowbit_sim.explore.store import Store


@pytest.fixture
def found(tmp_path):
    store = Store(tmp_path / "found", "key")
    for chunk in range(2):
        columns = {"design": 2 * chunk + np.arange(2), "area_um2": np.array([1.5, np.nan])}
        store.write(chunk, parquet(columns, {}))
    return store.folder


def test_the_answer_is_printed(found):
    done = within(
        found, "query", "select count(*) as n, sum(area_um2) as a from designs", "--in", "."
    )
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[1:4:2]] == [["n", "a"], ["4", "3"]]


def test_as_json(found):
    sql = "select design, area_um2 from designs where design > 1 order by design"
    done = within(found, "query", sql, "--in", ".", "--json")
    assert json.loads(done.stdout) == [
        {"design": 2, "area_um2": 1.5},
        {"design": 3, "area_um2": None},
    ]


def test_no_number_is_null_in_json(found):
    sql = "select cast('nan' as double) as a, cast('inf' as double) as b, 1.5::double as c"
    done = within(found, "query", sql, "--in", ".", "--json")
    assert json.loads(done.stdout) == [{"a": None, "b": None, "c": 1.5}]


def test_rows_that_are_too_wide_stand_upright(found, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    sql = f"select design, {', '.join(f'7 as a_long_name_{i}' for i in range(9))} from designs"
    lines = within(found, "query", f"{sql} order by design", "--in", ".").stdout.splitlines()
    cells = [line.split() for line in lines]
    assert cells.count(["a_long_name_8", "7"]) == 4
    assert [value for name, *value in filter(None, cells) if name == "design"] == [
        *(["0"], ["1"], ["2"], ["3"])
    ]


def test_results_of_a_search_are_asked_too(found):
    for path in (found / "parts").iterdir():
        path.unlink()
    (found / "confirmed.parquet").write_bytes(parquet({"design": np.arange(5)}, {}))
    done = within(found, "query", "select max(design) from confirmed", "--in", ".", "--json")
    assert json.loads(done.stdout) == [{"max(design)": 4}]


def test_as_csv_and_parquet(found):
    sql = "select design from designs order by design desc"
    for name in ("a.csv", "a.parquet"):
        assert within(found, "query", sql, "--in", ".", "--to", name).returncode == 0
    assert [
        row["design"] for row in csv.DictReader((found / "a.csv").read_text().splitlines())
    ] == list("3210")
    assert read(found / "a.parquet")["design"].tolist() == [3, 2, 1, 0]


def test_what_is_refused(found, tmp_path):
    refused(within(found, "query", "select x from designs", "--in", "."), "x")
    fails = "select cast('a' as int) from designs"
    refused(within(found, "query", fails, "--in", "."), "the query fails")
    refused(
        within(found, "query", "select 1", "--in", str(tmp_path / "none")), "lowbit-sim explore"
    )
    to = ("--to", "a.txt")
    refused(within(found, "query", "select 1", "--in", ".", *to), ".csv or .parquet")
