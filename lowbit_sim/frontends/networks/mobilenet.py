"""MobileNetV2 [1]_: inverted residuals with depthwise convolutions.

Activations are rounded once where a block begins, so that the shortcut carries int8 as well.

References
----------
.. [1] M. Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018,
   table 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.frontends.networks.layers import (
    CLASSES,
    IMAGE_CHANNELS,
    ROUNDED,
    DepthwiseConv2d,
    convolution,
)
from lowbit_sim.training.layers import QuantLinear, activation_quantiser
from lowbit_sim.training.models import LayerFormats

STEM_CHANNELS, LAST_CHANNELS = 32, 1280

#: expansion, output channels, blocks, stride of the first
Stage = tuple[int, int, int, int]

VARIANTS: Mapping[str, tuple[Stage, ...]] = {
    "mobilenet_v2": (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
}


class InvertedResidual(nn.Module):
    """A 1 × 1 convolution to more channels, a depthwise one, and one back to few, linearly."""

    def __init__(
        self, inside: int, outside: int, expansion: int, stride: int, formats: LayerFormats
    ) -> None:
        super().__init__()
        body, activation, hidden = formats.body, formats.activation, inside * expansion
        self.is_residual = stride == 1 and inside == outside
        self.quantise = activation_quantiser(activation)
        self.expands = expansion > 1
        if self.expands:
            self.expand = convolution(inside, hidden, 1, body, ROUNDED)
            self.expand_norm = nn.BatchNorm2d(hidden)
        read = activation if self.expands else ROUNDED
        self.depthwise = DepthwiseConv2d(hidden, body, read, stride=stride)
        self.depthwise_norm = nn.BatchNorm2d(hidden)
        self.project = convolution(hidden, outside, 1, body, activation)
        self.project_norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, shape (batch, outside, height, width)."""
        shortcut = x = self.quantise(x)
        if self.expands:
            x = functional.relu6(self.expand_norm(self.expand(x)))
        x = functional.relu6(self.depthwise_norm(self.depthwise(x)))
        x = self.project_norm(self.project(x))
        return x + shortcut if self.is_residual else x


class Mobilenet(nn.Module):
    """A stem, the blocks, a 1 × 1 convolution, the mean over all pixels, a linear head."""

    def __init__(self, stages: Sequence[Stage], formats: LayerFormats) -> None:
        super().__init__()
        stem = (IMAGE_CHANNELS, STEM_CHANNELS, 3, formats.first, formats.activation)
        self.stem = convolution(*stem, stride=2)
        self.stem_norm = nn.BatchNorm2d(STEM_CHANNELS)
        blocks, inside = [], STEM_CHANNELS
        for expansion, outside, depth, first_stride in stages:
            for index in range(depth):
                stride = 1 if index else first_stride
                blocks.append(InvertedResidual(inside, outside, expansion, stride, formats))
                inside = outside
        self.blocks = nn.Sequential(*blocks)
        self.widen = convolution(inside, LAST_CHANNELS, 1, formats.body, formats.activation)
        self.widen_norm = nn.BatchNorm2d(LAST_CHANNELS)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.head = QuantLinear(LAST_CHANNELS, CLASSES, formats.last, formats.activation)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape (batch, 1000)."""
        x = self.blocks(functional.relu6(self.stem_norm(self.stem(images))))
        x = functional.relu6(self.widen_norm(self.widen(x)))
        return self.head(self.mean(x).flatten(1))  # type: ignore[no-any-return]
