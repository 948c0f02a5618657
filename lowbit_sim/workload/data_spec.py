"""Which images a workload is trained on, and how they are split.

A set has three parts. Networks learn from the training part; whoever chooses something (rates,
epochs, widths) chooses it by the validation part; the test part is only ever measured.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.images import ImageShape
from lowbit_sim.workload.fields import Count, Index, Less, Part, Section


class DigitsData(Section):
    """scikit-learn's digits, which have no test part of their own."""

    dataset: Literal["digits"]
    test_fraction: Part
    validation_fraction: Less
    split_seed: Index

    @property
    def shape(self) -> ImageShape:
        """What an image is."""
        return CATALOGUE[self.dataset].shape


class NamedData(Section):
    """A published set with a test part of its own; the validation part is cut from the rest."""

    dataset: Literal["mnist", "fashion_mnist", "cifar10", "cifar10_jpeg"]
    validation_fraction: Less
    split_seed: Index

    @property
    def shape(self) -> ImageShape:
        """What an image is."""
        return CATALOGUE[self.dataset].shape


class FileData(Section):
    """A user's own images: an ``.npz`` file or a folder of images, with a test part or without."""

    dataset: Literal["npz", "image_folder"]
    path: Annotated[str, Field(min_length=1)]
    image_channels: Literal[1, 3]
    image_side: Count
    classes: Annotated[int, Field(strict=True, ge=2)]
    test_fraction: Part | None = None
    validation_fraction: Less
    split_seed: Index

    @property
    def shape(self) -> ImageShape:
        """What an image is."""
        return ImageShape(self.image_channels, self.image_side, self.classes)


DataSpec = Annotated[DigitsData | NamedData | FileData, Field(discriminator="dataset")]
