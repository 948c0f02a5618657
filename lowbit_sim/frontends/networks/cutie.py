"""The network for CIFAR-10 that CUTIE was made for: every activation is a trit, so is every weight.

Stages of 3 × 3 convolutions of equally many channels, a 2 × 2 max pool between stages, a linear
classifier, the mean over the pixels that are left. Known of it, and assumed:

- eight convolutions in stages of 3, 2, 2 and 1, pools, mean and classifier are those of the
  authors' training code for the first CUTIE [1]_, which has 128 channels;
- 96 channels in each of nine layers is what the second says of its network [2]_. That the nine
  are those eight and the classifier is an own reading, ``assumed``: its list of layers was not at
  hand. The memory of weights of its released design holds eight layers;
- the first layer reads trits too, a thermometer code of the colours made outside. It has 120
  channels where layers have 128; here as many as a layer, 32 for each colour, ``assumed``.

Rounding to three levels follows the batch norm at once; with a step below 2 it contains the hard
tanh with which the network is trained, which is left out. In a floating-point format nothing
takes its place: such a network is of use for its size alone. Mean and classifier are both linear
and may change places: here the classifier comes first, so that it reads trits as well.

References
----------
.. [1] M. Scherer et al., "CUTIE: Beyond PetaOp/s/W Ternary DNN Inference Acceleration With
   Better-Than-Binary Energy Efficiency", IEEE TCAD 41(4), 2022, arXiv:2011.01713; its training
   code: ``HardDense_Model`` in ``TNNUtils.py``, ETH Zürich and University of Bologna, 2020.
.. [2] M. Scherer et al., "TCN-CUTIE: A 1036 TOp/s/W, 2.72 µJ/Inference, 12.2 mW All-Digital
   Ternary Accelerator in 22 nm FDX Technology", arXiv:2212.00688; released design:
   github pulp-platform/CUTIE, conf/cutie_conf.sv.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from lowbit_sim.frontends.networks.layers import ROUNDED, convolution
from lowbit_sim.training.layers import QuantConv2d, activation_quantiser
from lowbit_sim.training.models import LayerFormats

#: of CIFAR-10
CLASSES = 10


@dataclass(frozen=True, slots=True)
class CutieShape:
    """Trits of an input pixel, channels of every layer, convolutions of each stage."""

    input_channels: int
    channels: int
    depths: tuple[int, ...]


VARIANTS: Mapping[str, CutieShape] = {"cutie_96": CutieShape(96, 96, (3, 2, 2, 1))}


class Layer(nn.Module):
    """A convolution, its norm, and rounding, which two thresholds for each channel do at once."""

    def __init__(
        self, inside: int, outside: int, weight_format: str, input_format: str, activation: str
    ) -> None:
        super().__init__()
        self.conv = convolution(inside, outside, 3, weight_format, input_format)
        self.norm = nn.BatchNorm2d(outside)
        self.quantise = activation_quantiser(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Return the rounded feature map, shape (batch, outside, height, width)."""
        return self.quantise(self.norm(self.conv(x)))  # type: ignore[no-any-return]


class Cutie(nn.Module):
    """The stages with pools between them, a classifier of each pixel, and the mean over pixels."""

    def __init__(self, shape: CutieShape, formats: LayerFormats) -> None:
        super().__init__()
        inside, activation = shape.input_channels, formats.activation
        weight_format, input_format = formats.first, activation
        stages = []
        for depth in shape.depths:
            layers = []
            for _ in range(depth):
                ends = (inside, shape.channels)
                layers.append(Layer(*ends, weight_format, input_format, activation))
                inside, weight_format, input_format = shape.channels, formats.body, ROUNDED
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)
        self.pool = nn.MaxPool2d(2)
        self.classify = QuantConv2d(inside, CLASSES, 1, formats.last, ROUNDED)
        self.mean = nn.AdaptiveAvgPool2d(1)

    def forward(self, trits: Tensor) -> Tensor:
        """Return the logits, shape (batch, 10), of images in trits."""
        x = trits
        for index, stage in enumerate(self.stages):
            x = stage(self.pool(x) if index else x)
        return self.mean(self.classify(x)).flatten(1)  # type: ignore[no-any-return]
