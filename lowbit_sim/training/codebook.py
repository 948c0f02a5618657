"""Weights of a learned codebook: N values without a grid, times the scale of each channel.

The weights' gradient is straight-through; a value's gradient is the mean over the weights that
take it, so that it does not depend on how many they are. This is the family of vector-quantised
weights, with vectors of length one. No shipped machine computes with it: hardware would have to
look every weight up in a table.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def nearest_values(ratio: Tensor, codebook: Tensor) -> Tensor:
    """Return the index of the value nearest to each element; a tie goes to the lower value.

    Parameters
    ----------
    ratio : Tensor
        Weights in units of their scale, any shape.
    codebook : Tensor, shape (values,)
        In any order.

    Returns
    -------
    Tensor of int64
        The shape of `ratio`, indices into `codebook`.
    """
    ascending, order = codebook.detach().sort()
    borders = (ascending[1:] + ascending[:-1]) / 2
    return order[torch.bucketize(ratio.contiguous(), borders)]


def codebook_weight(weight: Tensor, scale: Tensor, codebook: Tensor) -> Tensor:
    """Return the nearest value of the codebook to ``weight / scale``, times the scale.

    Parameters
    ----------
    weight : Tensor
        Any shape, output channels first.
    scale : Tensor
        Positive, broadcast against `weight`; it gets no gradient.
    codebook : Tensor, shape (values,)
        The learned values.
    """
    ratio = weight / scale
    chosen = nearest_values(ratio.detach(), codebook)
    takers = torch.bincount(chosen.reshape(-1), minlength=len(codebook)).clamp_(min=1)
    fixed = codebook.detach()
    shared = fixed + (codebook - fixed) / takers
    value = functional.embedding(chosen, shared[:, None]).squeeze(-1)
    return (value + (ratio - ratio.detach())) * scale
