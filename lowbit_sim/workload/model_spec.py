"""The three network families that are trained here, as a workload file states them."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from lowbit_sim.data.images import ImageShape
from lowbit_sim.workload.fields import Count, Section, some


class FcnnModel(Section):
    """Fully connected layers with ReLU between them."""

    family: Literal["fcnn"]
    hidden_features: Annotated[tuple[Count, ...], AfterValidator(some)]

    def fault_with(self, image_side: int) -> str | None:  # noqa: ARG002
        """Any image can be flattened."""
        return None

    def macs(self, image: ImageShape) -> int:
        """Return the multiplications of one image, those of weights and activations."""
        features = (image.channels * image.side**2, *self.hidden_features, image.classes)
        return sum(inside * outside for inside, outside in itertools.pairwise(features))


class CvnnModel(Section):
    """Stages of 3 × 3 convolutions with batch norm and ReLU, a 2 × 2 max pool between stages."""

    family: Literal["cvnn"]
    stage_channels: Annotated[
        tuple[Annotated[tuple[Count, ...], AfterValidator(some)], ...], AfterValidator(some)
    ]

    def fault_with(self, image_side: int) -> str | None:
        """Say what is wrong if the pools leave no pixel of an image of that side."""
        most = image_side.bit_length()
        if len(self.stage_channels) <= most:
            return None
        return f"stage_channels has at most {most} stages for images of side {image_side}"

    def macs(self, image: ImageShape) -> int:
        """Return the multiplications of one image."""
        total, inside = 0, image.channels
        for stage, channels in enumerate(self.stage_channels):
            pixels = (image.side >> stage) ** 2
            for outside in channels:
                total += 9 * inside * outside * pixels
                inside = outside
        return total + inside * image.classes


class VitModel(Section):
    """A vision transformer: patches, pre-norm blocks, mean over the tokens, linear head."""

    family: Literal["vit"]
    patch_side: Count
    width: Count
    depth: Count
    heads: Count
    hidden_features: Count

    @model_validator(mode="after")
    def _divides(self) -> VitModel:
        if self.width % self.heads:
            raise ValueError("heads must divide width")
        return self

    def fault_with(self, image_side: int) -> str | None:
        """Say what is wrong if patches do not tile an image of that side."""
        if image_side % self.patch_side:
            return f"patch_side must divide the image side {image_side}"
        return None

    def macs(self, image: ImageShape) -> int:
        """Return the multiplications of one image, those of attention included."""
        tokens = (image.side // self.patch_side) ** 2
        weights = 4 * self.width**2 + 2 * self.width * self.hidden_features
        block = tokens * weights + 2 * tokens**2 * self.width
        embedding = tokens * image.channels * self.patch_side**2 * self.width
        return embedding + self.depth * block + self.width * image.classes


Model = FcnnModel | CvnnModel | VitModel
