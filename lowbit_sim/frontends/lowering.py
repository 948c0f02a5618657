"""The lowerings: how a node of the exported graph becomes operators, by its target."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch.fx import Node

from lowbit_sim.frontends.exported import Exported, arguments, refusal, shape, target_name
from lowbit_sim.frontends.passing import PRODUCTS, operator_before, readers
from lowbit_sim.workload.op import Convolution

Dims = tuple[int, int, int, int]

_IMAGE_RANK = 4
_ADD = "aten.add.Tensor"
_SOFTMAX = "aten.softmax.int"


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An operator without name and formats yet.

    Parameters
    ----------
    kind : str
        Of the operator.
    dims : tuple of int or None
        Its batch, m, k, n; None for those of the operator whose output it reads.
    reads : tuple of Node or Draft
        The activations it reads, the first operand first; parameters are left out later.
    suffix : str
        What to call it inside its module.
    weight : Node, optional
        The weights of a layer.
    convolution : Convolution, optional
        The geometry of a ``conv2d``.
    """

    kind: str
    dims: Dims | None
    reads: tuple[Node | Draft, ...]
    suffix: str
    weight: Node | None = None
    convolution: Convolution | None = None


def lower(exported: Exported, node: Node) -> Draft:
    """Return the last operator that `node` becomes; those before it are among its reads.

    Raises
    ------
    SpecError
        If the node's operator is known, but not in this use.
    """
    operands = node.args[:2] if target_name(node) in PRODUCTS else node.args[:1]
    if target_name(node) != _ADD and exported.constants.intersection(operands):
        raise refusal(node, "reads a parameter where only an activation is supported")
    return LOWERINGS[target_name(node)](node)


def is_lowered(node: Node) -> bool:
    """Whether there is a lowering for the node's operator."""
    return target_name(node) in LOWERINGS


def _linear(node: Node) -> Draft:
    named = arguments(node)
    *rows, k = shape(named["input"])
    n = shape(named["weight"])[0]
    return Draft("linear", (1, math.prod(rows), k, n), (named["input"],), "linear", named["weight"])


def _conv2d(node: Node) -> Draft:
    named = arguments(node)
    images, in_channels, in_height, in_width = _image(node, named["input"])
    if images != 1:
        raise refusal(node, f"a convolution is traced with one image, got {images}")
    out_channels, _, kernel_height, kernel_width = shape(named["weight"])
    geometry = Convolution(
        in_channels,
        out_channels,
        in_height,
        in_width,
        kernel_height,
        kernel_width,
        *_pair(named["stride"]),
        *_pair(named["padding"]),
        *_pair(named["dilation"]),
        named["groups"],
    )
    reads = (named["input"],)
    return Draft("conv2d", geometry.gemm_dims, reads, "conv2d", named["weight"], geometry)


def _matmul(node: Node) -> Draft:
    first, second = _operands(node)
    (*batch, m, k), (*other_batch, _, n) = _matrices(node, first), _matrices(node, second)
    if batch != other_batch:
        raise refusal(node, f"the batches {batch} and {other_batch} differ")
    suffix = "matmul"
    if any(target_name(reader) == _SOFTMAX for reader in readers(node)):
        suffix = "scores"
    elif target_name(operator_before(first)) == _SOFTMAX:
        suffix = "context"
    return Draft("matmul", (math.prod(batch), m, k, n), (first, second), suffix)


def _operands(node: Node) -> tuple[Node, Node]:
    first, second = node.args
    assert isinstance(first, Node)
    assert isinstance(second, Node)
    return first, second


def _attention(node: Node) -> Draft:
    named = arguments(node)
    if named["attn_mask"] is not None or named["is_causal"] or named["enable_gqa"]:
        raise refusal(node, "masked, causal or grouped-query attention is not supported yet")
    query, key, value = named["query"], named["key"], named["value"]
    (*batch, m, k), (*_, tokens, _), n = shape(query), shape(key), shape(value)[-1]
    heads = math.prod(batch)
    scores = Draft("matmul", (heads, m, k, tokens), (query, key), "scores")
    softmax = Draft("softmax", (heads, m, 1, tokens), (scores,), "softmax")
    return Draft("matmul", (heads, m, tokens, n), (softmax, value), "context")


