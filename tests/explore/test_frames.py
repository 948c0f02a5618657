import sys

import numpy as np
import pytest

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.explore.frames import MissingPackageError, asked, needs, parquet, read, told_by

COLUMNS = {
    "design": np.array([0, 1, 2]),
    "workload": np.array(["vit", "vit", "cvnn"], object),
    "area_um2": np.array([1.5, np.nan, 1e9]),
    "concurrent": np.array([True, False, True], object),
}


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "x.parquet"
    found.write_bytes(parquet(COLUMNS, {"evaluations": "7"}))
    return found


def test_what_is_written_is_read(path):
    found = read(path)
    assert [*found] == [*COLUMNS]
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(found[name], values)
    assert found["design"].dtype == np.int64
    assert found["area_um2"].dtype == np.float64


def test_columns_by_name(path):
    assert [*read(path, ["area_um2", "design"])] == ["area_um2", "design"]


def test_a_file_says_of_itself_what_it_was_told(path):
    assert told_by(path)["evaluations"] == "7"


def test_what_is_no_number_is_empty(path):
    sql = "select design, area_um2 is null, count(area_um2) over () from t order by design"
    assert asked(sql, {"t": [path]}).fetchall() == [(0, False, 2), (1, True, 2), (2, False, 2)]


def test_the_same_table_is_the_same_bytes(path):
    again = {name: values.copy() for name, values in COLUMNS.items()}
    assert parquet(again, {"evaluations": "7"}) == path.read_bytes()
    again["design"][0] = 5
    assert parquet(again, {"evaluations": "7"}) != path.read_bytes()


def test_a_table_without_rows(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet({"design": np.empty(0, np.int64), "a": np.empty(0)}, {}))
    assert {name: len(values) for name, values in read(path).items()} == {"design": 0, "a": 0}


def test_tables_of_several_files_are_asked_together(path):
    found = asked(
        "select workload, count(*) as n, max(designs.area_um2) as most from designs join other "
        "using (workload) group by all order by workload",
        {"designs": [path, path], "other": [path]},
    )
    assert found.columns == ["workload", "n", "most"]
    assert found.fetchall() == [("cvnn", 2, 1e9), ("vit", 8, 1.5)]


@pytest.mark.parametrize(
    "sql", ["from t", "with a as (from t) select design from a", "summarize t", "show tables"]
)
def test_whatever_returns_a_table_is_a_question(path, sql):
    assert asked(sql, {"t": [path]}).fetchall()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select nothing from t", 'Referenced column "nothing" not found'),
        ("select * from designs", "Table with name designs does not exist"),
        ("selekt 1", "syntax error"),
    ],
)
def test_a_wrong_query_is_told_in_words(path, sql, told):
    with pytest.raises(LowbitSimError, match=r"^the query is refused: ") as caught:
        asked(sql, {"t": [path]})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "create table x as select 1",
        "drop view t",
        "copy (from t) to '{folder}/copy.csv'",
        "attach '{folder}/copy.db'",
        "from t; copy (from t) to '{folder}/copy.csv'",
        "copy (from t) to '{folder}/copy.csv'; from t",
        "set threads = 1",
    ],
)
def test_a_statement_that_is_no_select_is_not_carried_out(path, sql):
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    with pytest.raises(LowbitSimError, match="it must be one select"):
        asked(sql.format(folder=path.parent), {"t": [path]})
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before


def test_without_a_package_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingPackageError) as caught:
        parquet(COLUMNS, {})
    assert str(caught.value) == "needs polars: pip install 'lowbit-sim[explore]'"
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingPackageError) as caught:
        asked("select 1", {})
    assert str(caught.value) == "needs duckdb: pip install 'lowbit-sim[explore]'"


def test_what_is_told_names_the_extra():
    error = ModuleNotFoundError("No module named 'optuna'", name="optuna")
    assert str(needs(error)) == "needs optuna: pip install 'lowbit-sim[explore]'"
    assert str(needs(error, "cluster")) == "needs optuna: pip install 'lowbit-sim[cluster]'"
