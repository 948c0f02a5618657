import io
from pathlib import Path

import numpy as np
import pytest

from lowbit_sim.data.npz import labels_of, read_npz
from lowbit_sim.errors import SpecError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "some.npz"
    np.savez_compressed(path, a=np.arange(1000), b=np.zeros((2, 2), np.uint8))
    return path


def reason_for(path, *names):
    with pytest.raises(SpecError) as caught:
        read_npz(path, *names)
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].file == path
    return str(caught.value).removeprefix(f"{path}: ")


def test_arrays_come_as_they_were_written(path):
    found = read_npz(path, ("a",), ("b", "c"))
    assert found.keys() == {"a", "b"}
    assert found["a"].tolist() == list(range(1000))
    assert found["b"].dtype == np.uint8


def test_an_array_that_is_missing_is_named_with_those_that_are_there(path):
    assert reason_for(path, ("a", "c"), ("b",)) == "c: is missing; the file holds a, b"


def test_an_array_of_another_name_is_named_with_the_nearest(path):
    reason = reason_for(path, ("a",), ("bb",))
    assert reason == "b: is no known array; did you mean 'bb'? allowed: a, bb"


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert reason_for(tmp_path / "gone.npz", ()) == "no such file"
    assert reason_for(tmp_path, ()) == "cannot be read: Is a directory"


def test_what_is_no_npz_file_is_refused(tmp_path):
    plain = tmp_path / "plain.npz"
    for content in (b"", b"text", npy(np.zeros(3))):
        plain.write_bytes(content)
        assert reason_for(plain, ("a",)) == "is no .npz file, or is cut short"


def test_a_file_cut_short_is_refused(path):
    path.write_bytes(path.read_bytes()[:-30])
    assert reason_for(path, ("a",)) == "is no .npz file, or is cut short"


def test_a_flipped_byte_is_noticed(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 4] ^= 0xFF
    path.write_bytes(raw)
    assert "damaged" in reason_for(path, ("a",), ("b",))


def test_objects_are_refused_because_they_need_pickle(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, a=np.array([{"any": "thing"}], dtype=object))
    assert "Object arrays cannot be loaded" in reason_for(path, ("a",))


def test_labels_of_any_integer_type_become_int64():
    found = labels_of(np.array([3, 1], np.uint8), Path("f"), "y")
    assert found.dtype == np.int64
    assert found.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros(2, np.float32), "float32 of (2,)"),
        (np.zeros((2, 1), int), "int64 of (2, 1)"),
        (np.zeros(2, bool), "bool of (2,)"),
    ],
)
def test_labels_of_another_type_or_shape_are_refused(array, found):
    with pytest.raises(SpecError) as caught:
        labels_of(array, Path("f"), "y")
    assert str(caught.value) == f"f: y: must be integers of the shape (count,), not {found}"


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()
