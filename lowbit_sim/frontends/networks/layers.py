"""What the networks share: convolutions in the shapes they use, and a quantised table."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.training.layers import QuantConv2d, QuantisedWeight

#: images and classes of ImageNet-1k
IMAGE_CHANNELS, CLASSES = 3, 1000

#: the activation format of a layer whose input comes rounded: it needs no quantiser of its own
ROUNDED = "fp32"


def convolution(
    inside: int,
    outside: int,
    kernel_side: int,
    weight_format: str,
    activation_format: str,
    *,
    stride: int = 1,
) -> QuantConv2d:
    """Return a convolution in front of a batch norm, padded to keep the image's side."""
    return QuantConv2d(
        inside,
        outside,
        kernel_side,
        weight_format,
        activation_format,
        stride=stride,
        padding=kernel_side // 2,
        bias=False,
    )


class DepthwiseConv2d(QuantConv2d):
    """A 3 × 3 convolution of each channel by itself, in front of a batch norm."""

    def __init__(
        self, channels: int, weight_format: str, activation_format: str, *, stride: int
    ) -> None:
        nn.Conv2d.__init__(
            self, channels, channels, 3, stride, padding=1, groups=channels, bias=False
        )
        self.set_formats(weight_format, activation_format)


class QuantEmbedding(QuantisedWeight, nn.Embedding):
    """A table of rows with a format and a step for each row."""

    def __init__(self, rows: int, features: int, weight_format: str) -> None:
        nn.Embedding.__init__(self, rows, features)
        self.set_formats(weight_format, ROUNDED)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the rows of the tokens, shape (..., features)."""
        return functional.embedding(tokens, self.rounded_weight())
