"""The lowerings of matrix products: layers with weights, and products of two activations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.fx import Node

from lowbit_sim.frontends.draft import Draft
from lowbit_sim.frontends.exported import arguments, refusal, shape, target_name
from lowbit_sim.frontends.passing import SOFTMAX, operator_before, readers
from lowbit_sim.workload.op import Convolution

_IMAGE_RANK = 4


def linear(node: Node) -> Draft:
    """Return a linear layer: m rows, each a sample's or a token's."""
    named = arguments(node)
    *rows, k = shape(named["input"])
    n = shape(named["weight"])[0]
    return Draft("linear", (1, math.prod(rows), k, n), (named["input"],), "linear", named["weight"])


def conv2d(node: Node) -> Draft:
    """Return a convolution of one image; depthwise ones have as many groups as channels."""
    named = arguments(node)
    images, in_channels, in_height, in_width = image(node, named["input"])
    if images != 1:
        raise refusal(node, f"a convolution is traced with one image, got {images}")
    out_channels, _, kernel_height, kernel_width = shape(named["weight"])
    dilation = pair(named["dilation"])
    reach = [(kernel_height - 1) * dilation[0], (kernel_width - 1) * dilation[1]]
    before_height, before_width, extra_height, extra_width = _zeros(named["padding"], reach)
    geometry = Convolution(
        in_channels,
        out_channels,
        in_height,
        in_width,
        kernel_height,
        kernel_width,
        *pair(named["stride"]),
        before_height,
        before_width,
        *dilation,
        named["groups"],
        extra_height,
        extra_width,
    )
    reads = (named["input"],)
    return Draft("conv2d", geometry.gemm_dims, reads, "conv2d", named["weight"], geometry)


def _zeros(padding: Any, reach: Sequence[int]) -> tuple[int, int, int, int]:
    """Return the zeros on both sides of height and width, and the extra ones behind them.

    ``"same"`` spreads as many zeros as the kernel reaches further than one element over both
    sides, an odd one behind.
    """
    if padding == "same":
        return reach[0] // 2, reach[1] // 2, reach[0] % 2, reach[1] % 2
    return (0, 0, 0, 0) if padding == "valid" else (*pair(padding), 0, 0)


def matmul(node: Node) -> Draft:
    """Return a product of two activations, one for each sample and head."""
    first, second = _operands(node)
    (*batch, m, k), (*other_batch, _, n) = _matrices(node, first), _matrices(node, second)
    if batch != other_batch:
        raise refusal(node, f"the batches {batch} and {other_batch} differ")
    suffix = "matmul"
    if any(_is_masked_softmax(reader) for reader in readers(node)):
        suffix = "scores"
    elif target_name(operator_before(first)) == SOFTMAX:
        suffix = "context"
    return Draft("matmul", (math.prod(batch), m, k, n), (first, second), suffix)


def _is_masked_softmax(node: Node) -> bool:
    name = target_name(node)
    masked = name == "aten.masked_fill.Scalar"
    return name == SOFTMAX or (masked and any(map(_is_masked_softmax, readers(node))))


def attention(node: Node) -> Draft:
    """Return scores, mask, softmax and context of ``scaled_dot_product_attention``.

    A masked matrix of scores is computed in full, with the softmax over all of it, whatever the
    mask hides. That is what an array does which works in whole tiles. A machine that leaves out
    the tiles which a causal mask hides as a whole would do about half of both products. The mask
    is a pass of its own over the scores: kind ``mask`` for a causal one, which is known from row
    and column and is not read from memory, and for one of truth values; kind ``add`` for one of
    numbers.

    With ``enable_gqa`` several query heads share keys and values. Their queries are stacked: the
    batch is samples times *key* heads, m the rows of all queries that share the keys. It is the
    same product, and keys and values are counted once, as they lie in memory.
    """
    named = arguments(node)
    if named["dropout_p"]:
        raise refusal(node, "attention with dropout is not supported")
    query, key, value = named["query"], named["key"], named["value"]
    (*batch, m, k), (*key_batch, tokens, _), n = shape(query), shape(key), shape(value)[-1]
    products = math.prod(key_batch)
    if batch != key_batch and not named["enable_gqa"]:
        raise refusal(node, f"the batches {batch} and {key_batch} differ")
    rows = math.prod(batch) // products * m
    scores = Draft("matmul", (products, rows, k, tokens), (query, key), "scores")
    masked = _masked(named, scores, (products, rows, 1, tokens))
    softmax = Draft("softmax", (products, rows, 1, tokens), (masked,), "softmax")
    return Draft("matmul", (products, rows, tokens, n), (softmax, value), "context")


def _masked(named: dict[str, Any], scores: Draft, dims: tuple[int, int, int, int]) -> Draft:
    mask = named["attn_mask"]
    if named["is_causal"]:
        return Draft("mask", dims, (scores,), "mask")
    if mask is None:
        return scores
    if mask.meta["val"].dtype == torch.bool:
        return Draft("mask", dims, (scores, mask), "mask")
    return Draft("add", (*dims[:2], 2, dims[3]), (scores, mask), "mask")


def image(node: Node, tensor: Node) -> tuple[int, ...]:
    """Return the shape of images.

    Raises
    ------
    SpecError
        If `tensor` is none.
    """
    if len(shape(tensor)) != _IMAGE_RANK:
        raise refusal(node, f"needs images [N, C, H, W], got the shape {list(shape(tensor))}")
    return shape(tensor)


def pair(extents: Any) -> tuple[int, int]:
    """Return height and width, given as one number, one in a list, or two."""
    both = [extents] if isinstance(extents, int) else list(extents)
    return both[0], both[-1]


def _operands(node: Node) -> tuple[Node, Node]:
    first, second = node.args
    assert isinstance(first, Node)
    assert isinstance(second, Node)
    return first, second


def _matrices(node: Node, tensor: Node) -> tuple[int, ...]:
    if len(shape(tensor)) < 2:  # noqa: PLR2004  a matrix has two dimensions
        raise refusal(node, "a vector operand is not supported")
    return shape(tensor)
