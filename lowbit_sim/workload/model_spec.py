"""The three network families that are trained here, as a workload file states them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from lowbit_sim.workload.fields import Count, Section, some


class FcnnModel(Section):
    """Fully connected layers with ReLU between them."""

    family: Literal["fcnn"]
    hidden_features: Annotated[tuple[Count, ...], AfterValidator(some)]

    def fault_with(self, image_side: int) -> str | None:  # noqa: ARG002
        """Any image can be flattened."""
        return None


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


Model = FcnnModel | CvnnModel | VitModel
