"""A decoder like Llama: root mean square norms, rotary positions, shared keys, SwiGLU.

`Llama` computes so many tokens at once behind a context that was computed before:

- **prefill**: a whole prompt, no context. Keys and values of every token leave as network
  outputs, which is how the cache is written.
- **decode**: one token behind a context. Every layer's keys and values of the context come as
  network inputs, in int8 as they were stored, and the new token's leave as outputs: the cache
  grows by a row and is not copied.

So a context costs its reading from memory once for each token, and nothing else. The rotary
tables of the tokens' positions are network inputs too, read once for all layers. Logits are
those of the last token. The stream between blocks stays unrounded; every product reads int8.

Query heads that share keys are stacked: one product for each key head, with the rows of all its
query heads, so that keys and values are read once and not once for each query head.

The shapes here are those of TinyLlama [1]_, 1,100,048,384 parameters, input table and output layer
not shared; and of MobileLLM [2]_, deep and thin, in which the output layer is the input table
itself, stored once: 124.6 M, 345.3 M, 603.1 M, 1.01 B and 1.51 B parameters (without the sharing
of whole layers, which is the variant LS).

References
----------
.. [1] P. Zhang et al., "TinyLlama: An Open-Source Small Language Model", arXiv:2401.02385,
   table 1.
.. [2] Z. Liu et al., "MobileLLM: Optimizing Sub-billion Parameter Language Models for On-Device
   Use Cases", arXiv:2402.14905; shapes from configs/<size>/config.json of
   facebookresearch/MobileLLM at commit 8b9769d, sharing from its pretrain.sh and, like the counts
   of parameters, from the model card of facebook/MobileLLM-125M.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.frontends.networks.layers import ROUNDED, QuantEmbedding
from lowbit_sim.training.layers import QuantLinear, activation_quantiser
from lowbit_sim.training.models import LayerFormats


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """Words known, features of a token, layers, heads, and heads with keys of their own.

    Where the table is shared, the output layer's weights are those of the table of words.
    """

    vocabulary: int
    width: int
    depth: int
    heads: int
    key_heads: int
    hidden_features: int
    shared_table: bool = False

    @property
    def head_features(self) -> int:
        """Features of one head."""
        return self.width // self.heads


VARIANTS: Mapping[str, LlamaShape] = {
    "tinyllama_1_1b": LlamaShape(32_000, 2048, 22, 32, 4, 5632),
    "mobilellm_125m": LlamaShape(32_000, 576, 30, 9, 3, 1536, shared_table=True),
    "mobilellm_350m": LlamaShape(32_000, 960, 32, 15, 5, 2560, shared_table=True),
    "mobilellm_600m": LlamaShape(32_000, 1152, 40, 18, 6, 3072, shared_table=True),
    "mobilellm_1b": LlamaShape(32_000, 1280, 54, 20, 5, 3584, shared_table=True),
    "mobilellm_1_5b": LlamaShape(32_000, 1600, 54, 25, 5, 4352, shared_table=True),
}
_NORM_EPSILON = 1e-5

Cache = tuple[Tensor, Tensor]


def rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Return `x` turned by its positions, shape (..., tokens, features).

    The two halves of the features are the coordinates that turn together.
    """
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], dim=-1)
    return x * cosines + turned * sines


class Attention(nn.Module):
    """Causal attention in which several query heads share keys and values.

    The factor 1/√(features per head) stands in the query's weights.
    """

    hidden: Tensor | None

    def __init__(self, shape: LlamaShape, tokens: int, context: int, formats: LayerFormats) -> None:
        super().__init__()
        self.shape = shape
        width, key_width = shape.width, shape.key_heads * shape.head_features
        body, activation = formats.body, formats.activation
        self.query = QuantLinear(width, width, body, ROUNDED, bias=False)
        self.key = QuantLinear(width, key_width, body, ROUNDED, bias=False)
        self.value = QuantLinear(width, key_width, body, ROUNDED, bias=False)
        self.quantise = activation_quantiser(activation)
        self.quantise_query = activation_quantiser(activation)
        self.quantise_key = activation_quantiser(activation)
        self.quantise_value = activation_quantiser(activation)
        self.quantise_scores = activation_quantiser(activation)
        self.project = QuantLinear(width, width, body, activation, bias=False)
        # one token sees all before it and itself: nothing is hidden
        later = torch.ones(tokens, context + tokens, dtype=torch.bool).triu(context + 1)
        self.register_buffer("hidden", later if tokens > 1 else None, persistent=False)

    def forward(
        self, x: Tensor, cosines: Tensor, sines: Tensor, cache: Cache | None
    ) -> tuple[Tensor, Cache]:
        """Return the attended tokens, shape (tokens, width), and their keys and values.

        Keys and values have the shape (key heads, tokens, features of a head).
        """
        x = self.quantise(x)
        tokens, (heads, features) = x.shape[0], (self.shape.key_heads, self.shape.head_features)
        query = self.query(x).view(tokens, heads, -1, features).permute(1, 2, 0, 3)
        key = self.key(x).view(tokens, heads, features).transpose(0, 1)
        value = self.value(x).view(tokens, heads, features).transpose(0, 1)
        query = self.quantise_query(rotated(query, cosines, sines))
        new = (self.quantise_key(rotated(key, cosines, sines)), self.quantise_value(value))
        keys, values = new if cache is None else self._with(cache, new)
        mixed = self._attend(query.reshape(heads, -1, features), keys, values, tokens)
        mixed = mixed.view(heads, -1, tokens, features).permute(2, 0, 1, 3)
        return self.project(mixed.reshape(tokens, self.shape.width)), new

    def _with(self, cache: Cache, new: Cache) -> Cache:
        keys = torch.cat([self.quantise_key(cache[0]), new[0]], dim=1)
        return keys, torch.cat([self.quantise_value(cache[1]), new[1]], dim=1)

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor, tokens: int) -> Tensor:
        logits = torch.matmul(query, keys.transpose(-2, -1))
        if self.hidden is not None:
            apart = logits.view(len(logits), -1, tokens, logits.shape[-1])
            logits = apart.masked_fill(self.hidden, float("-inf")).view(logits.shape)
        return torch.matmul(self.quantise_scores(logits.softmax(-1)), values)


