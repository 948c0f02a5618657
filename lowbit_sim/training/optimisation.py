"""How parameters move: AdamW, a linear warm-up and a half cosine down to zero."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.optim import AdamW

from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.workload.recipe_spec import RecipeSpec

#: key of a parameter group: the rate that the schedule's factor multiplies
HIGHEST_RATE = "highest_rate"


def optimiser_of(model: nn.Module, recipe: RecipeSpec, learning_rate: float) -> AdamW:
    """Return the optimiser of `model`, whose rates `set_rates` sets before every batch."""
    optimiser = torch.optim.AdamW(_parameter_groups(model, recipe, learning_rate), fused=True)
    for group in optimiser.param_groups:
        group[HIGHEST_RATE] = group["lr"]
    return optimiser


def set_rates(optimiser: AdamW, factor: float) -> None:
    """Give every group of parameters its highest rate times `factor`."""
    for group in optimiser.param_groups:
        group["lr"] = group[HIGHEST_RATE] * factor


def is_step(name: str) -> bool:
    """Return whether the parameter called `name` is a quantiser's step or codebook."""
    return name.rpartition(".")[2] in QuantisedWeight.STEP_NAMES


def _parameter_groups(
    model: nn.Module, recipe: RecipeSpec, learning_rate: float
) -> list[dict[str, object]]:
    """Return the optimiser's groups: only weights decay, and steps have rates of their own.

    A step's rate is in proportion to where the step starts. AdamW moves every parameter by about
    its rate, whatever the gradient's size, and steps differ by orders of magnitude: a rate that
    suits two levels lets the steps of 256 levels collapse.
    """
    weights: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    steps: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if is_step(name):
            steps.append(parameter)
        elif name.endswith("weight") and parameter.dim() > 1:
            weights.append(parameter)
        else:
            others.append(parameter)
    relative_rate = learning_rate * recipe.quantiser.step_learning_rate_factor
    return [
        {"params": weights, "lr": learning_rate, "weight_decay": recipe.weight_decay},
        {"params": others, "lr": learning_rate, "weight_decay": 0.0},
        *(
            {"params": [step], "lr": relative_rate * step.abs().mean().item(), "weight_decay": 0.0}
            for step in steps
        ),
    ]


def rate_factor(done: int, total: int, warmup_fraction: float) -> float:
    """Return what the learning rate is multiplied by after `done` of `total` batches.

    Examples
    --------
    >>> [rate_factor(done, 10, 0.2) for done in (0, 1, 2, 6)]
    [0.5, 1.0, 1.0, 0.5]
    """
    warmup = max(1, round(total * warmup_fraction))
    if done < warmup:
        return (done + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (done - warmup) / max(1, total - warmup)))
