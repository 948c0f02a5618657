"""The three network families, with their quantisers in place."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.data.images import ImageShape
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.training.layers import (
    QuantConv2d,
    QuantisedWeight,
    QuantLinear,
    activation_quantiser,
)
from lowbit_sim.workload.model_spec import CvnnModel, FcnnModel, VitModel
from lowbit_sim.workload.spec import QuantisationSpec, WorkloadSpec


@dataclass(frozen=True, slots=True)
class LayerFormats:
    """Format names by the place of a layer: the first, the last, and all between."""

    first: str
    body: str
    last: str
    activation: str


def layer_formats(quantisation: QuantisationSpec, weight_format: str) -> LayerFormats:
    """Return which layer gets which format when the weights are to be `weight_format`.

    The rule for the first and last layer is for integer formats; a network with weights of a
    floating-point format has that one format throughout.
    """
    if not number_format(weight_format).is_integer:
        return LayerFormats(weight_format, weight_format, weight_format, weight_format)
    ends = (quantisation.first_layer, quantisation.last_layer)
    first, last = (weight_format if end == "same" else end for end in ends)
    return LayerFormats(first, weight_format, last, quantisation.activation_format)


class Fcnn(nn.Sequential):
    """Linear layers with ReLU between them, on the flattened image."""

    def __init__(self, model: FcnnModel, image: ImageShape, formats: LayerFormats) -> None:
        features = (image.channels * image.side**2, *model.hidden_features)
        layers: list[nn.Module] = [nn.Flatten()]
        for index, (inside, outside) in enumerate(itertools.pairwise(features)):
            weight_format = formats.body if index else formats.first
            layers += [QuantLinear(inside, outside, weight_format, formats.activation), nn.ReLU()]
        layers.append(QuantLinear(features[-1], image.classes, formats.last, formats.activation))
        super().__init__(*layers)


class Cvnn(nn.Sequential):
    """3 × 3 convolutions with batch norm and ReLU, pools between the stages, a linear head."""

    def __init__(self, model: CvnnModel, image: ImageShape, formats: LayerFormats) -> None:
        layers: list[nn.Module] = []
        inside, weight_format = image.channels, formats.first
        for stage, channels in enumerate(model.stage_channels):
            if stage:
                layers.append(nn.MaxPool2d(2))
            for outside in channels:
                layers += [
                    QuantConv2d(
                        inside, outside, 3, weight_format, formats.activation, padding=1, bias=False
                    ),
                    nn.BatchNorm2d(outside),
                    nn.ReLU(),
                ]
                inside, weight_format = outside, formats.body
        side = image.side >> (len(model.stage_channels) - 1)
        head = QuantLinear(inside, image.classes, formats.last, formats.activation)
        super().__init__(*layers, nn.AvgPool2d(side), nn.Flatten(), head)


class Attention(nn.Module):
    """Multi-head self-attention, written out so that every operand can be quantised.

    The factor 1/√(features per head) stands in the query's starting weights, which costs the
    deployed network nothing.
    """

    def __init__(self, width: int, heads: int, formats: LayerFormats) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = QuantLinear(width, 3 * width, formats.body, formats.activation)
        with torch.no_grad():
            self.qkv.weight[:width] *= (width // heads) ** -0.5
        self.quantise_query = activation_quantiser(formats.activation)
        self.quantise_key = activation_quantiser(formats.activation)
        self.quantise_value = activation_quantiser(formats.activation)
        self.quantise_scores = activation_quantiser(formats.activation)
        self.project = QuantLinear(width, width, formats.body, formats.activation)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attended tokens, shape (batch, tokens, width)."""
        batch, tokens, width = x.shape
        split = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        logits = torch.matmul(self.quantise_query(query), self.quantise_key(key).transpose(-2, -1))
        scores = self.quantise_scores(functional.softmax(logits, dim=-1))
        mixed = torch.matmul(scores, self.quantise_value(value))
        return self.project(mixed.transpose(1, 2).reshape(batch, tokens, width))  # type: ignore[no-any-return]


class Block(nn.Module):
    """A pre-norm transformer block: attention, then two linear layers with GELU between."""

    def __init__(self, width: int, heads: int, hidden_features: int, formats: LayerFormats) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, formats)
        self.mlp_norm = nn.LayerNorm(width)
        self.expand = QuantLinear(width, hidden_features, formats.body, formats.activation)
        self.contract = QuantLinear(hidden_features, width, formats.body, formats.activation)

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens after the block, shape (batch, tokens, width)."""
        x = x + self.attention(self.attention_norm(x))
        return x + self.contract(functional.gelu(self.expand(self.mlp_norm(x))))  # type: ignore[no-any-return]


class Vit(nn.Module):
    """A vision transformer with learned positions and the mean over all tokens at its end."""

    def __init__(self, model: VitModel, image: ImageShape, formats: LayerFormats) -> None:
        super().__init__()
        side, activation = model.patch_side, formats.activation
        self.embed = QuantConv2d(
            image.channels, model.width, side, formats.first, activation, stride=side
        )
        tokens = (image.side // side) ** 2
        self.position = nn.Parameter(0.02 * torch.randn(1, tokens, model.width))
        block = (model.width, model.heads, model.hidden_features, formats)
        self.blocks = nn.Sequential(*(Block(*block) for _ in range(model.depth)))
        self.norm = nn.LayerNorm(model.width)
        self.head = QuantLinear(model.width, image.classes, formats.last, activation)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape (batch, classes)."""
        tokens = self.embed(images).flatten(2).transpose(1, 2) + self.position
        return self.head(self.norm(self.blocks(tokens)).mean(1))  # type: ignore[no-any-return]


def build_model(spec: WorkloadSpec, weight_format: str) -> nn.Module:
    """Return the untrained network of `spec` with weights of `weight_format`.

    It maps images of shape (batch, channels, side, side) to logits of shape (batch, classes). The
    parameters that it shares with the fp32 network have the same names for every format.

    The recipe's quantiser is that of the weights in `weight_format` and of the layers that the
    workload names; a first or last layer with an integer format by the rule for the ends has a
    learned step for each channel whatever the recipe.
    """
    model = deployed_model(spec, weight_format)
    named = spec.quantisation.layer_formats or {}
    for name, layer in model.named_modules():
        if isinstance(layer, QuantisedWeight) and (
            layer.weight_format == weight_format or name in named
        ):
            layer.set_quantiser(spec.recipe.quantiser)
    return model


def deployed_model(spec: WorkloadSpec, weight_format: str) -> nn.Module:
    """Return the network as it runs once trained: with steps, however they were found."""
    formats = layer_formats(spec.quantisation, weight_format)
    model = _network(spec, formats)
    if number_format(weight_format).is_integer:
        for name, own in (spec.quantisation.layer_formats or {}).items():
            layer = model.get_submodule(name)
            assert isinstance(layer, QuantisedWeight)
            layer.set_formats(own, formats.activation)
    return model


def _network(spec: WorkloadSpec, formats: LayerFormats) -> nn.Module:
    image = spec.data.shape
    if isinstance(spec.model, FcnnModel):
        return Fcnn(spec.model, image, formats)
    if isinstance(spec.model, CvnnModel):
        return Cvnn(spec.model, image, formats)
    return Vit(spec.model, image, formats)
