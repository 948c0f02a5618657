"""Vision transformers with a class token: ViT-B [1]_, and ViT-S and ViT-Ti [2]_.

The blocks are those of the trained ``vit``. The stream between blocks stays unrounded, as there;
what goes into a matrix product is int8.

References
----------
.. [1] A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, table 1.
.. [2] H. Touvron et al., "Training data-efficient image transformers", ICML 2021, table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lowbit_sim.frontends.networks.layers import CLASSES, IMAGE_CHANNELS
from lowbit_sim.training.layers import QuantConv2d, QuantLinear
from lowbit_sim.training.models import Block, LayerFormats


@dataclass(frozen=True, slots=True)
class VitShape:
    """Features of a token, heads, blocks; the hidden layer is four times as wide as a token."""

    width: int
    heads: int
    depth: int = 12


VARIANTS: Mapping[str, VitShape] = {
    "vit_ti": VitShape(192, 3),
    "vit_s": VitShape(384, 6),
    "vit_b": VitShape(768, 12),
}


class Vit(nn.Module):
    """Patches and a class token, learned positions, blocks, a linear head on the class token."""

    def __init__(
        self, shape: VitShape, image_side: int, patch_side: int, formats: LayerFormats
    ) -> None:
        super().__init__()
        width, side = shape.width, patch_side
        self.embed = QuantConv2d(
            IMAGE_CHANNELS, width, side, formats.first, formats.activation, stride=side
        )
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        tokens = (image_side // side) ** 2 + 1
        self.position = nn.Parameter(torch.zeros(1, tokens, width))
        block = (width, shape.heads, 4 * width, formats)
        self.blocks = nn.Sequential(*(Block(*block) for _ in range(shape.depth)))
        self.norm = nn.LayerNorm(width)
        self.head = QuantLinear(width, CLASSES, formats.last, formats.activation)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape (batch, 1000)."""
        patches = self.embed(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token, patches], dim=1) + self.position
        return self.head(self.norm(self.blocks(tokens))[:, 0])  # type: ignore[no-any-return]
