import pytest
import torch

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.training.export import load_model, model_of, packed_checkpoint, restamped
from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.training.measuring import count_correct
from lowbit_sim.training.trainer import restored
from lowbit_sim.workload.checkpoint import load_packed, plain_tensors
from lowbit_sim.workload.spec import spec_hash


@pytest.fixture
def trained(run):
    return lambda spec, weight_format: run(spec, weight_format).state


@pytest.mark.parametrize(
    ("family", "weight_format"),
    [("fcnn", name) for name in FORMATS]
    + [(family, name) for family in ("cvnn", "vit") for name in ("levels_5", "bf16", "fp32")],
)
def test_what_is_read_back_computes_the_very_same(
    make_spec, trained, split, tmp_path, family, weight_format
):
    spec = make_spec(family, pretraining={"epochs": 1})
    state = trained(spec, weight_format)
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, weight_format, 0, state))
    before, after = restored(spec, weight_format, state), load_model(path, spec)
    with torch.no_grad():
        assert torch.equal(before(split.test.images()), after(split.test.images()))
    assert count_correct(before, split.test) == count_correct(after, split.test)


def test_stored_codes_are_the_levels_that_the_network_computes_with(make_spec, trained, tmp_path):
    spec = make_spec("cvnn", pretraining={"epochs": 1})
    state = trained(spec, "levels_7_pow2")
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, "levels_7_pow2", 3, state))
    checkpoint = load_packed(path, spec_hash(spec))
    assert (checkpoint.weight_format, checkpoint.seed) == ("levels_7_pow2", 3)
    seen = {}
    for name, layer in restored(spec, "levels_7_pow2", state).named_modules():
        if isinstance(layer, QuantisedWeight):
            packed = checkpoint.packed[f"{name}.weight"]
            seen[name] = packed.format.name
            assert packed.values.tolist() == layer.rounded_weight().tolist()
    assert list(seen.values()) == ["int8", "levels_7_pow2", "int8"]


def test_low_bit_weights_take_exactly_their_stored_bits(make_spec, trained, tmp_path):
    spec = make_spec("fcnn", pretraining={"epochs": 1})
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, "levels_5", 0, trained(spec, "levels_5")))
    tensors = plain_tensors(path.read_bytes())
    # 64*12 weights in words of 27, and 12*10 weights of a byte each
    assert len(tensors["1.weight"]["data"]) == 8 * -(-64 * 12 // 27)
    assert 8 * len(tensors["1.weight"]["data"]) == stored_bits(FORMATS["levels_5"], "word_64", 768)
    assert len(tensors["3.weight"]["data"]) == 120
    assert tensors["1.bias"]["dtype"] == "F32"


def test_bf16_weights_are_stored_as_bf16_and_nothing_else_is(make_spec, trained, tmp_path):
    spec = make_spec("cvnn", pretraining={"epochs": 1})
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, "bf16", 0, trained(spec, "bf16")))
    dtypes = {name: entry["dtype"] for name, entry in plain_tensors(path.read_bytes()).items()}
    assert {name for name, dtype in dtypes.items() if dtype == "BF16"} == {
        "0.weight", "4.weight", "9.weight",
    }  # fmt: skip
    assert "1.running_var" in dtypes
    assert not any(name.endswith("num_batches_tracked") for name in dtypes)


def test_the_same_state_gives_the_same_file(make_spec, trained, tmp_path):
    spec = make_spec("fcnn", pretraining={"epochs": 1})
    state = trained(spec, "levels_9")
    for name in ("one", "other"):
        (tmp_path / name).write_bytes(packed_checkpoint(spec, "levels_9", 0, state))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_checkpoint_of_another_network_is_refused(make_spec, trained, tmp_path):
    spec = make_spec("fcnn", pretraining={"epochs": 1})
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, "levels_3", 0, trained(spec, "levels_3")))
    with pytest.raises(SpecError, match="does not fit the network at"):
        model_of(load_packed(path), make_spec("vit"))
    with pytest.raises(SpecError, match="trained by another recipe"):
        load_model(path, make_spec("fcnn", weight_decay=0.5))


def test_a_checkpoint_can_be_that_of_another_file_that_trains_the_same(
    make_spec, trained, tmp_path
):
    spec = make_spec("fcnn", pretraining={"epochs": 1})
    raw = packed_checkpoint(spec, "levels_3", 2, trained(spec, "levels_3"))
    renamed = spec.model_copy(update={"name": "other"})
    path = tmp_path / "x.safetensors"
    path.write_bytes(restamped(raw, renamed))
    checkpoint = load_packed(path, spec_hash(renamed))
    assert (checkpoint.workload, checkpoint.seed) == ("other", 2)
    assert restamped(path.read_bytes(), spec) == raw


@pytest.mark.parametrize("source", ["learned", "absmean", "statistics"])
def test_one_step_for_the_tensor_is_stored_for_every_channel(
    make_spec, trained, split, tmp_path, source
):
    knobs = {"step": source, "granularity": "tensor"}
    spec = make_spec("cvnn", pretraining={"epochs": 1}, quantiser=knobs)
    state = trained(spec, "levels_5")
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, "levels_5", 0, state))
    step = load_packed(path).packed["4.weight"].step
    assert step.shape == (6, 1, 1, 1)
    assert len(set(step.flatten().tolist())) == 1
    before, after = restored(spec, "levels_5", state), load_model(path, spec)
    with torch.no_grad():
        assert torch.equal(before(split.test.images()), after(split.test.images()))


def test_a_network_of_mixed_formats_is_packed_and_read_back(make_spec, trained, split, tmp_path):
    plain = make_spec("cvnn", pretraining={"epochs": 1})
    own = {"layer_formats": {"0": "levels_5", "9": "levels_2"}}
    quantisation = plain.quantisation.model_copy(update=own)
    spec = plain.model_copy(update={"quantisation": quantisation})
    state = trained(spec, "levels_3")
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed_checkpoint(spec, "levels_3", 0, state))
    packed = load_packed(path, spec_hash(spec)).packed
    formats = {name: one.format.name for name, one in packed.items()}
    assert formats == {"0.weight": "levels_5", "4.weight": "levels_3", "9.weight": "levels_2"}
    before, after = restored(spec, "levels_3", state), load_model(path, spec)
    with torch.no_grad():
        assert torch.equal(before(split.test.images()), after(split.test.images()))
    with pytest.raises(SpecError, match="another recipe"):
        load_model(path, plain)
