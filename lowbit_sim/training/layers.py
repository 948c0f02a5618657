"""Layers that carry the format of their weights and quantise what goes into them.

An integer format is a step for the weights, learned for each output channel unless a recipe says
otherwise, and a learned scalar step for the activations; bf16 is a cast of both; fp32 adds
nothing. Biases stay fp32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.training.codebook import codebook_weight, nearest_values
from lowbit_sim.training.quantizers import (
    TrainedActivation,
    TrainedWeight,
    cast,
    masked,
    nearest_codes,
    quant_act,
    quant_weight,
)
from lowbit_sim.training.steps import activation_step, statistical_step, weight_step
from lowbit_sim.workload.assumed_weights import best_step
from lowbit_sim.workload.recipe_spec import GradientMask, Granularity, QuantiserSpec, StepSource

#: what the activations around weights of a floating-point format are
FLOAT_FORMATS = ("bf16", "fp32")


class ActivationQuantiser(nn.Module):
    """Rounds activations to an integer format with a learned scalar step.

    Parameters
    ----------
    activation_format : str
        Name of an integer format without gaps between its levels.
    """

    step: nn.Parameter

    def __init__(self, activation_format: str) -> None:
        super().__init__()
        fmt = number_format(activation_format)
        self.min_level, self.max_level = fmt.min_level, fmt.max_level
        self.step = nn.Parameter(torch.ones(()))
        self.calibrating = False

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` rounded; while calibrating, choose the step from `x` first."""
        if self.calibrating:
            self.step.data = activation_step(x, self.min_level, self.max_level)
        quantise = TrainedActivation.apply if self.training else quant_act
        rounded: Tensor = quantise(x, self.step, self.min_level, self.max_level)  # type: ignore[no-untyped-call]
        return rounded


