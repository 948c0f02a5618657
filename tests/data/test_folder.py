import numpy as np
import pytest
from PIL import Image

from lowbit_sim.data.folder import read_folder
from lowbit_sim.data.images import ImageShape
from lowbit_sim.errors import SpecError


def draw(path, value=0, side=4):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (side, side), value).save(path)


@pytest.fixture
def pets(tmp_path):
    root = tmp_path / "pets"
    draw(root / "dog" / "b.png", 30)
    draw(root / "dog" / "a.png", 20)
    draw(root / "cat" / "z.png", 10)
    return root


@pytest.fixture
def parts(tmp_path):
    root = tmp_path / "parts"
    for number, name in enumerate(("train/dog/a.png", "train/cat/a.png", "test/dog/a.png")):
        draw(root / name, number)
    return root


def reason_for(root, side=4, **given):
    with pytest.raises(SpecError) as caught:
        read_folder(root, 1, side, **given)
    return str(caught.value).removeprefix(str(root))


def test_classes_and_images_come_in_the_order_of_their_names(pets):
    found = read_folder(pets, 1, 4)
    assert (found.title, found.white) == ("pets", 255)
    assert found.shape == ImageShape(1, 4, 2)
    assert found.train_images[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert found.train_labels.tolist() == [0, 1, 1]
    assert found.train_labels.dtype == np.int64
    assert found.test_images is found.test_labels is None


def test_a_test_part_is_labelled_as_the_training_part(parts):
    found = read_folder(parts, 3, 4)
    assert found.shape == ImageShape(3, 4, 2)
    assert found.train_images[:, 0, 0, 0].tolist() == [1, 0]
    assert found.test_images[:, 0, 0, 0].tolist() == [2]
    assert found.test_labels.tolist() == [1]


def test_a_training_part_may_stand_alone(parts):
    (parts / "test" / "dog" / "a.png").unlink()
    (parts / "test" / "dog").rmdir()
    (parts / "test").rmdir()
    assert read_folder(parts, 1, 4).test_images is None


def test_train_may_be_a_class(pets):
    draw(pets / "train" / "a.png")
    assert read_folder(pets, 1, 4).train_labels.tolist() == [0, 1, 1, 2]


def test_larger_images_are_reduced_unless_they_must_not_be(pets):
    draw(pets / "dog" / "large.png", 40, side=8)
    assert read_folder(pets, 1, 4).train_images[-1].tolist() == [[[40] * 4] * 4]
    reason = reason_for(pets, shrink=False)
    assert reason == "/dog/large.png: must be 4 × 4 pixels, not 8 × 8"


def test_smaller_images_are_refused(pets):
    assert reason_for(pets, side=5) == "/cat/z.png: must be 5 × 5 pixels, not 4 × 4"


def test_what_is_no_image_is_named(pets):
    (pets / "dog" / "notes.txt").write_text("good dog")
    assert reason_for(pets) == "/dog/notes.txt: is no image"


def test_a_damaged_image_is_named(pets):
    path = pets / "dog" / "b.png"
    path.write_bytes(path.read_bytes()[:-25])
    assert reason_for(pets).startswith("/dog/b.png: is a damaged image: ")


def test_a_folder_among_the_images_is_refused(pets):
    (pets / "dog" / "puppies").mkdir()
    assert reason_for(pets) == "/dog/puppies: cannot be read: Is a directory"


def test_a_file_among_the_classes_is_refused(pets):
    draw(pets / "stray.png")
    assert reason_for(pets) == "/stray.png: is no folder: only folders may lie here"


def test_another_folder_beside_the_parts_is_refused(parts):
    draw(parts / "tests" / "dog" / "a.png")
    reason = reason_for(parts)
    assert reason == (
        "/tests: does not belong beside train; did you mean 'test'? allowed: test, train"
    )


def test_a_test_class_that_was_never_trained_is_refused(parts):
    draw(parts / "test" / "dogs" / "a.png")
    reason = reason_for(parts)
    assert reason == (
        "/test/dogs: is no class of the training part; did you mean 'dog'? allowed: cat, dog"
    )


def test_empty_folders_are_named(pets, tmp_path):
    (pets / "emu").mkdir()
    assert reason_for(pets) == "/emu: holds no images"
    (tmp_path / "empty").mkdir()
    expected = ": must hold a folder for each class; it is empty"
    assert reason_for(tmp_path / "empty") == expected


def test_a_missing_folder_is_named(tmp_path):
    assert reason_for(tmp_path / "gone") == ": there is no such folder"
