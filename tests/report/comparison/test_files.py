import hashlib
import json

from made_judgement import judgement

from lowbit_sim.report.comparison.files import comparison_files, inputs_sha256, remembered_files


def made(tmp_path):
    folder = tmp_path / "made_up"
    folder.mkdir(exist_ok=True)
    (folder / "study.yaml").write_text("name: made_up\n", encoding="utf-8")
    return judgement(folder=folder)


def test_the_page_first_the_manifest_last_and_the_same_every_time(tmp_path):
    found = comparison_files(made(tmp_path))
    assert next(iter(found)) == "README.md"
    assert list(found)[-1] == "manifest.json"
    assert {"candidates.csv", "verdicts.csv", "sensitivities.csv", "tables.tex"} < found.keys()
    assert {"index.html", "pareto.svg"} < found.keys()
    assert "](pareto.svg)" in found["README.md"]
    assert comparison_files(made(tmp_path)) == found


def test_without_matplotlib_there_are_no_figures_and_no_links_to_them(tmp_path):
    found = comparison_files(made(tmp_path), drawn=False)
    assert not [name for name in found if name.endswith(".svg")]
    assert ".svg" not in found["README.md"]


def test_the_manifest_holds_the_hash_of_every_file(tmp_path):
    found = comparison_files(made(tmp_path))
    manifest = json.loads(found["manifest.json"])
    outputs = {
        name: hashlib.sha256(text.encode()).hexdigest()
        for name, text in found.items()
        if name != "manifest.json"
    }
    assert manifest["outputs_sha256"] == outputs
    assert list(manifest["inputs_sha256"]) == ["study.yaml"]
    assert manifest["training_seeds"] == [0, 1, 2]
    assert str(tmp_path) not in found["manifest.json"]


def test_inputs_are_named_from_the_studys_folder(tmp_path):
    digest = hashlib.sha256(b"name: made_up\n").hexdigest()
    assert inputs_sha256(made(tmp_path)) == {"study.yaml": digest}


def test_remembered_they_are_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "cache"))
    once = remembered_files(made(tmp_path), drawn=False)
    assert once == comparison_files(made(tmp_path), drawn=False)
    assert remembered_files(made(tmp_path), drawn=False) == once
    (tmp_path / "made_up" / "study.yaml").write_text("name: other\n", encoding="utf-8")
    assert len(list((tmp_path / "cache").iterdir())) == 1
    changed = remembered_files(made_again(tmp_path), drawn=False)
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert changed["manifest.json"] != once["manifest.json"]


def made_again(tmp_path):
    return judgement(folder=tmp_path / "made_up")
