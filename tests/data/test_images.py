import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lowbit_sim.data.images import ImageSet, ImageShape, checked, checksum
from lowbit_sim.errors import SpecError


def make_set(**given):
    plain = {
        "title": "toy",
        "white": 255,
        "classes": 2,
        "train_images": np.arange(3 * 3 * 4, dtype=np.uint8).reshape(3, 3, 2, 2),
        "train_labels": np.array([0, 1, 1]),
    }
    return ImageSet(**(plain | given))


def with_test_part(**given):
    part = {"test_images": np.zeros((1, 3, 2, 2), np.uint8), "test_labels": np.array([1])}
    return make_set(**(part | given))


def test_the_shape_is_that_of_one_image():
    assert make_set().shape == ImageShape(channels=3, side=2, classes=2)


@pytest.mark.parametrize("sound", [make_set(), with_test_part()])
def test_a_sound_set_is_returned_as_it_is(sound):
    assert checked(sound) is sound


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        (
            make_set(train_images=np.zeros((0, 3, 2, 2), np.uint8), train_labels=np.array([], int)),
            "train_images: must hold at least one image; the shape is (0, 3, 2, 2)",
        ),
        (
            make_set(train_images=np.zeros((3, 2, 2), np.uint8)),
            "train_images: must have the shape (count, channels, side, side), not (3, 2, 2)",
        ),
        (
            make_set(train_images=np.zeros((3, 1, 2, 5), np.uint8)),
            "train_images: must be square, not 2 × 5 pixels",
        ),
        (make_set(white=34), "train_images: must have pixels from 0 to 34; one has 35"),
        (
            make_set(train_labels=np.array([0, 1])),
            "train_labels: must be one label for each of the 3 images; the shape is (2,)",
        ),
        (
            make_set(train_labels=np.array([0, 1, 2])),
            "train_labels: must be from 0 to 1; that of image 2 is 2",
        ),
        (
            make_set(train_labels=np.array([0, -1, 2])),
            "train_labels: must be from 0 to 1; that of image 1 is -1",
        ),
        (make_set(classes=4), "train_labels: must hold all 4 classes; none is labelled 2"),
        (
            with_test_part(test_images=np.zeros((1, 1, 2, 2), np.uint8)),
            "test_images: must be (3, 2, 2) as in training, not (1, 2, 2)",
        ),
        (
            with_test_part(test_labels=np.array([2])),
            "test_labels: must be from 0 to 1; that of image 0 is 2",
        ),
        (with_test_part(test_labels=None), "test_labels: is missing"),
        (with_test_part(test_images=None), "test_images: is missing"),
    ],
)
def test_each_fault_is_told_once_with_its_array(faulty, reason):
    with pytest.raises(SpecError) as caught:
        checked(faulty, Path("some.npz"))
    assert str(caught.value) == f"some.npz: {reason}"


def test_a_test_part_may_lack_a_class():
    assert checked(with_test_part()).test_labels.tolist() == [1]


def test_the_checksum_is_of_what_the_arrays_hold_and_not_of_how_they_lie():
    one = make_set()
    transposed = np.asfortranarray(one.train_images)
    assert not transposed.flags.c_contiguous
    same = replace(one, train_images=transposed, train_labels=one.train_labels.astype(">i8"))
    assert checksum(one) == checksum(same)


def test_the_checksum_is_of_each_arrays_name_dtype_shape_and_bytes():
    images = b"train_images |u1 (3, 3, 2, 2);" + bytes(range(36))
    labels = b"train_labels <i8 (3,);" + struct.pack("<3q", 0, 1, 1)
    assert checksum(make_set()) == hashlib.sha256(images + labels).hexdigest()


def test_the_checksum_tells_sets_apart():
    one, image = make_set(), np.zeros((1, 3, 2, 2), np.uint8)
    changed = one.train_images.copy()
    changed[2, 2, 1, 1] += 1
    found = {
        checksum(other)
        for other in (
            one,
            replace(one, train_images=changed),
            replace(one, train_images=one.train_images.reshape(3, 12, 1, 1)),
            replace(one, train_labels=np.array([1, 0, 1])),
            replace(one, train_labels=one.train_labels.astype(np.int32)),
            replace(one, test_images=image, test_labels=np.array([0])),
            replace(one, test_images=image, test_labels=np.array([1])),
        )
    }
    assert len(found) == 7
