import hashlib
import json

from made_judgement import judgement

from lowbit_sim.report.comparison.files import comparison_files, inputs_sha256


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
