"""The three quantising operators, each one node in an exported graph.

Their schemas are the border between training and the front end: do not change them lightly.
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
    midpoints = [(low + high) / 2 for low, high in itertools.pairwise(levels)]
    borders = torch.tensor(midpoints, dtype=ratio.dtype, device=ratio.device)
    return torch.bucketize(ratio.contiguous(), borders)


def _nearest_levels(ratio: Tensor, levels: Sequence[int]) -> Tensor:
    values = torch.tensor(levels, dtype=ratio.dtype, device=ratio.device)
    return values[nearest_codes(ratio, levels)]


@torch.library.custom_op(
    "lowbit_sim::quant_weight",
    mutates_args=(),
    schema="(Tensor weight, Tensor step, int[] levels) -> Tensor",
)
def quant_weight(weight: Tensor, step: Tensor, levels: Sequence[int]) -> Tensor:
    """Return the level nearest to ``weight / step``, times the step.

    Parameters
    ----------
    weight : Tensor
        Any shape, output channels first.
    step : Tensor
        Positive, broadcast against `weight`: ``[out, 1, ...]`` for a step per output channel.
    levels : list of int
        Ascending levels.

    Notes
    -----
    The step's gradient is scaled by 1 / √(weights per step · largest magnitude of a level).
    """
    return _nearest_levels(weight / step, levels) * step


@quant_weight.register_fake
def _(weight: Tensor, step: Tensor, levels: Sequence[int]) -> Tensor:  # noqa: ARG001
    return torch.empty_like(weight, memory_format=torch.contiguous_format)


def _keep_weight(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG001
    weight, step, ctx.levels = inputs
    ctx.save_for_backward(weight, step)


def _weight_backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor, Tensor, None]:
    # d(output)/d(step) = rounded - ratio inside the range of the levels, rounded outside
    weight, step = ctx.saved_tensors
    ratio = weight / step
    inside = ratio.clamp(ctx.levels[0], ctx.levels[-1]) == ratio
    slope = _nearest_levels(ratio, ctx.levels) - ratio * inside
    magnitude = max(abs(ctx.levels[0]), abs(ctx.levels[-1]))
    scale = (weight.numel() / step.numel() * magnitude) ** -0.5
    return output_gradient, (slope * output_gradient).sum_to_size(step.shape) * scale, None


quant_weight.register_autograd(_weight_backward, setup_context=_keep_weight)


@torch.library.custom_op(
    "lowbit_sim::quant_act",
    mutates_args=(),
    schema="(Tensor x, Tensor step, int min_level, int max_level) -> Tensor",
)
def quant_act(x: Tensor, step: Tensor, min_level: int, max_level: int) -> Tensor:
    """Return ``x / step``, rounded (ties to even) and clamped, times the step.

    Parameters
    ----------
    x : Tensor
        Activations of any shape, samples first.
    step : Tensor
        A positive scalar.
    min_level, max_level : int
        The range of the levels, all integers between included.

    Notes
    -----
    No gradient passes to clamped activations. The step's gradient is scaled by
    1 / √(activations per sample · `max_level`).
    """
    return (x / step).round_().clamp_(min_level, max_level).mul_(step)


@quant_act.register_fake
def _(x: Tensor, step: Tensor, min_level: int, max_level: int) -> Tensor:  # noqa: ARG001
    return torch.empty_like(x)


def _keep_activation(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG001
    x, step, ctx.min_level, ctx.max_level = inputs
    ctx.save_for_backward(x, step)


def _activation_backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
    # as for weights; the sums over all activations are dot products, which are much faster
    x, step = ctx.saved_tensors
    ratio = x / step
    clamped = ratio.clamp(ctx.min_level, ctx.max_level)
    passed = output_gradient * (clamped == ratio)
    gradient = _dot(clamped.round_(), output_gradient) - _dot(ratio, passed)
    scale = (x[0].numel() * ctx.max_level) ** -0.5
    return passed, (gradient * scale).reshape(step.shape), None, None


def _dot(left: Tensor, right: Tensor) -> Tensor:
    return torch.dot(left.reshape(-1), right.reshape(-1))


quant_act.register_autograd(_activation_backward, setup_context=_keep_activation)


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
