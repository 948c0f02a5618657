import pickle
import shutil
import tarfile

import numpy as np
import pytest

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.catalogue_entry import DataFile
from lowbit_sim.data.cifar import read_cifar_set
from lowbit_sim.data.images import ImageShape, checksum
from lowbit_sim.errors import SpecError

BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
ARCHIVES = ("cifar-10-binary.tar.gz", "cifar-10-python.tar.gz")
COUNT = 3


@pytest.fixture
def published(tmp_path, random):
    """Both versions, unpacked, of 6 batches of 3 images in 5 classes, and the images."""
    images = random.integers(0, 256, (6, COUNT, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(6 * COUNT).reshape(6, COUNT) % 5
    folder = tmp_path / "published"
    binary, python = folder / "cifar-10-batches-bin", folder / "cifar-10-batches-py"
    binary.mkdir(parents=True)
    python.mkdir()
    (binary / "readme.html").write_text("read me")
    for name, batch, batch_labels in zip(BATCHES, images, labels, strict=True):
        rows = batch.reshape(COUNT, -1)
        records = np.column_stack([batch_labels.astype(np.uint8), rows])
        (binary / f"{name}.bin").write_bytes(records.tobytes())
        held = {b"data": rows, b"labels": batch_labels.tolist()}
        (python / name).write_bytes(pickle.dumps(held, protocol=2))
    return folder, images, labels


def pack(source, archive):
    with tarfile.open(archive, "w:gz") as stream:
        for path in sorted(source.iterdir(), reverse=True):
            stream.add(path, f"{source.name}/{path.name}")


@pytest.fixture
def packed(published, tmp_path, make_entry):
    folder = tmp_path / "packed"
    folder.mkdir()
    for version, archive in zip(("bin", "py"), ARCHIVES, strict=True):
        pack(published[0] / f"cifar-10-batches-{version}", folder / archive)
    entry = make_entry(folder, ARCHIVES, shape=ImageShape(3, 32, 5))
    return folder, entry


@pytest.fixture
def entry(make_entry, tmp_path):
    return make_entry(tmp_path, (), shape=ImageShape(3, 32, 5))


def reason_for(folder, entry, count=COUNT):
    with pytest.raises(SpecError) as caught:
        read_cifar_set(folder, entry, count)
    return str(caught.value)


@pytest.mark.parametrize("version", ["cifar-10-batches-bin", "cifar-10-batches-py"])
def test_unpacked_batches_are_read_in_their_order(version, published, entry):
    folder, images, labels = published
    shutil.rmtree(
        folder / {"cifar-10-batches-bin", "cifar-10-batches-py"}.difference({version}).pop()
    )
    for place in (folder, folder / version):
        found = read_cifar_set(place, entry, COUNT)
        assert (found.train_images == images[:5].reshape(15, 3, 32, 32)).all()
        assert (found.train_labels == labels[:5].reshape(15)).all()
        assert (found.test_images == images[5]).all()
        assert (found.test_labels == labels[5]).all()
        assert found.shape == entry.shape


@pytest.mark.parametrize("archive", ARCHIVES)
def test_an_archive_holds_the_same(archive, packed, published, entry):
    folder, packed_entry = packed
    for other in set(ARCHIVES) - {archive}:
        (folder / other).unlink()
    found = read_cifar_set(folder, packed_entry, COUNT)
    assert checksum(found) == checksum(read_cifar_set(published[0], entry, COUNT))


def test_an_archive_of_another_checksum_is_refused(packed):
    folder, _ = packed
    assert "the published one is c32a1d4ab5d0" in reason_for(folder, CATALOGUE["cifar10"])


def test_a_batch_that_an_archive_lacks_is_named(published, tmp_path, make_entry):
    source = published[0] / "cifar-10-batches-bin"
    (source / "data_batch_4.bin").unlink()
    pack(source, tmp_path / ARCHIVES[0])
    entry = make_entry(tmp_path, ARCHIVES[:1], shape=ImageShape(3, 32, 5))
    reason = reason_for(tmp_path, entry)
    assert reason == f"{tmp_path / ARCHIVES[0]}: lacks cifar-10-batches-bin/data_batch_4.bin"


def test_what_is_no_archive_is_refused(tmp_path, make_entry):
    (tmp_path / ARCHIVES[0]).write_bytes(b"no archive")
    entry = make_entry(tmp_path, ARCHIVES[:1])
    assert "is no archive that can be unpacked: " in reason_for(tmp_path, entry)


def test_a_missing_batch_is_named(published, entry):
    folder, _, _ = published
    path = folder / "cifar-10-batches-bin" / "test_batch.bin"
    path.unlink()
    assert reason_for(folder, entry) == f"{path}: no such file"


def test_a_batch_of_another_length_is_refused(published, entry):
    folder, _, _ = published
    path = folder / "cifar-10-batches-bin" / "data_batch_1.bin"
    expected = f"{path}: must hold 10000 images with labels, not 3 images and 3 labels"
    assert reason_for(folder, entry, 10_000) == expected
    path.write_bytes(path.read_bytes()[:-3073])
    expected = f"{path}: must hold 3 images with labels, not 2 images and 2 labels"
    assert reason_for(folder, entry) == expected


def test_a_label_that_is_no_class_is_refused(published, entry):
    folder, _, _ = published
    path = folder / "cifar-10-batches-bin" / "test_batch.bin"
    path.write_bytes(b"\x05" + path.read_bytes()[1:])
    reason = reason_for(folder, entry)
    assert reason == f"{folder}: test_labels: must be from 0 to 4; that of image 0 is 5"


def test_a_folder_without_any_of_it_says_what_must_lie_there(tmp_path):
    reason = reason_for(tmp_path, CATALOGUE["cifar10"])
    assert reason.startswith(f"{tmp_path}: holds no CIFAR-10; one of these must lie here: ")
    assert all(name in reason for name in ARCHIVES)


def test_the_catalogue_has_a_checksum_for_either_archive():
    entry = CATALOGUE["cifar10"]
    assert (*entry.files, *entry.alternatives) == (
        DataFile(ARCHIVES[0], "c32a1d4ab5d03f1284b67883e8d87530"),
        DataFile(ARCHIVES[1], "c58f30108f718f92721af3d95e74349a"),
    )
