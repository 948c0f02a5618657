"""The weights of a layer as the machine will hold them: their format, and how they are spread."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.fx import Node

from lowbit_sim.errors import nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.exported import (
    Exported,
    arguments,
    constant_value,
    refusal,
    target_name,
)
from lowbit_sim.frontends.passing import format_of_levels
from lowbit_sim.workload.statistics import WeightStatistics

QUANT_WEIGHT = "lowbit_sim.quant_weight.default"
CAST = "lowbit_sim.cast.default"


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """What an exported graph says about the weights of one layer.

    Parameters
    ----------
    format : str
        Name of their number format.
    parameter : str
        Full name of the parameter they come from.
    statistics : WeightStatistics or None
        Counted over the quantised values; None for a model on the device ``meta``, which has none.
    """

    format: str
    parameter: str
    statistics: WeightStatistics | None


def read_weights(exported: Exported, node: Node) -> LayerWeights:
    """Return format, name and statistics of the weights that `node` holds.

    Parameters
    ----------
    exported : Exported
        The model.
    node : Node
        The weight argument of a layer, output channels first.

    Raises
    ------
    SpecError
        If the weights depend on the network's input, or no number format has their levels.
    """
    name = parameter_name(exported, node)
    if target_name(node) == QUANT_WEIGHT:
        levels = tuple(arguments(node)["levels"])
        held = format_of_levels(node, levels)
        valueless = exported.tensors[name].is_meta
        statistics = None if valueless else _level_statistics(exported, node, levels)
        return LayerWeights(held, name, statistics)
    values = constant_value(exported, node)
    held = _float_format(node, values)
    if values.is_meta:
        return LayerWeights(held, name, None)
    rows = torch.count_nonzero(values.flatten(1), dim=1).tolist()
    return LayerWeights(held, name, WeightStatistics((), tuple(rows), values.numel()))


def parameter_name(exported: Exported, node: Node) -> str:
    """Return the full name of the first parameter from which a constant node is computed.

    Raises
    ------
    SpecError
        If it is computed from none, or depends on the network's input.
    """
    if node not in exported.constants:
        raise refusal(node, "a layer's weights must not depend on the network's input")
    before = node
    while before.op != "placeholder":
        if not before.all_input_nodes:
            raise refusal(node, "a layer's weights must come from a parameter")
        before = before.all_input_nodes[0]
    return exported.names[before.name]


def _float_format(node: Node, values: Tensor) -> str:
    if target_name(node) == CAST:
        name = str(arguments(node)["format"])
        if name not in FORMATS:
            raise refusal(node, f"unknown number format '{name}'; {nearest(name, FORMATS)}")
        return name
    dtypes = {torch.float32: "fp32", torch.bfloat16: "bf16"}
    if values.dtype not in dtypes:
        raise refusal(node, f"weights of {values.dtype} are not supported")
    return dtypes[values.dtype]


def _level_statistics(exported: Exported, node: Node, levels: tuple[int, ...]) -> WeightStatistics:
    """Count the levels of the weights as quantised: the values over the step, rounded."""
    step = constant_value(exported, arguments(node)["step"])
    ratios = (constant_value(exported, node) / step).flatten(1)
    held = torch.round(ratios)
    if not torch.isin(held, torch.tensor(levels, dtype=held.dtype)).all():
        raise refusal(node, "a quantised weight is no level times its step (is a step zero?)")
    counts = tuple(int((held == level).sum()) for level in levels)
    rows = torch.count_nonzero(held, dim=1).tolist()
    return WeightStatistics(counts, tuple(rows))
