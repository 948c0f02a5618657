"""The integer codes that reach every matrix product when a trained network runs on an image.

The exported graph is run node by node; what codes are in its tensors says `codes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Interpreter, Node

from lowbit_sim.errors import spec_error
from lowbit_sim.frontends.codes import Values, codes_of, layer_sums, product_sums
from lowbit_sim.frontends.draft import Draft
from lowbit_sim.frontends.exported import (
    Exported,
    export,
    network_inputs,
    target_name,
)
from lowbit_sim.frontends.lowering import lower
from lowbit_sim.frontends.passing import LAYERS, PRODUCTS
from lowbit_sim.frontends.weights import parameter_name
from lowbit_sim.training.datasets import load_split
from lowbit_sim.training.export import model_of
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.operands import Operands, unfolded
from lowbit_sim.workload.spec import load_workload_spec, spec_hash


def shipped_operands(
    spec_path: Path, workload: Workload, test_image: int = 0
) -> dict[str, Operands]:
    """Return the operands of a trained workload's products on one image of its test set.

    Parameters
    ----------
    spec_path : Path
        ``workloads/<name>.yaml``.
    workload : Workload
        Its graph in one format; without low-bit weights there is nothing to return.
    test_image : int
        Which image.

    Raises
    ------
    SpecError
        If the checkpoint is missing, altered or another one, or the graph is not its own.
    """
    spec = load_workload_spec(spec_path)
    path = spec_path.with_suffix("") / f"{workload.weight_format}.safetensors"
    checkpoint = load_packed(path, spec_hash(spec))
    if not checkpoint.packed:
        return {}
    test = load_split(spec.data).test
    if not 0 <= test_image < len(test):
        raise spec_error("is no image of the test set", key="test_image", value=test_image)
    image = test.images(slice(test_image, test_image + 1))
    return captured_operands(model_of(checkpoint, spec), image, workload)


def captured_operands(model: nn.Module, image: Tensor, workload: Workload) -> dict[str, Operands]:
    """Return the operands of every matrix product of integers when `model` runs on `image`.

    Parameters
    ----------
    model : Module
        Is put into evaluation mode.
    image : Tensor, shape (1, …)
        Its input.
    workload : Workload
        What was traced from it: the products' names.

    Raises
    ------
    SpecError
        If an operand is not quantised, or the workload has other products than the model.
    """
    exported = export(model, (image,))
    values = _run(exported, image)
    found = {}
    for op, node, draft in _products(exported, workload):
        found[op.name] = _operands(exported, values, op, (node, draft))
    return found


def _run(exported: Exported, image: Tensor) -> Values:
    """Return the tensor of every node."""
    inputs = set(network_inputs(exported))
    given = [
        image if node in inputs else exported.tensors[exported.names[node.name]].detach()
        for node in exported.graph.nodes
        if node.op == "placeholder"
    ]
    interpreter = Interpreter(nn.Module(), garbage_collect_values=False, graph=exported.graph)
    with torch.no_grad():
        interpreter.run(*given)
    return interpreter.env


def _products(exported: Exported, workload: Workload) -> list[tuple[Op, Node, Draft]]:
    """Return each product with its operator: they stand in one and the same order."""
    nodes = [
        node
        for node in exported.graph.nodes
        if node.op == "call_function"
        and target_name(node) in LAYERS | PRODUCTS
        and node not in exported.constants
    ]
    drafts = [lower(exported, node) for node in nodes]
    ops = [op for op in workload.ops if op.is_gemm]
    if [_identity(exported, draft) for draft in drafts] != [
        (op.kind, (op.batch, op.m, op.k, op.n), op.parameter) for op in ops
    ]:
        raise spec_error(f"{workload.name}: the graph's matrix products are not the network's")
    return list(zip(ops, nodes, drafts, strict=True))


def _identity(exported: Exported, draft: Draft) -> tuple[Any, ...]:
    parameter = None if draft.weight is None else parameter_name(exported, draft.weight)
    return draft.kind, draft.dims, parameter


def _operands(exported: Exported, values: Values, op: Op, made: tuple[Node, Draft]) -> Operands:
    node, draft = made
    first, *others = [read for read in draft.reads if isinstance(read, Node)]
    codes, step = codes_of(exported, values, first)
    if op.convolution is not None:
        inputs = unfolded(codes[0], op.convolution)
    else:
        inputs = codes.reshape(op.batch, op.m, op.k)
    if op.weights_are_activations:
        codes, other_step = codes_of(exported, values, others[0])
        weights = codes.reshape(op.batch, op.k, op.n)
        sums = product_sums(values[node], step * other_step).reshape(op.batch, op.m, op.n)
        return Operands(inputs, weights, "network", sums)
    return Operands(inputs, None, "network", layer_sums(exported, values, op, node, step))
