import safetensors
import torch
from safetensors.torch import load

from lowbit_sim.training.serialise import serialise

TENSORS = {"b": torch.arange(3.0), "a": torch.ones(2, 2, dtype=torch.bfloat16)}


def test_the_same_content_gives_the_same_bytes_whatever_its_order():
    about = dict.fromkeys("qwertyuiop", "x")
    backwards = dict(reversed(about.items()))
    assert serialise(TENSORS, about) == serialise(TENSORS, backwards)
    assert serialise(TENSORS, about) == serialise(dict(reversed(TENSORS.items())), about)


def test_the_file_is_a_valid_one(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(serialise(TENSORS, {"said": "that"}))
    found = load(path.read_bytes())
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())
    with safetensors.safe_open(path, framework="pt") as opened:
        assert opened.metadata() == {"said": "that"}
    assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0


def test_there_need_be_no_metadata():
    assert load(serialise(TENSORS, {})).keys() == TENSORS.keys()