class SwiGlu(nn.Module):
    """A hidden layer that is the product of two, one of them through a SiLU."""

    def __init__(self, width: int, hidden_features: int, formats: LayerFormats) -> None:
        super().__init__()
        self.quantise = activation_quantiser(formats.activation)
        self.gate = QuantLinear(width, hidden_features, formats.body, ROUNDED, bias=False)
        self.up = QuantLinear(width, hidden_features, formats.body, ROUNDED, bias=False)
        self.down = QuantLinear(
            hidden_features, width, formats.body, formats.activation, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens, shape (tokens, width)."""
        x = self.quantise(x)
        return self.down(functional.silu(self.gate(x)) * self.up(x))  # type: ignore[no-any-return]


class Layer(nn.Module):
    """Attention and a hidden layer, each behind a norm and beside a shortcut."""

    def __init__(self, shape: LlamaShape, tokens: int, context: int, formats: LayerFormats) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, _NORM_EPSILON)
        self.attention = Attention(shape, tokens, context, formats)
        self.mlp_norm = nn.RMSNorm(shape.width, _NORM_EPSILON)
        self.mlp = SwiGlu(shape.width, shape.hidden_features, formats)

    def forward(
        self, x: Tensor, cosines: Tensor, sines: Tensor, cache: Cache | None
    ) -> tuple[Tensor, Cache]:
        """Return the tokens after the layer, and their keys and values."""
        mixed, new = self.attention(self.attention_norm(x), cosines, sines, cache)
        x = x + mixed
        return x + self.mlp(self.mlp_norm(x)), new


class Llama(nn.Module):
    """A table of words, the layers, a norm, and a linear layer back to the words.

    Where the table is shared, that layer multiplies by the table as it is held.
    """

    def __init__(self, shape: LlamaShape, tokens: int, context: int, formats: LayerFormats) -> None:
        super().__init__()
        self.embed = QuantEmbedding(shape.vocabulary, shape.width, formats.first)
        layers = (Layer(shape, tokens, context, formats) for _ in range(shape.depth))
        self.layers = nn.ModuleList(layers)
        self.norm = nn.RMSNorm(shape.width, _NORM_EPSILON)
        self.head: QuantLinear | None = None
        if shape.shared_table:
            self.quantise = activation_quantiser(formats.activation)
        else:
            head = (shape.width, shape.vocabulary, formats.last, formats.activation)
            self.head = QuantLinear(*head, bias=False)

    def forward(
        self, tokens: Tensor, cosines: Tensor, sines: Tensor, cache: Mapping[str, Tensor]
    ) -> tuple[Tensor, list[Cache]]:
        """Return the last token's logits, and the keys and values of every layer.

        Parameters
        ----------
        tokens : Tensor of int64, shape (tokens,)
            Indices of words.
        cosines, sines : Tensor, shape (tokens, features of a head)
            Of the tokens' positions.
        cache : mapping of str to Tensor
            ``key_<layer>`` and ``value_<layer>`` of the context, shape (key heads, context,
            features of a head); empty where there is none.
        """
        x, written = self.embed(tokens), []
        for index, layer in enumerate(self.layers):
            held = (cache[f"key_{index}"], cache[f"value_{index}"]) if cache else None
            x, new = layer(x, cosines, sines, held)
            written.append(new)
        return self._logits(self.norm(x)[-1:]), written

    def _logits(self, x: Tensor) -> Tensor:
        if self.head is None:
            return functional.linear(self.quantise(x), self.embed.rounded_weight())
        return self.head(x)  # type: ignore[no-any-return]


def llama_inputs(
    shape: LlamaShape, tokens: int, context: int
) -> tuple[Tensor, Tensor, Tensor, dict[str, Tensor]]:
    """Return inputs of the shapes that `Llama` takes, without meaning."""
    cache = {
        f"{what}_{index}": torch.zeros(shape.key_heads, context, shape.head_features)
        for index in range(shape.depth if context else 0)
        for what in ("key", "value")
    }
    table = torch.zeros(tokens, shape.head_features)
    return torch.zeros(tokens, dtype=torch.int64), table, table.clone(), cache
