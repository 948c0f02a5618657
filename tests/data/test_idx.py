import gzip
import struct
from dataclasses import replace

import numpy as np
import pytest

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.catalogue_entry import DataFile
from lowbit_sim.data.idx import read_idx, read_idx_set
from lowbit_sim.data.load import read_image_set
from lowbit_sim.errors import SpecError

NAMES = ("train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz")


def idx(array, kind=0x08):
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def reason_for(path):
    with pytest.raises(SpecError) as caught:
        read_idx(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_header_by_hand_is_read(tmp_path):
    path = tmp_path / "by-hand"
    path.write_bytes(bytes.fromhex("00000802 00000002 00000003 010203 fdfeff"))
    found = read_idx(path)
    assert found.dtype == np.uint8
    assert found.tolist() == [[1, 2, 3], [253, 254, 255]]
    assert found.flags.writeable


def test_a_compressed_file_is_the_same_as_a_plain_one(tmp_path, random):
    array = random.integers(0, 256, (4, 5, 5))
    (tmp_path / "plain").write_bytes(idx(array))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(idx(array)))
    assert (read_idx(tmp_path / "plain") == array).all()
    assert (read_idx(tmp_path / "packed.gz") == array).all()


def test_an_array_without_images_is_read(tmp_path):
    (tmp_path / "none").write_bytes(idx(np.zeros((0, 2, 2))))
    assert read_idx(tmp_path / "none").shape == (0, 2, 2)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is no IDX file: it does not begin with its four bytes"),
        (b"\x89PNG....", "is no IDX file: it does not begin with its four bytes"),
        (b"\0\0\x08\0.", "is no IDX file: it does not begin with its four bytes"),
        (idx(np.zeros((2, 2)), 0x0D), "must hold unsigned bytes (0x08), not type 0x0d"),
        (idx(np.zeros((2, 2)))[:9], "is cut short in its header of 12 bytes"),
        (idx(np.zeros((2, 2)))[:-3], "is 3 bytes too short for its shape (2, 2)"),
        (idx(np.zeros((2, 2))) + b"!", "is 1 bytes too long for its shape (2, 2)"),
    ],
)
def test_a_file_that_is_not_what_its_header_says_is_refused(raw, reason, tmp_path):
    for path, content in ((tmp_path / "f", raw), (tmp_path / "f.gz", gzip.compress(raw))):
        path.write_bytes(content)
        assert reason_for(path) == reason


def test_a_file_that_is_not_compressed_though_its_name_says_so_is_refused(tmp_path):
    path, packed = tmp_path / "f.gz", gzip.compress(idx(np.zeros((20, 20))))
    path.write_bytes(idx(np.zeros((2, 2))))
    assert reason_for(path).startswith("is no gzip file, or is damaged: Not a gzipped file")
    for raw in (packed[:-9], packed + b"tail", packed[:12] + b"\xff\xff\xff" + packed[15:]):
        path.write_bytes(raw)
        assert reason_for(path).startswith("is no gzip file, or is damaged: ")


def test_a_missing_file_is_named(tmp_path):
    assert reason_for(tmp_path / "gone.gz") == "no such file"


@pytest.fixture
def toy(tmp_path, make_entry):
    arrays = (np.arange(12).reshape(3, 2, 2), np.array([0, 1, 1]), np.ones((1, 2, 2)), np.ones(1))
    for name, array in zip(NAMES, arrays, strict=True):
        (tmp_path / name).write_bytes(gzip.compress(idx(array)))
    return make_entry(tmp_path, NAMES)


def test_a_set_is_made_of_four_files(toy, tmp_path):
    found = read_idx_set(tmp_path, toy)
    assert found.title == "Toy"
    assert found.train_images.tolist() == np.arange(12).reshape(3, 1, 2, 2).tolist()
    assert found.train_labels.tolist() == [0, 1, 1]
    assert found.test_images.shape == (1, 1, 2, 2)
    assert found.test_labels.tolist() == [1]
    assert found.train_labels.dtype == found.test_labels.dtype == np.int64


def test_another_checksum_than_the_published_one_is_told_with_both(toy, tmp_path):
    files = (toy.files[0], DataFile(NAMES[1], "f" * 32), *toy.files[2:])
    with pytest.raises(SpecError) as caught:
        read_idx_set(tmp_path, replace(toy, files=files))
    assert str(caught.value).startswith(f"{tmp_path / NAMES[1]}: is damaged or another file: ")
    assert toy.files[1].md5 in str(caught.value)
    assert "f" * 32 in str(caught.value)


def test_a_missing_part_is_named(toy, tmp_path):
    (tmp_path / NAMES[2]).unlink()
    with pytest.raises(SpecError, match=r"test-images.gz: no such file"):
        read_idx_set(tmp_path, toy)


@pytest.mark.usefixtures("real_sets")
@pytest.mark.parametrize(
    ("name", "train_counts", "test_counts"),
    [
        (
            "mnist",
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        ),
        ("fashion_mnist", [6000] * 10, [1000] * 10),
    ],
)
def test_the_real_sets_hold_70000_images(name, train_counts, test_counts):
    found = read_image_set(name)
    assert found.title == CATALOGUE[name].title
    assert found.shape == CATALOGUE[name].shape
    assert (len(found.train_images), len(found.test_images)) == (60_000, 10_000)
    assert np.bincount(found.train_labels).tolist() == train_counts
    assert np.bincount(found.test_labels).tolist() == test_counts
    assert (found.train_images.min(), found.train_images.max()) == (0, 255)
