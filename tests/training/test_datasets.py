import torch
from sklearn.datasets import load_digits

from lowbit_sim.training.datasets import load_split, shifted
from lowbit_sim.workload.spec import DataSpec


def test_every_image_is_in_exactly_one_part(split):
    parts = torch.cat([split.train_images, split.test_images]).reshape(-1, 64)
    found = sorted(map(tuple, (parts * 16).int().tolist()))
    assert found == sorted(map(tuple, load_digits().data.astype(int).tolist()))


def test_both_parts_have_equal_shares_of_every_class(split):
    # 1797 images, half of them 898.5: the test part is rounded up
    assert (len(split.train_labels), len(split.test_labels)) == (898, 899)
    difference = split.train_labels.bincount() - split.test_labels.bincount()
    assert difference.abs().max() <= 1


def test_images_and_labels_belong_together(split):
    digits = load_digits()
    label_of = {tuple(row): label for row, label in zip(digits.data, digits.target, strict=True)}
    for image, label in zip(split.test_images, split.test_labels, strict=True):
        assert label_of[tuple((image * 16).reshape(-1).tolist())] == label


def test_values_run_from_black_to_white(split):
    assert split.train_images.shape == (898, 1, 8, 8)
    assert (split.train_images.min(), split.train_images.max()) == (0, 1)


def test_the_split_seed_decides_the_split():
    def first(seed):
        data = DataSpec(dataset="digits", test_fraction=0.5, split_seed=seed)
        return load_split(data).test_images

    assert torch.equal(first(3), first(3))
    assert not torch.equal(first(3), first(4))


def test_a_shift_moves_each_image_as_a_whole_and_leaves_black_behind():
    images = torch.arange(1.0, 1 + 200 * 12).reshape(200, 1, 3, 4)
    moved = shifted(images, 1, torch.Generator().manual_seed(0))
    seen = set()
    for before, after in zip(images[:, 0], moved[:, 0], strict=True):
        fits = []
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                expected = torch.zeros(3, 4)
                for row in range(3):
                    for column in range(4):
                        if 0 <= row - down < 3 and 0 <= column - right < 4:
                            expected[row, column] = before[row - down, column - right]
                if torch.equal(expected, after):
                    fits.append((down, right))
        assert len(fits) == 1
        seen.update(fits)
    assert len(seen) == 9


def test_no_shift_is_the_same_images():
    images = torch.rand(2, 1, 8, 8)
    assert shifted(images, 0, torch.Generator()) is images


def test_shifts_follow_the_generator():
    images = torch.rand(20, 1, 8, 8)
    one, same, other = (shifted(images, 2, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == images.shape
