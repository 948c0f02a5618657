"""What is measured of a network while it trains and when it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lowbit_sim.training.datasets import Part
from lowbit_sim.training.layers import QuantisedWeight

#: images measured at once
TEST_BATCH = 500


@contextmanager
def repeatable() -> Iterator[None]:
    """Make torch deterministic inside, on one thread, and leave its state as it was."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=strict)


def count_correct(model: nn.Module, part: Part) -> int:
    """Return how many images of `part` the network classifies rightly, in evaluation mode.

    An image without a finite largest logit is classified wrongly.
    """
    model.eval()
    correct = 0
    with repeatable(), torch.no_grad():
        for start in range(0, len(part), TEST_BATCH):
            which = slice(start, start + TEST_BATCH)
            largest, guessed = model(part.images(which)).max(1)
            right = (guessed == part.labels[which]) & largest.isfinite()
            correct += int(right.sum())
    return correct


def quantised_layers(model: nn.Module) -> dict[str, QuantisedWeight]:
    """Return the layers with weights by name, those of floating-point formats included."""
    return {n: part for n, part in model.named_modules() if isinstance(part, QuantisedWeight)}


def body_codes(model: nn.Module, weight_format: str) -> dict[str, Tensor]:
    """Return the codes of the layers that have `weight_format`; none of a floating-point one."""
    return {
        name: layer.codes()
        for name, layer in quantised_layers(model).items()
        if layer.levels and layer.weight_format == weight_format
    }


@dataclass(frozen=True, slots=True)
class WeightChange:
    """What an epoch did to the weights of the body, as parts of all of them."""

    zero_fraction: float
    flip_fraction: float


def weight_change(
    before: Mapping[str, Tensor], after: Mapping[str, Tensor], zero_code: int | None
) -> WeightChange:
    """Return how many weights are zero, and how many have another code than before.

    Parameters
    ----------
    before, after : mapping of str to Tensor
        The codes of each layer.
    zero_code : int, optional
        The code of zero, if there is one.
    """
    weights = sum(codes.numel() for codes in after.values())
    if not weights:
        return WeightChange(0.0, 0.0)
    zeros = 0
    if zero_code is not None:
        zeros = sum(int((codes == zero_code).sum()) for codes in after.values())
    flips = sum(int((codes != before[name]).sum()) for name, codes in after.items())
    return WeightChange(zeros / weights, flips / weights)


@torch.no_grad()
def re_estimate_batch_norms(model: nn.Module, part: Part, images: int, batch_size: int) -> None:
    """Let batch norms take their statistics from the first `images` images, weights rounded.

    The mean over all batches stands in the place of the moving average; nothing else changes.
    """
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not images or not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    for start in range(0, min(images, len(part)), batch_size):
        model(part.images(slice(start, min(start + batch_size, images))))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
