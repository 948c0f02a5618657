import hashlib
import json

from lowbit_sim import __version__
from lowbit_sim.study.manifest import file_sha256, manifest_text


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
