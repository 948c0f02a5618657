import ast
import csv
import dataclasses
import subprocess
import sys

import pytest
from made import refused, result, study
from process import ROOT, TERNARY, VIT, within

import lowbit_sim
from lowbit_sim.api import Result
from lowbit_sim.errors import LowbitSimError, SpecError
from lowbit_sim.study.ranking import rank

PACKAGE = ROOT / "lowbit_sim"
TABLES = ("cost", "layers", "ranking")


@pytest.fixture(scope="module")
def found():
    return lowbit_sim.run(ROOT / VIT, ROOT / TERNARY, formats=["levels_5", "levels_3"])


def made_result(*results):
    given = results or (
        result("levels_3", (98, 97.5), 20, {"dram": 10.0}),
        refused("fp32", (98, 98)),
    )
    return Result(rank(study(*given), 0.005))


def test_importing_the_package_imports_nothing_else():
    code = "import lowbit_sim, sys; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    assert "lowbit_sim" in modules
    heavy = {"numpy", "rich", "torch", "pydantic", "typer", "yaml", "pandas", "polars"}
    assert modules & heavy == set()
    assert {name for name in modules if name.startswith("lowbit_sim.")} == set()


def test_what_the_package_offers():
    assert {"run", "Result", "__version__"} <= set(dir(lowbit_sim))
    assert lowbit_sim.Result is Result
    with pytest.raises(AttributeError, match="'lowbit_sim' has no attribute 'rum'"):
        _ = lowbit_sim.rum


def test_type_checkers_are_told_the_same():
    names = [
        ast.literal_eval(node.value)
        for node in ast.parse((PACKAGE / "__init__.pyi").read_text()).body
        if isinstance(node, ast.Assign)
    ]
    assert names == [lowbit_sim.__all__]


def test_the_rows_are_those_of_the_commands_csv_files(found, tmp_path):
    formats = ("-f", "levels_5", "-f", "levels_3")
    done = within(ROOT, "run", VIT, TERNARY, *formats, "--csv", tmp_path)
    assert done.returncode == 0, done.stderr
    for table in TABLES:
        with (tmp_path / f"{table}.csv").open(newline="") as stream:
            written = list(csv.DictReader(stream))
        rows = found.rows(table)
        assert [list(row) for row in rows] == [list(row) for row in written]
        words = [{n: "" if c is None else str(c) for n, c in row.items()} for row in rows]
        assert words == written


def test_every_cell_is_plain(found):
    kinds = {type(cell) for table in TABLES for row in found.rows(table) for cell in row.values()}
    assert kinds == {int, float, str, type(None)}


def test_names_stand_for_the_files_of_the_current_directory(monkeypatch):
    monkeypatch.chdir(ROOT)
    by_name = lowbit_sim.run("vit_digits", "ternary_pe", formats="levels_5")
    by_path = lowbit_sim.run(VIT, TERNARY, formats=["levels_5"])
    assert by_name.rows("layers") == by_path.rows("layers")
    assert [r.result.weight_format for r in by_name.formats] == ["levels_5", "fp32"]


def test_it_says_what_the_command_says(found):
    done = within(ROOT, "run", VIT, TERNARY, "-f", "levels_5", "-f", "levels_3")
    said = " ".join(done.stdout.split())
    assert str(found) in said
    assert str(found).startswith("For vit_digits on ternary_pe, take ")


def test_formats_layers_and_the_winner(found):
    assert found.winner is found.formats[0]
    assert {r.result.weight_format for r in found.formats} == {"levels_3", "levels_5", "fp32"}
    assert set(found.layers) == {"levels_3", "levels_5"}
    for name, layers in found.layers.items():
        rows = [row for row in found.rows("layers") if row["weight_format"] == name]
        assert [row["layer"] for row in rows] == [layer.mapped.op.name for layer in layers]


def test_it_cannot_be_changed(found):
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.ranking = None
    with pytest.raises(TypeError):
        found.layers["levels_5"] = ()


def test_its_short_form_names_the_best():
    assert repr(made_result()) == "<toy on ternary_pe: 2 formats, best levels_3>"
    worse = made_result(result("levels_3", (90, 90), 20, {"dram": 1.0}), refused("fp32", (98, 98)))
    assert repr(worse) == "<toy on ternary_pe: 2 formats, none eligible>"
    assert worse.winner is None


def test_frames_hold_the_rows(found):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for table in TABLES:
        rows = found.rows(table)
        assert found.to_polars(table).rows(named=True) == rows
        frame = found.to_pandas(table)
        assert list(frame.columns) == list(rows[0])
        empty = frame.astype(object).where(frame.notna(), None)
        assert empty.to_dict("records") == rows
        assert isinstance(frame, pandas.DataFrame)
        assert isinstance(found.to_polars(table), polars.DataFrame)


def test_a_notebook_gets_the_table(found):
    assert str(found) in found._repr_html_()
    assert "<table>" in found._repr_html_()


def test_every_option_is_the_commands(monkeypatch):
    monkeypatch.chdir(ROOT)
    options = {
        "formats": ["levels_5"],
        "engine": "event_driven",
        "objective": "energy",
        "margin_points": 2,
        "technologies": ["nangate45_rtl", "cmos_45nm"],
    }
    found = lowbit_sim.run("vit_digits", "ternary_pe", **options)
    assert {row["engine"] for row in found.rows("cost")} == {"event_driven"}
    assert found.ranking.study.objective == "energy"
    assert found.ranking.margin_fraction == 0.02
    assert found.ranking.study.pricing.technology.name == "nangate45_rtl"
    (other,) = found.elsewhere
    assert other.study.pricing.technology.name == "cmos_45nm"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"workload": "vti_digits"}, "did you mean 'vit_digits.yaml'"),
        ({"arch": "ternary"}, "ternary_pe.yaml"),
        ({"formats": ["levels_6"]}, "is no format of this workload"),
        ({"engine": "closed"}, "engine: is not known; did you mean 'closed_form'"),
        ({"objective": "area"}, "objective: is not known; allowed: cycles, edp, energy"),
        ({"margin_points": -1}, "margin_points: must lie between 0 and 100 point"),
        ({"margin_points": float("nan")}, "must lie between 0 and 100 point"),
        ({"technologies": "cmos_54nm"}, "did you mean 'cmos_45nm'"),
        ({"formats": "fp32"}, "cannot run fp32"),
        ({"workload": TERNARY}, "here belongs the workload"),
    ],
)
def test_bad_input_is_told_as_by_the_command(monkeypatch, change, said):
    monkeypatch.chdir(ROOT)
    with pytest.raises(LowbitSimError) as error:
        lowbit_sim.run(**{"workload": "vit_digits", "arch": "ternary_pe", **change})
    assert said in str(error.value)


def test_a_table_that_is_not_there():
    for ask in (Result.rows, Result.to_pandas, Result.to_polars):
        with pytest.raises(SpecError, match="did you mean 'layers'"):
            ask(made_result(), "layer")
