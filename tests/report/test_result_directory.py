import json

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.report.result_directory import read_results, read_table
from lowbit_sim.study.manifest import manifest_text


def made(folder, **tables):
    """Write CSV files and their manifest into `folder`."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{name}.csv" for name in tables]
    for path, text in zip(paths, tables.values(), strict=True):
        path.write_text(text)
    (folder / "manifest.json").write_text(manifest_text(["lowbit-sim"], [], paths, []))
    return folder


COST = "workload,weight_format,energy_pj\nvit,levels_3,1.5\nvit,levels_5,2.5\n"


def test_rows_are_found_by_their_keys(tmp_path):
    table = read_results(made(tmp_path / "a", cost=COST)).tables["cost.csv"]
    assert table.columns == ("energy_pj",)
    three, five = ((("workload", "vit"), ("weight_format", f"levels_{n}")) for n in (3, 5))
    assert {key: row["energy_pj"] for key, row in table.rows.items()} == {three: "1.5", five: "2.5"}


def test_rows_of_the_same_keys_or_none_are_told_apart_by_their_turn(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("layer,n\nfc,1\nfc,2\n")
    assert [row["n"] for row in read_table(path).rows.values()] == ["1", "2"]
    path.write_text("n\n1\n2\n")
    rows = read_table(path).rows
    assert {key: row["n"] for key, row in rows.items()} == {
        (("row", "1"),): "1",
        (("row", "2"),): "2",
    }


def test_an_edited_file_is_told(tmp_path):
    folder = made(tmp_path / "a", cost=COST, layers="layer,n\n")
    assert read_results(folder).edited == ()
    (folder / "cost.csv").write_text(COST.replace("2.5", "2.6"))
    assert read_results(folder).edited == (folder / "cost.csv",)


def test_a_study_has_its_yaml_for_a_manifest(tmp_path):
    (tmp_path / "study.yaml").write_text("arms: []\n")
    (tmp_path / "runs.csv").write_text("arm,seed,correct\na,0,7\n")
    found = read_results(tmp_path)
    assert set(found.tables) == {"runs.csv"}
    assert set(found.manifest["inputs_sha256"]) == {"study.yaml"}
    assert found.edited == ()


def test_a_directory_without_results_is_refused(tmp_path):
    with pytest.raises(SpecError, match="is no directory of results"):
        read_results(tmp_path / "none")
    with pytest.raises(SpecError, match=r"manifest\.json: no such file"):
        read_results(tmp_path)
    with pytest.raises(SpecError, match="holds no CSV file"):
        read_results(made(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a,b\n1,2\n1\n", r"cost\.csv:3: is damaged: 1 cells under 2 columns"),
        (b"a,a\n1,2\n", r"cost\.csv:1: is damaged: a column stands twice"),
        (b"a\n\xff\n", "is damaged: no CSV"),
        (b'a\n"1\n', "is damaged: no CSV"),
        (b"", "is damaged: it is empty"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path, text, said):
    folder = made(tmp_path / "a", cost=COST)
    (folder / "cost.csv").write_bytes(text)
    with pytest.raises(SpecError, match=said):
        read_results(folder)


def test_a_table_that_is_gone_is_refused(tmp_path):
    folder = made(tmp_path / "a", cost=COST)
    (folder / "cost.csv").unlink()
    with pytest.raises(SpecError, match="is missing, but the manifest names it"):
        read_results(folder)


def test_no_file_outside_the_directory_is_read(tmp_path):
    folder = made(tmp_path / "a", cost=COST)
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    content["outputs_sha256"] = {"../b.csv": "0"}
    path.write_text(json.dumps(content))
    with pytest.raises(SpecError, match="an output lies beside the manifest"):
        read_results(folder)