def _softmax(node: Node) -> Draft:
    named = arguments(node)
    extents = list(shape(named["self"]))
    n = extents.pop(named["dim"])
    m = extents.pop() if extents else 1
    return Draft("softmax", (math.prod(extents), m, 1, n), (named["self"],), "softmax")


def _layer_norm(node: Node) -> Draft:
    named = arguments(node)
    n = math.prod(named["normalized_shape"])
    m = math.prod(shape(named["input"])) // n
    return Draft("layer_norm", (1, m, 1, n), (named["input"],), "layer_norm")


def _add(node: Node) -> Draft:
    if arguments(node)["alpha"] != 1:
        raise refusal(node, "an addition that scales its second operand is not supported")
    return Draft("add", None, tuple(arg for arg in node.args if isinstance(arg, Node)), "add")


def _elementwise(kind: str) -> Callable[[Node], Draft]:
    return lambda node: Draft(kind, None, (node.all_input_nodes[0],), kind)


def _window_pool(kind: str) -> Callable[[Node], Draft]:
    def lower_pool(node: Node) -> Draft:
        named = arguments(node)
        if named["ceil_mode"] or named.get("divisor_override") is not None:
            raise refusal(node, "a pool with ceil_mode or divisor_override is not supported")
        if named.get("dilation", [1, 1]) not in (1, [1], [1, 1]):
            raise refusal(node, "a pool with dilation is not supported")
        return _pool(node, kind, math.prod(_pair(named["kernel_size"])))

    return lower_pool


def _adaptive_pool(node: Node) -> Draft:
    (*_, in_height, in_width), (*_, out_height, out_width) = (
        _image(node, node.all_input_nodes[0]),
        _image(node, node),
    )
    if in_height % out_height or in_width % out_width:
        raise refusal(node, "the output's size must divide the input's")
    return _pool(node, "avg_pool", (in_height // out_height) * (in_width // out_width))


def _pool(node: Node, kind: str, window_elements: int) -> Draft:
    images, channels, out_height, out_width = _image(node, node)
    m = images * out_height * out_width
    return Draft(kind, (1, m, window_elements, channels), (node.all_input_nodes[0],), kind)


def _mean(node: Node) -> Draft:
    named = arguments(node)
    extents = shape(named["self"])
    reduced = {dim % len(extents) for dim in named["dim"] or range(len(extents))}
    k = math.prod(extents[dim] for dim in reduced)
    m = 1 if 0 in reduced else extents[0]
    n = math.prod(extents) // (k * m)
    return Draft("avg_pool", (1, m, k, n), (named["self"],), "avg_pool")


def _image(node: Node, tensor: Node) -> tuple[int, ...]:
    if len(shape(tensor)) != _IMAGE_RANK:
        raise refusal(node, f"needs images [N, C, H, W], got the shape {list(shape(tensor))}")
    return shape(tensor)


def _matrices(node: Node, tensor: Node) -> tuple[int, ...]:
    if len(shape(tensor)) < 2:  # noqa: PLR2004  a matrix has two dimensions
        raise refusal(node, "a vector operand is not supported")
    return shape(tensor)


def _pair(extents: Any) -> tuple[int, int]:
    """Return height and width, given as one number, one in a list, or two."""
    both = [extents] if isinstance(extents, int) else list(extents)
    return both[0], both[-1]


#: target -> its lowering
LOWERINGS: Mapping[str, Callable[[Node], Draft]] = MappingProxyType(
    {
        "aten.linear.default": _linear,
        "aten.conv2d.default": _conv2d,
        "aten.matmul.default": _matmul,
        "aten.bmm.default": _matmul,
        "aten.mm.default": _matmul,
        "aten.scaled_dot_product_attention.default": _attention,
        _SOFTMAX: _softmax,
        "aten.layer_norm.default": _layer_norm,
        _ADD: _add,
        "aten.relu.default": _elementwise("relu"),
        "aten.gelu.default": _elementwise("gelu"),
        "aten.avg_pool2d.default": _window_pool("avg_pool"),
        "aten.max_pool2d.default": _window_pool("max_pool"),
        "aten.adaptive_avg_pool2d.default": _adaptive_pool,
        "aten.mean.dim": _mean,
        "lowbit_sim.quant_act.default": _elementwise("quantise"),
        "lowbit_sim.cast.default": _elementwise("quantise"),
    }
)
