"""Where steps come from: the smallest squared error over a range, or the weights' statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lowbit_sim.training.quantizers import quant_act, quant_weight
from lowbit_sim.workload.assumed_weights import best_step
from lowbit_sim.workload.recipe_spec import StepSource

#: a step never becomes smaller than this, so that dividing by it is always defined
SMALLEST_STEP = 1e-8
#: tried steps, as parts of the step that just reaches the largest value
CANDIDATES = tuple(part / 100 for part in range(2, 121))
#: mean magnitude of a normal variable of deviation 1
MEAN_MAGNITUDE = math.sqrt(2 / math.pi)
#: up to so many levels, absmean is the mean magnitude itself
FEW_LEVELS = 3


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


def statistical_step(rows: Tensor, levels: Sequence[int], source: StepSource) -> Tensor:
    """Return the step of each row that follows from the weights' statistics.

    - ``absmean``: the mean magnitude for three levels (S. Ma et al., arXiv:2402.17764, section
      2) and for two, and for more the step of least error of Gaussian weights of that magnitude.
    - ``statistics``: the step of least error of Gaussian weights with that root mean square.
    - ``codebook``: the root mean square itself, by which the codebook's values are scaled.

    Parameters
    ----------
    rows : Tensor, shape (steps, weights)
        The weights that share a step.
    levels : sequence of int
        Ascending levels.
    source : str
        As above.

    Returns
    -------
    Tensor, shape (steps, 1)
        At least `SMALLEST_STEP`.
    """
    if source == "absmean":
        factor = 1.0
        if len(levels) > FEW_LEVELS:
            factor = best_step(tuple(levels)) / MEAN_MAGNITUDE
        step = factor * rows.abs().mean(1, keepdim=True)
    else:
        factor = best_step(tuple(levels)) if source == "statistics" else 1.0
        step = factor * rows.square().mean(1, keepdim=True).sqrt()
    return step.clamp(min=SMALLEST_STEP)
