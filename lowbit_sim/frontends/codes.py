"""Tensors of a network that has been run, as the integers that they stand for.

The operand of a product is a quantiser's tensor, however laid out since; its codes are the values
over the quantiser's step, and code times step must be the value bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.fx import Node

from lowbit_sim.frontends.exported import (
    Exported,
    arguments,
    constant_value,
    refusal,
    target_name,
)
from lowbit_sim.frontends.passing import LAYOUT, tensor_before
from lowbit_sim.frontends.weights import QUANT_WEIGHT
from lowbit_sim.workload.op import Op

QUANT_ACT = "lowbit_sim.quant_act.default"
#: what may stand between a quantiser and the product that reads its codes: they are moved, or
#: left out, but not changed
_MOVING = LAYOUT | {"aten.relu.default", "aten.max_pool2d.default"}
#: node -> what it computed
Values = Mapping[Node, Any]


def codes_of(exported: Exported, values: Values, node: Node) -> tuple[NDArray[np.int64], float]:
    """Return the codes of a quantised tensor, in its shape, and their step.

    Raises
    ------
    SpecError
        If no quantiser of integers stands before `node`, or its values are no codes.
    """
    quantiser = node
    while quantiser.op == "call_function" and target_name(quantiser) in _MOVING:
        quantiser = tensor_before(quantiser)
    if target_name(quantiser) != QUANT_ACT:
        raise refusal(node, "reads activations that no quantiser of integers rounds")
    step = constant_value(exported, arguments(quantiser)["step"])
    tensor = values[node]
    codes = torch.round(tensor / step)
    if not torch.equal(codes * step, tensor):
        raise refusal(node, "reads activations that are no whole numbers of their step")
    return codes.to(torch.int64).numpy(), float(step)


def product_sums(result: Tensor, step: float) -> NDArray[np.int64]:
    """Return the result of a product of two activations over the product of their steps."""
    return np.rint(_double(result) / step).astype(np.int64)


def layer_sums(
    exported: Exported, values: Values, op: Op, node: Node, input_step: float
) -> NDArray[np.int64]:
    """Return a layer's result without its bias over both steps, shape (batch, m, n).

    Raises
    ------
    SpecError
        If its weights are not quantised to integers.
    """
    named = arguments(node)
    if target_name(named["weight"]) != QUANT_WEIGHT:
        raise refusal(node, "has weights that no quantiser of integers rounds")
    step = _double(constant_value(exported, arguments(named["weight"])["step"])).reshape(-1)
    bias = 0.0 if named["bias"] is None else _double(constant_value(exported, named["bias"]))
    result = _double(values[node])
    if op.convolution is not None:  # channels last, as the step and the bias are
        result = result[0].reshape(len(step), op.m).T
    sums = np.rint((result.reshape(op.m, -1) - bias) / (step * input_step)).astype(np.int64)
    return sums.reshape(op.m, op.batch, op.n).swapaxes(0, 1)


def _double(tensor: Tensor) -> NDArray[np.float64]:
    doubles: NDArray[np.float64] = tensor.detach().to(torch.float64).numpy()
    return doubles
