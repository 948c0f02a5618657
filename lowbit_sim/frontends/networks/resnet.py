"""Residual networks: ResNet-18 and ResNet-50 [1]_, the stride in the 3 × 3 convolution.

That is the variant known as version 1.5, whose parameters and multiply-accumulates libraries
publish. Activations are rounded once where a block begins, before the path divides, so that the
shortcut carries int8 as well; a sum is rounded again as the next block reads it.

References
----------
.. [1] K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.frontends.networks.layers import CLASSES, IMAGE_CHANNELS, ROUNDED, convolution
from lowbit_sim.training.layers import QuantLinear, activation_quantiser
from lowbit_sim.training.models import LayerFormats

STEM_CHANNELS = 64


class Shortcut(nn.Module):
    """A 1 × 1 convolution where a block changes the number of channels or pixels."""

    def __init__(self, inside: int, outside: int, stride: int, formats: LayerFormats) -> None:
        super().__init__()
        self.conv = convolution(inside, outside, 1, formats.body, ROUNDED, stride=stride)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        """Return the input as the sum needs it."""
        return self.norm(self.conv(x))  # type: ignore[no-any-return]


class Block(nn.Module):
    """What both kinds of block share: a path of convolutions beside a shortcut."""

    #: output channels per channel of the 3 × 3 convolution
    EXPANSION: int

    def __init__(self, inside: int, width: int, stride: int, formats: LayerFormats) -> None:
        super().__init__()
        outside = width * self.EXPANSION
        self.quantise = activation_quantiser(formats.activation)
        same = inside == outside and stride == 1
        self.shortcut = nn.Identity() if same else Shortcut(inside, outside, stride, formats)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, shape (batch, width · expansion, height, width)."""
        x = self.quantise(x)
        return functional.relu(self.path(x) + self.shortcut(x))

    def path(self, x: Tensor) -> Tensor:
        """Return what is added to the shortcut."""
        raise NotImplementedError


class BasicBlock(Block):
    """Two 3 × 3 convolutions."""

    EXPANSION = 1

    def __init__(self, inside: int, width: int, stride: int, formats: LayerFormats) -> None:
        super().__init__(inside, width, stride, formats)
        body, activation = formats.body, formats.activation
        self.conv1 = convolution(inside, width, 3, body, ROUNDED, stride=stride)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = convolution(width, width, 3, body, activation)
        self.norm2 = nn.BatchNorm2d(width)

    def path(self, x: Tensor) -> Tensor:
        """Return what is added to the shortcut."""
        x = functional.relu(self.norm1(self.conv1(x)))
        return self.norm2(self.conv2(x))  # type: ignore[no-any-return]


class Bottleneck(Block):
    """A 3 × 3 convolution between two of 1 × 1."""

    EXPANSION = 4

    def __init__(self, inside: int, width: int, stride: int, formats: LayerFormats) -> None:
        super().__init__(inside, width, stride, formats)
        body, activation = formats.body, formats.activation
        self.conv1 = convolution(inside, width, 1, body, ROUNDED)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = convolution(width, width, 3, body, activation, stride=stride)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv3 = convolution(width, width * self.EXPANSION, 1, body, activation)
        self.norm3 = nn.BatchNorm2d(width * self.EXPANSION)

    def path(self, x: Tensor) -> Tensor:
        """Return what is added to the shortcut."""
        x = functional.relu(self.norm1(self.conv1(x)))
        x = functional.relu(self.norm2(self.conv2(x)))
        return self.norm3(self.conv3(x))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class ResnetShape:
    """The kind of block, and how many of them each stage has; a stage doubles the width."""

    block: type[Block]
    depths: tuple[int, ...]


VARIANTS: Mapping[str, ResnetShape] = {
    "resnet18": ResnetShape(BasicBlock, (2, 2, 2, 2)),
    "resnet50": ResnetShape(Bottleneck, (3, 4, 6, 3)),
}


class Resnet(nn.Module):
    """A stem, the stages, the mean over all pixels, a linear head."""

    def __init__(self, shape: ResnetShape, formats: LayerFormats) -> None:
        super().__init__()
        stem = (IMAGE_CHANNELS, STEM_CHANNELS, 7, formats.first, formats.activation)
        self.stem = convolution(*stem, stride=2)
        self.stem_norm = nn.BatchNorm2d(STEM_CHANNELS)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        stages, inside = [], STEM_CHANNELS
        for stage, depth in enumerate(shape.depths):
            width, blocks = STEM_CHANNELS << stage, []
            for index in range(depth):
                stride = 2 if stage and not index else 1
                blocks.append(shape.block(inside, width, stride, formats))
                inside = width * shape.block.EXPANSION
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.head = QuantLinear(inside, CLASSES, formats.last, formats.activation)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape (batch, 1000)."""
        x = self.pool(functional.relu(self.stem_norm(self.stem(images))))
        return self.head(self.mean(self.stages(x)).flatten(1))  # type: ignore[no-any-return]
