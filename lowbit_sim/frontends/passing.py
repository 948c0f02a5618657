"""Nodes that do no work of their own: layout, folded scales, folded norms, changes of format.

A tensor passes through them from the operator that stores it to the operators that read it.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch.fx import Node

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.exported import arguments, refusal, shape, target_name

#: a matter of addresses: free
LAYOUT = frozenset(
    {
        "getitem",
        *(
            f"aten.{name}"
            for name in (
                "_unsafe_view.default",
                "alias.default",
                "clone.default",
                "contiguous.default",
                "detach.default",
                "dropout.default",
                "expand.default",
                "flatten.using_ints",
                "permute.default",
                "reshape.default",
                "select.int",
                "slice.Tensor",
                "split.Tensor",
                "split_with_sizes.default",
                "squeeze.default",
                "squeeze.dim",
                "squeeze.dims",
                "t.default",
                "transpose.int",
                "unbind.int",
                "unsqueeze.default",
                "view.default",
            )
        ),
    }
)
#: a multiplication by one number folds into the scale of a matrix product's output: free
SCALES = frozenset({"aten.mul.Tensor", "aten.div.Tensor", "aten.mul.Scalar", "aten.div.Scalar"})
#: folds into the layer before it: free
BATCH_NORM = "aten._native_batch_norm_legit_no_training.default"
#: round a tensor to another format
QUANTISERS = frozenset({"lowbit_sim.quant_act.default", "lowbit_sim.cast.default"})
#: matrix products of two activations
PRODUCTS = frozenset(
    {
        "aten.matmul.default",
        "aten.bmm.default",
        "aten.mm.default",
        "aten.scaled_dot_product_attention.default",
    }
)
CONVOLUTIONS = frozenset({"aten.conv2d.default", "aten.conv2d.padding"})
#: matrix products with weights
LAYERS = CONVOLUTIONS | {"aten.linear.default"}
SOFTMAX = "aten.softmax.int"
#: put tensors side by side
CONCATENATIONS = frozenset({"aten.cat.default", "aten.stack.default"})


def is_scale(node: Node) -> bool:
    """Whether `node` multiplies or divides its tensor by one number."""
    return target_name(node) in SCALES and isinstance(node.args[1], int | float)


def passes_on(node: Node) -> bool:
    """Whether `node` passes its tensor on, in the same format, without work of its own."""
    return target_name(node) in LAYOUT or target_name(node) == BATCH_NORM or is_scale(node)


def tensor_before(node: Node) -> Node:
    """Return the node whose tensor `node` takes as its first argument."""
    before = node.args[0]
    assert isinstance(before, Node)
    return before


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the nodes whose tensors a concatenation puts side by side."""
    parts = node.args[0]
    assert isinstance(parts, list | tuple)
    return tuple(part for part in parts if isinstance(part, Node))


def operator_before(node: Node) -> Node:
    """Return the nearest node at or before `node` that does work, changes of format left out."""
    while node.op == "call_function" and (passes_on(node) or target_name(node) in QUANTISERS):
        node = tensor_before(node)
    return node


def readers(node: Node) -> Iterator[Node]:
    """Yield the nodes that read the tensor of `node`, however it is laid out.

    A change of format is a reader; what stands behind it is not. So is a concatenation.
    """
    for user in node.users:
        if passes_on(user):
            yield from readers(user)
        else:
            yield user


def check_folds(node: Node) -> None:
    """Make sure that a scale or a batch norm folds into a matrix product.

    Raises
    ------
    SpecError
        If it does not, for then it is work that nobody would count.
    """
    before = tensor_before(node)
    product = operator_before(before)
    alone = len(before.users) == 1
    if target_name(node) == BATCH_NORM:
        channels_are_outputs = target_name(product) in CONVOLUTIONS or (
            len(shape(before)) == 2  # noqa: PLR2004  samples and features
        )
        if before is product and target_name(product) in LAYERS and alone and channels_are_outputs:
            return
        raise refusal(
            node,
            "a batch norm folds only into the convolution or linear layer right before it,"
            " of which it must be the only reader",
        )
    folds_back = target_name(product) in LAYERS | PRODUCTS and alone
    folds_forward = all(_leads_to_product(reader) for reader in readers(node))
    if not folds_back and not folds_forward:
        raise refusal(node, "a scale folds only into a matrix product right before or after it")


def _leads_to_product(node: Node) -> bool:
    return target_name(node) in PRODUCTS


def format_after(node: Node) -> str:
    """Return the format to which a quantiser's node rounds.

    Raises
    ------
    SpecError
        If the catalogue has no such format.
    """
    named = arguments(node)
    if "format" in named:
        return str(named["format"])
    ends = (named["min_level"], named["max_level"])
    levels = tuple(range(ends[0], ends[1] + 1))
    return format_of_levels(node, levels)


def format_of_levels(node: Node, levels: tuple[int, ...]) -> str:
    """Return the name of the format with exactly these levels.

    Raises
    ------
    SpecError
        If the catalogue has none.
    """
    for name, known in FORMATS.items():
        if known.is_integer and known.levels == levels:
            return name
    raise refusal(node, f"no number format has the {len(levels)} levels {levels[0]}…{levels[-1]}")
