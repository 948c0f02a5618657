import io

import numpy as np
import pytest
from PIL import Image

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.images import ImageShape
from lowbit_sim.data.jpeg_bytes import read_jpeg_set
from lowbit_sim.errors import SpecError

NAME = "toy.npz"


def jpeg(value):
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), (value, value, value)).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def part_of(name, images, labels):
    ends = np.cumsum([0, *map(len, images)])
    return {
        f"{name}_jpeg": np.frombuffer(b"".join(images), np.uint8),
        f"{name}_offsets": ends.astype(np.uint32),
        f"{name}_y": np.array(labels, np.uint8),
    }


@pytest.fixture
def arrays():
    train = part_of("train", [jpeg(0), jpeg(100), jpeg(255)], [0, 1, 0])
    return train | part_of("test", [jpeg(50)], [1])


@pytest.fixture
def read(tmp_path, make_entry):
    def read(arrays, **given):
        np.savez(tmp_path / NAME, **arrays)
        entry = make_entry(tmp_path, [NAME], shape=ImageShape(3, 4, 2))
        return read_jpeg_set(tmp_path, entry, **given)

    return read


@pytest.fixture
def reason_for(read, tmp_path):
    def reason_for(arrays):
        with pytest.raises(SpecError) as caught:
            read(arrays)
        return str(caught.value).removeprefix(f"{tmp_path / NAME}: ")

    return reason_for


def test_every_image_is_decoded_in_its_place(read, arrays):
    found = read(arrays)
    assert found.shape == ImageShape(3, 4, 2)
    assert found.train_images[:, 0, 0, 0].tolist() == [0, 100, 255]
    assert found.train_labels.tolist() == [0, 1, 0]
    assert found.test_images.shape == (1, 3, 4, 4)
    assert found.test_labels.tolist() == [1]


def test_a_limit_reads_only_the_first_images_of_each_part(read, arrays):
    found = read(arrays, limit=2)
    assert found.train_images[:, 0, 0, 0].tolist() == [0, 100]
    assert (len(found.train_labels), len(found.test_labels)) == (2, 1)


@pytest.mark.parametrize("broken", [b"no image", jpeg(0)[:-100]])
def test_an_image_that_cannot_be_decoded_is_named_by_its_number(broken, reason_for, arrays):
    train = part_of("train", [jpeg(0), jpeg(1), broken], [0, 1, 0])
    assert reason_for(arrays | train).startswith("train image 2: is ")


def test_an_image_of_another_side_is_named(reason_for, arrays):
    stream = io.BytesIO()
    Image.new("RGB", (5, 5)).save(stream, "JPEG")
    test = part_of("test", [stream.getvalue()], [0])
    assert reason_for(arrays | test) == "test image 0: must be 4 × 4 pixels, not 5 × 5"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"train_y": np.zeros(3)}, "train_y: must be integers of the shape (count,), not float64"),
        ({"train_y": np.zeros(2, int)}, "train_offsets: must be 3 for 2 images, not 4"),
        ({"test_jpeg": np.zeros(4, int)}, "test_jpeg: must be bytes, not int64"),
        ({"test_offsets": np.array([1, 2])}, "test_offsets: must rise from 0 to "),
        ({"test_offsets": np.array([0, 2])}, "test_offsets: must rise from 0 to "),
        ({"train_offsets": np.array([0, 9, 9, 9])}, "train_offsets: must rise from 0 to "),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(change, reason, reason_for, arrays):
    assert reason_for(arrays | change).startswith(reason)


def test_an_array_that_is_missing_is_named(reason_for, arrays):
    del arrays["test_offsets"]
    assert reason_for(arrays).startswith("test_offsets: is missing; the file holds train_jpeg, ")


def test_another_file_than_the_known_one_is_refused(read, arrays, tmp_path):
    read(arrays)
    (tmp_path / NAME).rename(tmp_path / "cifar10-jpegbytes.npz")
    with pytest.raises(SpecError, match="is damaged or another file"):
        read_jpeg_set(tmp_path, CATALOGUE["cifar10_jpeg"])


def test_the_first_images_of_the_real_copy(real_sets):
    found = read_jpeg_set(real_sets / "cifar10-jpeg", CATALOGUE["cifar10_jpeg"], limit=100)
    assert found.title == "CIFAR-10, JPEG copy"
    assert found.shape == ImageShape(3, 32, 10)
    assert found.train_labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert found.test_labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    # the first training image, a frog, is brown: more red than blue
    red, _, blue = found.train_images[0].mean(axis=(1, 2))
    assert red > blue + 10
