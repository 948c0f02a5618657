"""The lowerings of everything that is no matrix product: passes over the elements of a tensor."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch.fx import Node

from lowbit_sim.frontends.draft import Draft, rows_of
from lowbit_sim.frontends.exported import arguments, refusal, shape
from lowbit_sim.frontends.passing import parts_of
from lowbit_sim.frontends.products import image, pair


def elementwise(kind: str) -> Callable[[Node], Draft]:
    """Return the lowering of an operator that reads one element for each it writes."""
    return lambda node: Draft(kind, None, (node.all_input_nodes[0],), kind)


def softmax(node: Node) -> Draft:
    """Return a softmax; n is the dimension over which it normalises."""
    named = arguments(node)
    extents = list(shape(named["self"]))
    n = extents.pop(named["dim"])
    m = extents.pop() if extents else 1
    return Draft("softmax", (math.prod(extents), m, 1, n), (named["self"],), "softmax")


def norm(kind: str) -> Callable[[Node], Draft]:
    """Return the lowering of a norm over the last dimensions, n elements together."""

    def lower_norm(node: Node) -> Draft:
        named = arguments(node)
        n = math.prod(named["normalized_shape"])
        m = math.prod(shape(named["input"])) // n
        return Draft(kind, (1, m, 1, n), (named["input"],), kind)

    return lower_norm


def add(node: Node) -> Draft:
    """Return the sum of two tensors, of which one may be a parameter."""
    if arguments(node)["alpha"] != 1:
        raise refusal(node, "an addition that scales its second operand is not supported")
    return Draft("add", None, _tensors(node), "add")


def mul(node: Node) -> Draft:
    """Return the product of two tensors, element by element; one may be a parameter."""
    return Draft("mul", None, _tensors(node), "mul")


def power(node: Node) -> Draft:
    """Return a square, which the root mean square norm is often written with."""
    if arguments(node)["exponent"] != 2:  # noqa: PLR2004  a square
        raise refusal(node, "a power other than the square is not supported")
    return Draft("square", None, _tensors(node), "square")


def masked_fill(node: Node) -> Draft:
    """Return a pass that puts a number where the mask says so."""
    return Draft("mask", None, _tensors(node), "mask")


def concat(node: Node) -> Draft:
    """Return the copy that a concatenation is where it is not free; see `storing`."""
    return Draft("concat", rows_of(shape(node), 1), parts_of(node), "concat")


def embedding(node: Node) -> Draft:
    """Return a gather: m rows of n elements from a table, one for each index."""
    named = arguments(node)
    table_rows, n = shape(named["weight"])
    m = math.prod(shape(named["indices"]))
    reads = (named["indices"],)
    return Draft("embedding", (1, m, 1, n), reads, "embedding", named["weight"], None, table_rows)


def window_pool(kind: str) -> Callable[[Node], Draft]:
    """Return the lowering of a pool over windows of k elements; a window at the edge is whole."""

    def lower_pool(node: Node) -> Draft:
        named = arguments(node)
        if named["ceil_mode"] or named.get("divisor_override") is not None:
            raise refusal(node, "a pool with ceil_mode or divisor_override is not supported")
        if named.get("dilation", [1, 1]) not in (1, [1], [1, 1]):
            raise refusal(node, "a pool with dilation is not supported")
        return _pool(node, kind, math.prod(pair(named["kernel_size"])))

    return lower_pool


def adaptive_pool(kind: str) -> Callable[[Node], Draft]:
    """Return the lowering of a pool to a given size, which must divide the input's."""

    def lower_pool(node: Node) -> Draft:
        (*_, in_height, in_width), (*_, out_height, out_width) = (
            image(node, node.all_input_nodes[0]),
            image(node, node),
        )
        if in_height % out_height or in_width % out_width:
            raise refusal(node, "the output's size must divide the input's")
        return _pool(node, kind, (in_height // out_height) * (in_width // out_width))

    return lower_pool


def _pool(node: Node, kind: str, window_elements: int) -> Draft:
    images, channels, out_height, out_width = image(node, node)
    m = images * out_height * out_width
    return Draft(kind, (1, m, window_elements, channels), (node.all_input_nodes[0],), kind)


def mean(node: Node) -> Draft:
    """Return an average pool whose windows are the dimensions that are averaged."""
    named = arguments(node)
    extents = shape(named["self"])
    reduced = {dim % len(extents) for dim in named["dim"] or range(len(extents))}
    k = math.prod(extents[dim] for dim in reduced)
    m = 1 if 0 in reduced else extents[0]
    n = math.prod(extents) // (k * m)
    return Draft("avg_pool", (1, m, k, n), (named["self"],), "avg_pool")


def _tensors(node: Node) -> tuple[Node, ...]:
    return tuple(arg for arg in node.args if isinstance(arg, Node))