class Cast(nn.Module):
    """Rounds activations to a floating-point format.

    Parameters
    ----------
    activation_format : str
        The format's name.
    """

    def __init__(self, activation_format: str) -> None:
        super().__init__()
        self.activation_format = activation_format

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` rounded."""
        rounded: Tensor = cast(x, self.activation_format)
        return rounded


def activation_quantiser(activation_format: str) -> nn.Module:
    """Return the module that rounds activations to `activation_format`."""
    if activation_format == "fp32":
        return nn.Identity()
    if activation_format in FLOAT_FORMATS:
        return Cast(activation_format)
    return ActivationQuantiser(activation_format)


def fix_input_step(model: nn.Module) -> None:
    """Let the step of the image stay where it is: it stands first, and images do not drift.

    No gradient then has to go through the first layer, which has the largest input of all.
    """
    for part in model.modules():
        if isinstance(part, ActivationQuantiser):
            part.step.requires_grad = False
            return


@contextmanager
def calibration(model: nn.Module) -> Iterator[None]:
    """Let every `ActivationQuantiser` of `model` choose its step from what passes inside."""
    quantisers = [part for part in model.modules() if isinstance(part, ActivationQuantiser)]
    for quantiser in quantisers:
        quantiser.calibrating = True
    try:
        yield
    finally:
        for quantiser in quantisers:
            quantiser.calibrating = False


class QuantisedWeight(nn.Module):
    """What linear and convolutional layers share: a weight, its format and its step.

    Attributes
    ----------
    weight_format : str
        Name of the weights' format.
    weight_step : Tensor, shape (out, 1, ...) or (1, 1, ...)
        Only where the format is an integer format. A parameter if it is learned, else a buffer
        that follows the weights while they train.
    codebook : nn.Parameter, shape (levels,)
        Only of the recipe of that name: the learned values in the place of the levels.
    quantise_input : nn.Module
        Rounds the layer's input.
    """

    #: parameters and buffers that only a quantised layer has end in one of these
    STEP_NAMES: ClassVar[tuple[str, ...]] = ("weight_step", "step", "codebook")

    weight: Tensor
    weight_step: Tensor
    codebook: nn.Parameter
    weight_format: str
    quantise_input: nn.Module

    def set_formats(self, weight_format: str, activation_format: str) -> None:
        """Make room for the step, if any, and for the input's quantiser."""
        self.weight_format = weight_format
        self.levels = list(number_format(weight_format).levels)
        self.step_source: StepSource = "learned"
        self.granularity: Granularity = "channel"
        self.gradient_mask: GradientMask = "none"
        if self.levels:
            shape = (self.weight.shape[0], *[1] * (self.weight.dim() - 1))
            self.weight_step = nn.Parameter(torch.ones(shape))
        self.quantise_input = activation_quantiser(activation_format)

    def set_quantiser(self, quantiser: QuantiserSpec) -> None:
        """Train the weights, if their format is an integer one, as `quantiser` says."""
        if not self.levels:
            return
        self.step_source, self.granularity = quantiser.step, quantiser.granularity
        self.gradient_mask = quantiser.gradient_mask
        rows = 1 if self.granularity == "tensor" else self.weight.shape[0]
        step = torch.ones(rows, *[1] * (self.weight.dim() - 1))
        del self.weight_step
        if self.step_source == "learned":
            self.weight_step = nn.Parameter(step)
        else:
            self.register_buffer("weight_step", step)
        if self.step_source == "codebook":
            self.codebook = nn.Parameter(torch.ones(len(self.levels)))

    def choose_weight_step(self) -> None:
        """Start the step, if any, at what the recipe takes from the present weights."""
        if not self.levels:
            return
        self.follow_weights()
        if self.step_source == "learned":
            rows = self._rows()
            self.weight_step.data = weight_step(rows, self.levels).reshape(self.weight_step.shape)
        elif self.step_source == "codebook":
            levels = torch.tensor(self.levels, device=self.weight.device)
            self.codebook.data = levels * best_step(tuple(self.levels))

    @torch.no_grad()
    def follow_weights(self) -> None:
        """Take a step that is not learned from the present weights."""
        if self.levels and self.step_source != "learned":
            step = statistical_step(self._rows(), self.levels, self.step_source)
            self.weight_step.copy_(step.reshape(self.weight_step.shape))

    def rounded_weight(self) -> Tensor:
        """Return the weights as the format holds them."""
        if self.weight_format == "fp32":
            return self.weight
        if not self.levels:
            return cast(self.weight, self.weight_format)  # type: ignore[no-any-return]
        weight = self.weight
        if self.training:
            self.follow_weights()
            weight = masked(weight, self.weight_step, self.levels, self.gradient_mask)
        if self.step_source == "codebook":
            return codebook_weight(weight, self.weight_step, self.codebook)
        quantise = TrainedWeight.apply if self.training else quant_weight
        rounded: Tensor = quantise(weight, self.weight_step, self.levels)  # type: ignore[no-untyped-call]
        return rounded

    @torch.no_grad()
    def codes(self) -> Tensor:
        """Return the index of each weight's level, or of its codebook value; shape of the weight.

        Raises
        ------
        ValueError
            If the format has no levels.
        """
        if not self.levels:
            raise ValueError(f"{self.weight_format} has no levels")
        ratio = self.weight / self.weight_step
        if self.step_source == "codebook":
            return nearest_values(ratio, self.codebook)
        return nearest_codes(ratio, self.levels)

    def _rows(self) -> Tensor:
        """Return the weights, one row for each step."""
        return self.weight.detach().reshape(self.weight_step.shape[0], -1)


class QuantLinear(QuantisedWeight, nn.Linear):
    """A linear layer with a weight format.

    Parameters
    ----------
    in_features, out_features : int
        Features.
    weight_format, activation_format : str
        Names of the formats.
    bias : bool
        Whether there is one.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        weight_format: str,
        activation_format: str,
        *,
        bias: bool = True,
    ) -> None:
        nn.Linear.__init__(self, in_features, out_features, bias)
        self.set_formats(weight_format, activation_format)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, shape (..., out_features)."""
        return functional.linear(self.quantise_input(x), self.rounded_weight(), self.bias)


class QuantConv2d(QuantisedWeight, nn.Conv2d):
    """A square convolution with a weight format.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels.
    kernel_side : int
        Height and width of the kernel, in pixels.
    weight_format, activation_format : str
        Names of the formats.
    stride, padding : int
        In pixels, the same in both directions.
    bias : bool
        Whether there is one (not in front of a batch norm).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_side: int,
        weight_format: str,
        activation_format: str,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        nn.Conv2d.__init__(self, in_channels, out_channels, kernel_side, stride, padding, bias=bias)
        self.set_formats(weight_format, activation_format)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, shape (batch, out_channels, out_height, out_width)."""
        weight = self.rounded_weight()
        return functional.conv2d(
            self.quantise_input(x),
            weight,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
        )
