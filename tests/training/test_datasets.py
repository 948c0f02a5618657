import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from lowbit_sim.errors import SpecError
from lowbit_sim.training.datasets import load_split
from lowbit_sim.workload.data_spec import DigitsData, FileData


def parts(split):
    return (split.train, split.validation, split.test)


def test_every_image_is_in_exactly_one_part(split):
    pixels = torch.cat([part.pixels for part in parts(split)]).reshape(-1, 64)
    found = sorted(map(tuple, pixels.int().tolist()))
    assert found == sorted(map(tuple, load_digits().data.astype(int).tolist()))


def test_all_parts_have_equal_shares_of_every_class(split):
    # of 1797 images half are 898.5, to even 898; of the other 899 a tenth is 89.9
    assert [len(part) for part in parts(split)] == [809, 90, 898]
    of_all = torch.from_numpy(load_digits().target).bincount()
    for part, share in zip(parts(split), (809 / 1797, 90 / 1797, 898 / 1797), strict=True):
        assert (part.labels.bincount(minlength=10) - share * of_all).abs().max() <= 1


def test_images_and_labels_belong_together(split):
    digits = load_digits()
    label_of = {tuple(row): label for row, label in zip(digits.data, digits.target, strict=True)}
    for part in parts(split):
        for image, label in zip(part.images(), part.labels, strict=True):
            assert label_of[tuple((image * 16).reshape(-1).tolist())] == label


def test_values_run_from_black_to_white_and_some_images_can_be_asked_for(split):
    images = split.train.images()
    assert images.shape == (809, 1, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    assert torch.equal(split.train.images(torch.tensor([5, 2])), images[[5, 2]])
    assert torch.equal(split.train.images(slice(3, 6)), images[3:6])


def test_the_split_seed_decides_the_split():
    def first(seed):
        data = DigitsData(
            dataset="digits", test_fraction=0.5, validation_fraction=0.1, split_seed=seed
        )
        return load_split(data)

    assert torch.equal(first(3).test.pixels, first(3).test.pixels)
    assert not torch.equal(first(3).test.pixels, first(4).test.pixels)
    assert first(3).data_sha256 == first(4).data_sha256


@pytest.fixture
def own_images(tmp_path):
    def write(*, with_test):
        generator = np.random.default_rng(0)
        arrays = {
            "train_images": generator.integers(0, 256, (40, 6, 6), np.uint8),
            "train_labels": np.arange(40) % 4,
        }
        if with_test:
            arrays |= {"test_images": arrays["train_images"][:8], "test_labels": np.arange(8) % 4}
        path = tmp_path / "own.npz"
        np.savez(path, **arrays)
        return path, arrays

    return write


def spec(path, **changes):
    plain = {
        "dataset": "npz",
        "path": str(path),
        "image_channels": 1,
        "image_side": 6,
        "classes": 4,
        "validation_fraction": 0.0,
        "split_seed": 0,
    }
    return FileData(**plain | changes)


def test_a_users_own_test_part_is_the_test_part(own_images):
    path, arrays = own_images(with_test=True)
    split = load_split(spec(path))
    assert split.test.pixels[:, 0].numpy().tolist() == arrays["test_images"].tolist()
    assert [len(part) for part in parts(split)] == [40, 0, 8]


def test_a_users_images_without_test_part_are_split(own_images):
    path, _ = own_images(with_test=False)
    split = load_split(spec(path, test_fraction=0.25, validation_fraction=0.2))
    assert [len(part) for part in parts(split)] == [24, 6, 10]


@pytest.mark.parametrize(
    ("with_test", "changes", "reason"),
    [
        (True, {"test_fraction": 0.5}, "has a test part of its own"),
        (False, {}, "has no test part: test_fraction is needed"),
        (True, {"image_side": 8}, "but the workload says"),
        (True, {"image_channels": 3}, "but the workload says"),
    ],
)
def test_images_that_are_not_what_the_workload_says_are_refused(
    own_images, with_test, changes, reason
):
    path, _ = own_images(with_test=with_test)
    with pytest.raises(SpecError, match=reason):
        load_split(spec(path, **changes))
