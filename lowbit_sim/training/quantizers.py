"""The three quantising operators, each one node in an exported graph.

Their schemas are the border between training and the front end: do not change them lightly.
While a network trains, `TrainedWeight` and `TrainedActivation` compute the same with a gradient,
at a third of what a registered operator costs to call.
Gradients are straight-through: rounding counts as the identity. Steps are learned [1]_, with no
mask on the weights' gradient, because with two or three levels a mask starves most weights.

References
----------
.. [1] S. K. Esser et al., "Learned Step Size Quantization", ICLR 2020.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lowbit_sim.workload.recipe_spec import GradientMask


def nearest_codes(ratio: Tensor, levels: Sequence[int]) -> Tensor:
    """Return the index of the level nearest to each value; a tie goes to the lower level.

    Parameters
    ----------
    ratio : Tensor
        Values in units of the step, any shape.
    levels : sequence of int
        Ascending levels, evenly spaced or not.

    Returns
    -------
    Tensor of int64
        The same shape, each from 0 to ``len(levels) - 1``.
    """
    distance = _distance(levels)
    if distance is None:
        return torch.bucketize(ratio.contiguous(), _midpoints(ratio, levels))
    nearest = nearest_levels(ratio, levels)
    return nearest.sub_(levels[0]).div_(distance).to(torch.int64)


def nearest_levels(ratio: Tensor, levels: Sequence[int]) -> Tensor:
    """Return the level nearest to each value, as `nearest_codes` counts them."""
    distance = _distance(levels)
    if distance is None:
        values = torch.tensor(levels, dtype=ratio.dtype, device=ratio.device)
        return values[nearest_codes(ratio, levels)]
    halves = ratio - 0.5 if distance == 1 else ratio / 2  # all integers, or all odd ones
    rounded = halves.ceil_().mul_(distance).sub_(distance - 1)
    return rounded.clamp_(levels[0], levels[-1])


def _distance(levels: Sequence[int]) -> int | None:
    """Return 1 for successive integers, 2 for successive odd ones, None for any others."""
    distances = {high - low for low, high in itertools.pairwise(levels)}
    if distances == {1}:
        return 1
    return 2 if distances == {2} and levels[0] % 2 else None


def _midpoints(ratio: Tensor, levels: Sequence[int]) -> Tensor:
    midpoints = [(low + high) / 2 for low, high in itertools.pairwise(levels)]
    return torch.tensor(midpoints, dtype=ratio.dtype, device=ratio.device)


@torch.library.custom_op(
    "lowbit_sim::quant_weight",
    mutates_args=(),
    schema="(Tensor weight, Tensor step, int[] levels) -> Tensor",
)
def quant_weight(weight: Tensor, step: Tensor, levels: Sequence[int]) -> Tensor:
    """Return the level nearest to ``weight / step``, times the step; it passes no gradient.

    Parameters
    ----------
    weight : Tensor
        Any shape, output channels first.
    step : Tensor
        Positive, broadcast against `weight`: ``[out, 1, ...]`` for a step per output channel.
    levels : list of int
        Ascending levels.
    """
    return nearest_levels(weight / step, levels).mul_(step)


@quant_weight.register_fake
def _(weight: Tensor, step: Tensor, levels: Sequence[int]) -> Tensor:  # noqa: ARG001
    return torch.empty_like(weight)


class TrainedWeight(torch.autograd.Function):
    """`quant_weight` with a gradient: straight through to the weights, and one for the step.

    The step's gradient is scaled by 1 / √(weights per step · largest magnitude of a level).
    """

    @staticmethod
    def forward(ctx: Any, weight: Tensor, step: Tensor, levels: Sequence[int]) -> Tensor:
        """Return the same as `quant_weight`."""
        ratio = weight / step
        rounded = nearest_levels(ratio, levels)
        ctx.save_for_backward(ratio, rounded)
        ctx.step_shape, ctx.levels = step.shape, levels
        return rounded * step

    @staticmethod
    def backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor, Tensor | None, None]:
        """Return the gradients of weight and step."""
        if not ctx.needs_input_grad[1]:
            return output_gradient, None, None
        # d(output)/d(step) = rounded - ratio inside the range of the levels, rounded outside
        ratio, rounded = ctx.saved_tensors
        inside = (ratio >= ctx.levels[0]) & (ratio <= ctx.levels[-1])
        slope = (rounded - ratio * inside).mul_(output_gradient)
        magnitude = max(abs(ctx.levels[0]), abs(ctx.levels[-1]))
        scale = (ratio.numel() / ctx.step_shape.numel() * magnitude) ** -0.5
        return output_gradient, slope.sum_to_size(ctx.step_shape).mul_(scale), None


def masked(weight: Tensor, step: Tensor, levels: Sequence[int], mask: GradientMask) -> Tensor:
    """Return `weight`, of which some elements pass no gradient.

    Parameters
    ----------
    weight, step, levels
        As for `quant_weight`.
    mask : str
        ``none``; ``clip``, beyond the outermost levels; ``cell_edge``, beyond the outer edge of
        the cells of the outermost levels, half a distance of levels further out.
    """
    if mask == "none":
        return weight
    low, high = float(levels[0]), float(levels[-1])
    if mask == "cell_edge":
        low -= (levels[1] - levels[0]) / 2
        high += (levels[-1] - levels[-2]) / 2
    with torch.no_grad():
        ratio = weight / step
        passes = (ratio >= low) & (ratio <= high)
    return torch.where(passes, weight, weight.detach())


@torch.library.custom_op(
    "lowbit_sim::quant_act",
    mutates_args=(),
    schema="(Tensor x, Tensor step, int min_level, int max_level) -> Tensor",
)
def quant_act(x: Tensor, step: Tensor, min_level: int, max_level: int) -> Tensor:
    """Return ``x / step``, rounded (ties to even) and clamped, times the step, without gradient.

    Parameters
    ----------
    x : Tensor
        Activations of any shape, samples first.
    step : Tensor
        A positive scalar.
    min_level, max_level : int
        The range of the levels, all integers between included.
    """
    return (x / step).round_().clamp_(min_level, max_level).mul_(step)


@quant_act.register_fake
def _(x: Tensor, step: Tensor, min_level: int, max_level: int) -> Tensor:  # noqa: ARG001
    return torch.empty_like(x)


class TrainedActivation(torch.autograd.Function):
    """`quant_act` with a gradient: straight through, but for clamped activations, and to the step.

    The step's gradient is scaled by 1 / √(activations per sample · `max_level`).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, step: Tensor, min_level: int, max_level: int) -> Tensor:
        """Return the same as `quant_act`."""
        ratio = x / step
        ctx.save_for_backward(ratio)
        ctx.min_level, ctx.max_level = min_level, max_level
        return ratio.round().clamp_(min_level, max_level).mul_(step)

    @staticmethod
    def backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor, Tensor | None, None, None]:
        """Return the gradients of activations and step."""
        # as for weights; the sums over all activations are dot products, which are much faster
        (ratio,) = ctx.saved_tensors
        clamped = ratio.clamp(ctx.min_level, ctx.max_level)
        passed = output_gradient * (clamped == ratio)
        if not ctx.needs_input_grad[1]:
            return passed, None, None, None
        gradient = _dot(clamped.round_(), output_gradient) - _dot(ratio, passed)
        return passed, gradient * (ratio[0].numel() * ctx.max_level) ** -0.5, None, None


def _dot(left: Tensor, right: Tensor) -> Tensor:
    """Return the sum of all products, without a copy where both lie in memory the same way."""
    if left.dim() == 4 and left.stride() == right.stride():  # noqa: PLR2004 (images)
        left, right = left.permute(0, 2, 3, 1), right.permute(0, 2, 3, 1)
    return torch.dot(left.reshape(-1), right.reshape(-1))


@torch.library.custom_op(
    "lowbit_sim::cast", mutates_args=(), schema="(Tensor x, str format) -> Tensor"
)
def cast(x: Tensor, format: str) -> Tensor:  # noqa: A002 - the schema's own word
    """Return `x` rounded to `format` and back; the gradient passes unchanged.

    Raises
    ------
    ValueError
        If `format` is not ``bf16``.
    """
    if format != "bf16":
        raise ValueError(f"cannot cast to {format!r}; allowed: bf16")
    return x.to(torch.bfloat16).to(x.dtype, copy=True)


@cast.register_fake
def _(x: Tensor, format: str) -> Tensor:  # noqa: A002, ARG001
    return torch.empty_like(x)


def _cast_backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ARG001
    return output_gradient, None


cast.register_autograd(_cast_backward)
