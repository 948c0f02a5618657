"""Training images, changed anew every epoch so that a network sees no image twice."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lowbit_sim.workload.recipe_spec import AugmentationSpec

#: a coin's chance to show heads
FAIR = 0.5


def augmented(images: Tensor, how: AugmentationSpec, order: torch.Generator) -> Tensor:
    """Return `images`, each shifted, mirrored, cut out of and made noisy as `how` says.

    Parameters
    ----------
    images : Tensor, shape (count, channels, height, width)
        With values from 0 (black) to 1.
    how : AugmentationSpec
        What to do; nothing is drawn for what is not to be done.
    order : torch.Generator
        Where everything random is drawn from.
    """
    images = shifted(images, how.max_shift_pixels, order)
    if how.flip:
        mirrored = torch.rand(len(images), generator=order).to(images.device) < FAIR
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    images = cut_out(images, how.cutout_pixels, order)
    if how.noise_fraction:
        noise = torch.randn(images.shape, generator=order).to(images.device)
        images = (images + how.noise_fraction * noise).clamp_(0, 1)
    return images


def shifted(images: Tensor, max_shift_pixels: int, order: torch.Generator) -> Tensor:
    """Return `images`, each moved by its own random whole number of pixels, with black behind.

    Parameters
    ----------
    images : Tensor, shape (count, channels, height, width)
        What to move.
    max_shift_pixels : int
        Shifts run from minus this to plus this in both directions, all equally likely.
    order : torch.Generator
        Where the shifts are drawn from.
    """
    if not max_shift_pixels:
        return images
    count, _, height, width = images.shape
    padded = functional.pad(images, (max_shift_pixels,) * 4)
    corners = torch.randint(0, 2 * max_shift_pixels + 1, (2, count, 1, 1), generator=order)
    rows = (corners[0] + torch.arange(height)[:, None]).to(images.device)
    columns = (corners[1] + torch.arange(width)[None, :]).to(images.device)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, :, rows, columns].permute(0, 3, 1, 2)


def cut_out(images: Tensor, side_pixels: int, order: torch.Generator) -> Tensor:
    """Return `images`, each with a black square whose middle is any of its pixels [1]_.

    References
    ----------
    .. [1] T. DeVries, G. W. Taylor, "Improved Regularization of Convolutional Neural Networks
       with Cutout", arXiv:1708.04552.
    """
    if not side_pixels:
        return images
    count, _, height, width = images.shape
    top = torch.randint(0, height, (count, 1, 1, 1), generator=order) - side_pixels // 2
    left = torch.randint(0, width, (count, 1, 1, 1), generator=order) - side_pixels // 2
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None, :]
    inside = (rows >= top) & (rows < top + side_pixels)
    inside = inside & (columns >= left) & (columns < left + side_pixels)
    return images.masked_fill(inside.to(images.device), 0.0)
