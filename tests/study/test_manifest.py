import hashlib
import json

import pytest

from lowbit_sim import __version__
from lowbit_sim.errors import SpecError
from lowbit_sim.study.manifest import MANIFEST, file_sha256, manifest_text, read_manifest


def test_hashes_versions_seeds_and_command(tmp_path):
    given, made = tmp_path / "in.yaml", tmp_path / "cost.csv"
    given.write_text("a: 1\n")
    made.write_text("x\n")
    content = json.loads(manifest_text(["lowbit-sim", "run"], [given], [made], [2, 0, 1]))
    assert content["lowbit_sim"] == __version__
    assert content["command"] == ["lowbit-sim", "run"]
    assert content["training_seeds"] == [0, 1, 2]
    assert content["inputs_sha256"] == {given.as_posix(): hashlib.sha256(b"a: 1\n").hexdigest()}
    assert content["outputs_sha256"] == {"cost.csv": file_sha256(made)}
    assert {"numpy", "simpy"} <= content["packages"].keys()
    assert content["plug_ins"]["ternary_adder"] == "lowbit_sim.pe.ternary_adder:TernaryAdder"


def test_options_are_kept_and_all_of_it_is_read_back(tmp_path):
    options = {"engine": "closed_form", "formats": ["levels_5"]}
    text = manifest_text(["lowbit-sim", "run"], [], [], [], options)
    (tmp_path / MANIFEST).write_text(text)
    assert read_manifest(tmp_path / MANIFEST) == json.loads(text)
    assert json.loads(text)["options"] == options


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is damaged: no JSON"),
        ("[" * 100_000, "is damaged: no JSON"),
        ("[]", "must hold an object"),
        ('{"inputs_sha256": {}}', "outputs_sha256: is damaged: must map files to their hashes"),
        ('{"inputs_sha256": [], "outputs_sha256": {}}', "inputs_sha256: is damaged"),
        ('{"inputs_sha256": {"a": 1}, "outputs_sha256": {}}', "inputs_sha256: is damaged"),
        ('{"inputs_sha256": {}, "outputs_sha256": {"/etc/passwd": "1"}}', "lies beside"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path, text, said):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(SpecError, match=said):
        read_manifest(tmp_path / MANIFEST)


def test_a_manifest_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(SpecError, match="no such file: 'lowbit-sim run … --csv' writes it"):
        read_manifest(tmp_path / MANIFEST)
    (tmp_path / MANIFEST).write_bytes(b"\xff")
    with pytest.raises(SpecError, match="is damaged"):
        read_manifest(tmp_path / MANIFEST)
    with pytest.raises(SpecError, match="cannot be read"):
        read_manifest(tmp_path)
