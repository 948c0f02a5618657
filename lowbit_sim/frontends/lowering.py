"""How a node of the exported graph becomes operators: the table of lowerings, by target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch.fx import Node

from lowbit_sim.frontends import products, vectors
from lowbit_sim.frontends.draft import Draft
from lowbit_sim.frontends.exported import Exported, refusal, target_name
from lowbit_sim.frontends.passing import PRODUCTS, SOFTMAX

#: target -> its lowering
LOWERINGS: Mapping[str, Callable[[Node], Draft]] = MappingProxyType(
    {
        "aten.linear.default": products.linear,
        "aten.conv2d.default": products.conv2d,
        "aten.conv2d.padding": products.conv2d,
        "aten.matmul.default": products.matmul,
        "aten.bmm.default": products.matmul,
        "aten.mm.default": products.matmul,
        "aten.scaled_dot_product_attention.default": products.attention,
        SOFTMAX: vectors.softmax,
        "aten.layer_norm.default": vectors.norm("layer_norm"),
        "aten.rms_norm.default": vectors.norm("rms_norm"),
        "aten.add.Tensor": vectors.add,
        "aten.mul.Tensor": vectors.mul,
        "aten.pow.Tensor_Scalar": vectors.power,
        "aten.rsqrt.default": vectors.elementwise("rsqrt"),
        "aten.neg.default": vectors.elementwise("neg"),
        "aten.relu.default": vectors.elementwise("relu"),
        "aten.relu6.default": vectors.elementwise("clamp"),
        "aten.hardtanh.default": vectors.elementwise("clamp"),
        "aten.clamp.default": vectors.elementwise("clamp"),
        "aten.hardswish.default": vectors.elementwise("hardswish"),
        "aten.gelu.default": vectors.elementwise("gelu"),
        "aten.silu.default": vectors.elementwise("silu"),
        "aten.sigmoid.default": vectors.elementwise("sigmoid"),
        "aten.masked_fill.Scalar": vectors.masked_fill,
        "aten.cat.default": vectors.concat,
        "aten.stack.default": vectors.concat,
        "aten.embedding.default": vectors.embedding,
        "aten.avg_pool2d.default": vectors.window_pool("avg_pool"),
        "aten.max_pool2d.default": vectors.window_pool("max_pool"),
        "aten.adaptive_avg_pool2d.default": vectors.adaptive_pool("avg_pool"),
        "aten.adaptive_max_pool2d.default": vectors.adaptive_pool("max_pool"),
        "aten.mean.dim": vectors.mean,
        "lowbit_sim.quant_act.default": vectors.elementwise("quantise"),
        "lowbit_sim.cast.default": vectors.elementwise("quantise"),
    }
)


def lower(exported: Exported, node: Node) -> Draft:
    """Return the last operator that `node` becomes; those before it are among its reads.

    Raises
    ------
    SpecError
        If the node's operator is known, but not in this use.
    """
    operands = node.args[:3] if target_name(node) in PRODUCTS else ()
    if exported.constants.intersection(operands):
        raise refusal(node, "reads a parameter where only an activation is supported")
    return LOWERINGS[target_name(node)](node)


def is_lowered(node: Node) -> bool:
    """Whether there is a lowering for the node's operator."""
    return target_name(node) in LOWERINGS
