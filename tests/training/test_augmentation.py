import pytest
import torch

from lowbit_sim.training.augmentation import augmented, cut_out, shifted
from lowbit_sim.workload.recipe_spec import AugmentationSpec


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def how(**changes):
    nothing = {"max_shift_pixels": 0, "flip": False, "cutout_pixels": 0, "noise_fraction": 0.0}
    return AugmentationSpec(**nothing | changes)


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


def test_a_flip_mirrors_about_half_of_the_images():
    images = torch.rand(400, 2, 3, 5)
    changed = augmented(images, how(flip=True), generator())
    mirrored = [torch.equal(new, old.flip(2)) for new, old in zip(changed, images, strict=True)]
    left = [torch.equal(new, old) for new, old in zip(changed, images, strict=True)]
    assert all(one != other for one, other in zip(mirrored, left, strict=True))
    assert 150 < sum(mirrored) < 250


@pytest.mark.parametrize("side_pixels", [1, 2, 3])
def test_a_cut_out_blackens_a_square_around_any_pixel(side_pixels):
    images = torch.ones(3000, 1, 5, 4)
    black = cut_out(images, side_pixels, generator()) == 0
    seen = set()
    for one in black[:, 0]:
        rows, columns = one.any(1).nonzero().flatten(), one.any(0).nonzero().flatten()
        expected = torch.zeros(5, 4, dtype=torch.bool)
        expected[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
        assert torch.equal(one, expected)
        assert max(len(rows), len(columns)) <= side_pixels
        seen.add((tuple(rows.tolist()), tuple(columns.tolist())))
    # a row is in the square's range in as many ways as there are middles, 5 and 4
    assert len(seen) == 5 * 4
    assert images.min() == 1  # the original is left alone


def test_noise_has_its_deviation_and_stays_between_black_and_white():
    images = torch.full((10, 1, 50, 50), 0.5)
    changed = augmented(images, how(noise_fraction=0.1), generator())
    assert (changed - images).std().item() == pytest.approx(0.1, rel=0.02)
    loud = augmented(images, how(noise_fraction=1.0), generator())
    assert (loud.min(), loud.max()) == (0, 1)


def test_nothing_to_do_is_the_same_images_and_draws_nothing():
    images, order = torch.rand(2, 1, 8, 8), generator()
    before = order.get_state()
    assert augmented(images, how(), order) is images
    assert torch.equal(order.get_state(), before)


def test_augmentation_follows_the_generator():
    images = torch.rand(20, 1, 8, 8)
    everything = how(max_shift_pixels=2, flip=True, cutout_pixels=3, noise_fraction=0.1)
    one, same, other = (augmented(images, everything, generator(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == images.shape
