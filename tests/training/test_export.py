import pytest
import torch

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.training.export import export_packed, load_model, model_of
from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.training.trainer import count_correct, finetune, pretrain, restored
from lowbit_sim.workload.checkpoint import load_packed, plain_tensors
from lowbit_sim.workload.spec import spec_hash


def trained(spec, split, weight_format):
    pretrained = pretrain(spec, split, 0, lambda: None)
    return finetune(spec, split, weight_format, 0, pretrained, lambda: None)


@pytest.mark.parametrize(
    ("family", "weight_format"),
    [("fcnn", name) for name in FORMATS]
    + [(family, name) for family in ("cvnn", "vit") for name in ("levels_5", "bf16", "fp32")],
)
def test_what_is_read_back_computes_the_very_same(
    make_spec, split, tmp_path, family, weight_format
):
    spec = make_spec(family, pretrain_epochs=1)
    state = trained(spec, split, weight_format)
    path = tmp_path / "x.safetensors"
    export_packed(path, spec, weight_format, 0, state)
    before, after = restored(spec, weight_format, state), load_model(path, spec)
    with torch.no_grad():
        assert torch.equal(before(split.test_images), after(split.test_images))
    assert count_correct(before, split) == count_correct(after, split)


def test_stored_codes_are_the_levels_that_the_network_computes_with(make_spec, split, tmp_path):
    spec = make_spec("cvnn", pretrain_epochs=1)
    state = trained(spec, split, "levels_7_pow2")
    path = tmp_path / "x.safetensors"
    export_packed(path, spec, "levels_7_pow2", 3, state)
    checkpoint = load_packed(path, spec_hash(spec))
    assert (checkpoint.weight_format, checkpoint.seed) == ("levels_7_pow2", 3)
    seen = {}
    for name, layer in restored(spec, "levels_7_pow2", state).named_modules():
        if isinstance(layer, QuantisedWeight):
            packed = checkpoint.packed[f"{name}.weight"]
            seen[name] = packed.format.name
            assert packed.values.tolist() == layer.rounded_weight().tolist()
    assert list(seen.values()) == ["int8", "levels_7_pow2", "int8"]


def test_low_bit_weights_take_exactly_their_stored_bits(make_spec, split, tmp_path):
    spec = make_spec("fcnn", pretrain_epochs=1)
    path = tmp_path / "x.safetensors"
    export_packed(path, spec, "levels_5", 0, trained(spec, split, "levels_5"))
    tensors = plain_tensors(path.read_bytes())
    # 64*12 weights in words of 27, and 12*10 weights of a byte each
    assert len(tensors["1.weight"]["data"]) == 8 * -(-64 * 12 // 27)
    assert 8 * len(tensors["1.weight"]["data"]) == stored_bits(FORMATS["levels_5"], "word_64", 768)
    assert len(tensors["3.weight"]["data"]) == 120
    assert tensors["1.bias"]["dtype"] == "F32"


def test_bf16_weights_are_stored_as_bf16_and_nothing_else_is(make_spec, split, tmp_path):
    spec = make_spec("cvnn", pretrain_epochs=1)
    path = tmp_path / "x.safetensors"
    export_packed(path, spec, "bf16", 0, trained(spec, split, "bf16"))
    dtypes = {name: entry["dtype"] for name, entry in plain_tensors(path.read_bytes()).items()}
    assert {name for name, dtype in dtypes.items() if dtype == "BF16"} == {
        "0.weight", "4.weight", "9.weight",
    }  # fmt: skip
    assert "1.running_var" in dtypes
    assert not any(name.endswith("num_batches_tracked") for name in dtypes)


def test_the_same_state_gives_the_same_file(make_spec, split, tmp_path):
    spec = make_spec("fcnn", pretrain_epochs=1)
    state = trained(spec, split, "levels_9")
    for name in ("one", "other"):
        export_packed(tmp_path / name, spec, "levels_9", 0, state)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_checkpoint_of_another_network_is_refused(make_spec, split, tmp_path):
    spec = make_spec("fcnn", pretrain_epochs=1)
    path = tmp_path / "x.safetensors"
    export_packed(path, spec, "levels_3", 0, trained(spec, split, "levels_3"))
    with pytest.raises(SpecError, match="does not fit the network at"):
        model_of(load_packed(path), make_spec("vit"))
    with pytest.raises(SpecError, match="trained by another recipe"):
        load_model(path, make_spec("fcnn", weight_decay=0.5))
