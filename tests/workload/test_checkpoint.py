import json

import numpy as np
import pytest
from safetensors.numpy import save

from lowbit_sim.errors import SpecError
from lowbit_sim.workload.checkpoint import content_sha256, load_packed, plain_tensors

ABOUT = {
    "workload": "tiny",
    "weight_format": "levels_3",
    "seed": "7",
    "spec_hash": "ab" * 32,
    "packing": "word_8",
    "packed_tensors": json.dumps(
        {"body.weight": {"format": "levels_3", "shape": [2, 3], "step": "body.weight_step"}}
    ),
}
#: levels 1 0 -1 / 1 1 0 are codes 2 1 0 2 2 | 1, five ternary digits a byte, the lowest first:
#: 2 + 1*3 + 0*9 + 2*27 + 2*81 = 221, and 1
TENSORS = {
    "body.weight": np.array([221, 1], np.uint8),
    "body.weight_step": np.array([[0.5], [2.0]], np.float32),
    "body.bias": np.array([0.25, -1.0], np.float32),
}


def stored(directory, tensors=TENSORS, about=ABOUT, **changes):
    about = about | changes
    sha256 = content_sha256(plain_tensors(save(tensors)), about)
    path = directory / "levels_3.safetensors"
    path.write_bytes(save(tensors, {"sha256": sha256} | about))
    return path


def fault(path, spec_hash=None):
    with pytest.raises(SpecError) as caught:
        load_packed(path, spec_hash)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_checkpoint_packed_by_hand_is_read(tmp_path):
    checkpoint = load_packed(stored(tmp_path), "ab" * 32)
    assert (checkpoint.workload, checkpoint.weight_format, checkpoint.seed) == (
        "tiny", "levels_3", 7,
    )  # fmt: skip
    weight = checkpoint.packed["body.weight"]
    assert weight.levels.tolist() == [[1, 0, -1], [1, 1, 0]]
    assert weight.values.tolist() == [[0.5, 0.0, -0.5], [2.0, 2.0, 0.0]]
    assert weight.values.dtype == np.float32
    assert checkpoint.tensors["body.bias"].tolist() == [0.25, -1.0]
    assert set(checkpoint.tensors) == {"body.bias", "body.weight_step"}


def test_bf16_is_widened_without_loss(tmp_path):
    path = stored(tmp_path, {"w": np.zeros(3, np.uint16)}, packed_tensors="{}")
    raw = path.read_bytes().replace(b'"U16"', b'"BF16"')  # safetensors for numpy writes no bf16
    header_bytes = int.from_bytes(raw[:8], "little") + 1
    half = np.array([0x3F80, 0xC040, 0x3F81], "<u2")  # 1, -3, 1 + 2^-7
    raw = header_bytes.to_bytes(8, "little") + raw[8:-6] + half.tobytes()
    about = ABOUT | {"packed_tensors": "{}"}
    old = content_sha256(plain_tensors(save({"w": np.zeros(3, np.uint16)})), about)
    path.write_bytes(raw.replace(old.encode(), content_sha256(plain_tensors(raw), about).encode()))
    assert load_packed(path).tensors["w"].tolist() == [1.0, -3.0, 1 + 2**-7]


def test_a_missing_file_says_what_to_do(tmp_path):
    assert "train this workload first" in fault(tmp_path / "levels_3.safetensors")


def test_a_file_cut_anywhere_is_refused(tmp_path):
    path = stored(tmp_path)
    raw = path.read_bytes()
    for length in range(len(raw)):
        path.write_bytes(raw[:length])
        assert "is no whole checkpoint" in fault(path)


def test_a_byte_changed_anywhere_is_refused(tmp_path):
    path = stored(tmp_path)
    raw = path.read_bytes()
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 0x01
        path.write_bytes(changed)
        fault(path)


def test_a_changed_weight_is_called_altered(tmp_path):
    path = stored(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(221)] = 220
    path.write_bytes(raw)
    assert "has been altered" in fault(path)


def test_another_recipe_is_refused(tmp_path):
    told = fault(stored(tmp_path), "cd" * 32)
    assert "spec_hash abababababab, not cdcdcdcdcdcd" in told


def test_any_other_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "levels_3.safetensors"
    path.write_bytes(save(TENSORS))
    assert "is no" in fault(path)
    path.write_bytes(save(TENSORS, {"made by": "somebody"}))
    assert "is no checkpoint of lowbit-sim" in fault(path)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [([2, 6], "stream of 3 byte"), ([2, 2], "stream of 1 byte"), ([5, 1], "stream of 1 byte")],
)
def test_a_shape_that_the_stream_does_not_fill_is_refused(tmp_path, shape, reason):
    about = {"body.weight": {"format": "levels_3", "shape": shape, "step": "body.weight_step"}}
    assert reason in fault(stored(tmp_path, packed_tensors=json.dumps(about)))


def test_a_word_that_no_codes_give_is_refused(tmp_path):
    tensors = TENSORS | {"body.weight": np.array([243, 1], np.uint8)}
    assert "is not below 3**5" in fault(stored(tmp_path, tensors))


@pytest.mark.parametrize(
    "changes",
    [
        {"packing": "word_7"},
        {"seed": "first"},
        {"packed_tensors": "[]"},
        {"packed_tensors": '{"body.weight": {}}'},
        {"packed_tensors": '{"elsewhere": {"format": "levels_3", "shape": [1], "step": "x"}}'},
        {
            "packed_tensors": (
                '{"body.weight": {"format": "levels_6", "shape": [2, 3], "step": "body.bias"}}'
            )
        },
        {"packed_tensors": "not JSON"},
    ],
)
def test_metadata_that_make_no_sense_are_refused(tmp_path, changes):
    fault(stored(tmp_path, **changes))


def test_a_tensor_of_another_kind_is_refused(tmp_path):
    tensors = TENSORS | {"body.bias": np.array([1.0])}
    assert "F64" in fault(stored(tmp_path, tensors))
