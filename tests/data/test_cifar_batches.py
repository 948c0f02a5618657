import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from lowbit_sim.data.cifar_batches import binary_batch, python_batch
from lowbit_sim.errors import SpecError

SOURCE = Path("batch")


def images(count, random):
    return random.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)


def pickled(data, labels):
    return pickle.dumps({b"data": data, b"labels": labels, b"batch_label": b"one"}, protocol=2)


def reason_for(parse, raw):
    with pytest.raises(SpecError) as caught:
        parse(raw, SOURCE)
    return str(caught.value).removeprefix("batch: ")


def test_a_record_is_a_label_and_then_red_green_and_blue_row_by_row():
    red, green, blue = ([value] * 1024 for value in (10, 20, 30))
    red[1], red[32] = 11, 12
    found, labels = binary_batch(bytes([7, *red, *green, *blue]), SOURCE)
    assert labels.tolist() == [7]
    assert labels.dtype == np.int64
    assert found.shape == (1, 3, 32, 32)
    assert (found[0, 0, 0, 1], found[0, 0, 1, 0], found[0, 0, 1, 1]) == (11, 12, 10)
    assert (found[0, 1] == 20).all()
    assert (found[0, 2] == 30).all()


def test_half_a_record_is_refused():
    expected = "is no batch: 3074 bytes are no multiple of 3073"
    assert reason_for(binary_batch, bytes(3074)) == expected


def test_both_versions_of_the_same_images_are_read_alike(random):
    given, labels = images(4, random), [3, 0, 9, 9]
    binary = b"".join(
        bytes([label]) + image.tobytes() for label, image in zip(labels, given, strict=True)
    )
    for found, found_labels in (
        binary_batch(binary, SOURCE),
        python_batch(pickled(given.reshape(4, -1), labels), SOURCE),
    ):
        assert (found == given).all()
        assert found_labels.tolist() == labels


class PythonTwo(pickle._Pickler):
    """Writes texts and bytes as Python 2 wrote its texts, as in the published batches."""

    def save_text(self, text):
        raw = text.encode() if isinstance(text, str) else text
        self.write(b"T" + struct.pack("<i", len(raw)) + raw)

    dispatch = pickle._Pickler.dispatch | {str: save_text, bytes: save_text}


def test_a_batch_as_python_2_wrote_it_is_read(tmp_path, random):
    given = images(2, random)
    path = tmp_path / "data_batch_1"
    with path.open("wb") as stream:
        held = {"data": given.reshape(2, -1), "labels": [1, 2], "filenames": ["a.png", "b.png"]}
        PythonTwo(stream, protocol=2).dump(held)
    raw = path.read_bytes().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
    assert b"cnumpy.core.multiarray\n_reconstruct\n" in raw
    found, labels = python_batch(raw, SOURCE)
    assert (found == given).all()
    assert labels.tolist() == [1, 2]


class Harm:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(protocol, tmp_path):
    made = tmp_path / "made"
    harm = Harm(Path.touch, made)
    for held in (harm, {b"data": harm, b"labels": []}, Harm(eval, "1"), Harm(getattr, 1, "real")):
        reason = reason_for(python_batch, pickle.dumps(held, protocol=protocol))
        assert reason.startswith("cannot be read as a pickled batch: it asks for ")
        assert reason.endswith(", which no images need: refused")
    assert not made.exists()


def test_bytes_in_another_encoding_are_refused():
    raw = b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R."
    assert reason_for(python_batch, raw).endswith("bytes in the encoding hex")


@pytest.mark.parametrize("cut", [0, 1, 50, 3000, -1])
def test_a_damaged_pickle_is_refused(cut, random):
    raw = pickled(images(1, random).reshape(1, -1), [0])[:cut]
    assert reason_for(python_batch, raw).startswith("cannot be read as a pickled batch: ")


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ([1, 2], "is no batch: it must map 'data' and 'labels'"),
        ({b"data": 1}, "is no batch: it must map 'data' and 'labels'"),
        ({b"data": [1], b"labels": [1]}, "data: must be uint8 of the shape (count, 3072)"),
        (
            {b"data": np.zeros((1, 3072), np.int16), b"labels": [1]},
            "data: must be uint8 of the shape (count, 3072)",
        ),
        (
            {b"data": np.zeros((1, 3071), np.uint8), b"labels": [1]},
            "data: must be uint8 of the shape (count, 3072)",
        ),
        (
            {b"data": np.zeros((1, 3072), np.uint8), b"labels": [b"1"]},
            "labels: must be a list of integers",
        ),
        (
            {b"data": np.zeros((1, 3072), np.uint8), b"labels": b"1"},
            "labels: must be a list of integers",
        ),
    ],
)
def test_a_pickle_of_something_else_is_refused(held, reason):
    assert reason_for(python_batch, pickle.dumps(held, protocol=2)) == reason
