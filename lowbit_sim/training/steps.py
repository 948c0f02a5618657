"""Where a learned step starts: at the smallest squared error over a range of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lowbit_sim.training.quantizers import quant_act, quant_weight

#: a step never becomes smaller than this, so that dividing by it is always defined
SMALLEST_STEP = 1e-8
#: tried steps, as parts of the step that just reaches the largest value
CANDIDATES = tuple(part / 100 for part in range(2, 121))


def _search(values: Tensor, largest_step: Tensor, quantise: Callable[[Tensor], Tensor]) -> Tensor:
    """Return per row of `values` the candidate step with the smallest squared error."""
    best_step = largest_step.clamp(min=SMALLEST_STEP)
    best_error = torch.full_like(best_step, torch.inf)
    for part in CANDIDATES:
        step = (largest_step * part).clamp(min=SMALLEST_STEP)
        error = (quantise(step) - values).square().sum(1, keepdim=True)
        better = error < best_error
        best_step = torch.where(better, step, best_step)
        best_error = torch.where(better, error, best_error)
    return best_step


@torch.no_grad()
def weight_step(weight: Tensor, levels: Sequence[int]) -> Tensor:
    """Return the best step of each output channel.

    Parameters
    ----------
    weight : Tensor, shape (out, ...)
        The weights to approach.
    levels : sequence of int
        Ascending levels.

    Returns
    -------
    Tensor, shape (out, 1, ...)
        At least `SMALLEST_STEP`, also where a channel is all zero.
    """
    rows = weight.flatten(1)
    magnitude = max(abs(levels[0]), abs(levels[-1]))
    largest = rows.abs().amax(1, keepdim=True) / magnitude
    step = _search(rows, largest, lambda tried: quant_weight(rows, tried, list(levels)))
    return step.reshape(-1, *[1] * (weight.dim() - 1))


@torch.no_grad()
def activation_step(x: Tensor, min_level: int, max_level: int) -> Tensor:
    """Return the best scalar step for the activations `x` of one batch."""
    row = x.reshape(1, -1)
    largest = row.abs().amax(1, keepdim=True) / max_level
    step = _search(row, largest, lambda tried: quant_act(row, tried, min_level, max_level))
    return step.reshape(())
