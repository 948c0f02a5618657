import numpy as np
import pytest

from lowbit_sim.data.arrays import read_arrays
from lowbit_sim.data.images import ImageShape
from lowbit_sim.errors import SpecError

SHAPES = "must have the shape (count, side, side), (count, side, side, channels) or (count, "
PLAIN = {"train_images": np.zeros((3, 4, 4), np.uint8), "train_labels": np.array([0, 1, 1])}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


@pytest.fixture
def read(path):
    def read(classes=2, **change):
        np.savez(path, **(PLAIN | change))
        return read_arrays(path, classes)

    return read


@pytest.fixture
def reason_for(read, path):
    def reason_for(classes=2, **change):
        with pytest.raises(SpecError) as caught:
            read(classes, **change)
        return str(caught.value).removeprefix(f"{path}: ")

    return reason_for


def test_channels_may_stand_in_front_or_behind_or_be_left_out(read, random):
    images = random.integers(0, 256, (3, 3, 5, 5), dtype=np.uint8)
    assert (read(train_images=images).train_images == images).all()
    assert (read(train_images=images.transpose(0, 2, 3, 1)).train_images == images).all()
    grey = images[:, :1]
    for given in (grey, grey[:, 0], grey.transpose(0, 2, 3, 1)):
        assert (read(train_images=given).train_images == grey).all()


def test_a_set_without_a_test_part_is_read(read):
    found = read()
    assert (found.title, found.white) == ("mine.npz", 255)
    assert found.shape == ImageShape(1, 4, 2)
    assert found.test_images is found.test_labels is None


def test_a_test_part_is_read(read):
    found = read(test_images=np.ones((2, 4, 4), np.uint8), test_labels=np.array([1, 0], np.int8))
    assert found.test_images.shape == (2, 1, 4, 4)
    assert found.test_labels.tolist() == [1, 0]
    assert found.test_labels.dtype == np.int64


@pytest.mark.parametrize(
    ("dtype", "hint"),
    [
        (np.float32, "float32: multiply values from 0 to 1 by 255 and round them"),
        (np.int64, "int64"),
    ],
)
def test_pixels_of_another_type_are_refused(dtype, hint, reason_for):
    reason = reason_for(train_images=np.zeros((3, 4, 4), dtype))
    assert reason == f"train_images: must be uint8 from 0 to 255, not {hint}"


@pytest.mark.parametrize("shape", [(48,), (3, 16), (3, 4, 4, 2), (3, 3, 3, 3), (3, 1, 4, 4, 1)])
def test_a_shape_that_says_too_little_is_refused(shape, reason_for):
    reason = reason_for(train_images=np.zeros(shape, np.uint8))
    assert reason.startswith(f"train_images: {SHAPES}")
    assert reason.endswith(f"not {shape}")


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 3), (3, 1, 4, 5)])
def test_images_that_are_not_square_are_refused(shape, reason_for):
    reason = reason_for(train_images=np.zeros(shape, np.uint8))
    assert reason == "train_images: must be square, not 4 × 5 pixels"


def test_an_array_of_another_name_is_named_with_the_nearest(reason_for):
    reason = reason_for(test_image=np.zeros((3, 4, 4), np.uint8))
    assert reason.startswith("test_image: is no known array; did you mean 'test_images'?")


def test_half_a_test_part_is_refused(reason_for):
    images = np.zeros((3, 4, 4), np.uint8)
    assert reason_for(test_images=images) == "test_labels: is missing"
    assert reason_for(test_labels=np.zeros(3, int)) == "test_images: is missing"


def test_more_classes_than_occur_are_refused(reason_for):
    assert reason_for(3) == "train_labels: must hold all 3 classes; none is labelled 2"
    assert reason_for(1) == "train_labels: must be from 0 to 0; that of image 1 is 1"


def test_a_file_without_training_images_is_refused(path):
    np.savez(path, train_labels=np.zeros(1, int))
    with pytest.raises(SpecError, match="train_images: is missing; the file holds train_labels"):
        read_arrays(path, 1)
