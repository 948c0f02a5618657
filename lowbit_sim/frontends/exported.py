"""A model as torch.export writes it down: nodes, the names of its tensors, and their values."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Graph, Node
from torch.fx.node import map_arg

from lowbit_sim.errors import Fault, SpecError

#: left behind by every change of dtype, also by one that changes nothing
_ASSERTION = "aten._assert_tensor_metadata.default"
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported model.

    Parameters
    ----------
    graph : Graph
        Functional and free of dead code.
    names : mapping of str to str
        Placeholder -> full name of the parameter, buffer or constant.
    tensors : mapping of str to Tensor
        Full name -> value.
    constants : frozenset of Node
        Nodes that depend on no network input.
    """

    graph: Graph
    names: Mapping[str, str]
    tensors: Mapping[str, Tensor]
    constants: frozenset[Node]


def export(model: nn.Module, example_inputs: tuple[Any, ...]) -> Exported:
    """Export `model` in evaluation mode, with composite operators kept whole.

    Parameters
    ----------
    model : Module
        May lie on the device ``meta``, where tensors have shapes but no values.
    example_inputs : tuple
        Positional arguments: tensors, and lists or dictionaries of them.

    Raises
    ------
    Exception
        Whatever ``torch.export`` raises where the model's control flow depends on its data.
    """
    with warnings.catch_warnings():
        # torch copies its own tree specs, and warns itself about it
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated", FutureWarning)
        program = torch.export.export(model.eval(), example_inputs, strict=False)
        program = program.run_decompositions({})
    signature = program.graph_signature
    names = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    for node in program.graph.nodes:
        if target_name(node) == _ASSERTION:
            program.graph.erase_node(node)
    program.graph.eliminate_dead_code()
    tensors = {**program.state_dict, **program.constants}
    constants = frozenset(_constants(program.graph, set(signature.user_inputs)))
    return Exported(program.graph, names, tensors, constants)


def _constants(graph: Graph, inputs: set[Any]) -> Iterator[Node]:
    varying: set[Node] = set()
    for node in graph.nodes:
        if node.name in inputs or varying.intersection(node.all_input_nodes):
            varying.add(node)
        else:
            yield node


def network_inputs(exported: Exported) -> list[Node]:
    """Return the nodes of the network's inputs."""
    placeholders = [node for node in exported.graph.nodes if node.op == "placeholder"]
    return [node for node in placeholders if node not in exported.constants]


def network_outputs(exported: Exported) -> list[Node]:
    """Return the nodes whose tensors the network returns, parameters left out."""
    (output,) = (node for node in exported.graph.nodes if node.op == "output")
    return [node for node in output.all_input_nodes if node not in exported.constants]


def target_name(node: Node) -> str:
    """Return the name of a node's operator, as ``aten.linear.default``."""
    return "getitem" if getattr(node.target, "__name__", "") == "getitem" else str(node.target)


def arguments(node: Node) -> dict[str, Any]:
    """Return the arguments of an operator's node by name, defaults filled in."""
    schema = node.target._schema  # type: ignore[union-attr]  # noqa: SLF001  no public way
    named = {argument.name: argument.default_value for argument in schema.arguments}
    given = zip(named, node.args, strict=False)
    return {**named, **dict(given), **node.kwargs}


def shape(node: Node) -> tuple[int, ...]:
    """Return the shape of a node's tensor, of the first if there are several, in elements."""
    held = node.meta["val"]
    first = held[0] if isinstance(held, list | tuple) else held
    return tuple(int(extent) for extent in first.shape)


def owner(node: Node) -> tuple[str, str]:
    """Return the full name and the class path of the module whose ``forward`` made the node."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    name, kind = stack[-1] if stack else ("", "")
    return re.sub(r"@\d+$", "", str(name)), str(kind)


def refusal(node: Node, reason: str) -> SpecError:
    """Return the error that `node` cannot be lowered, naming its module and source line."""
    return SpecError((fault(node, reason),))


def fault(node: Node, reason: str) -> Fault:
    """Return one thing wrong with `node`, at its source line."""
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    torch_folder = str(Path(torch.__file__).parent)
    frames = [frame for frame in frames if not frame[0].startswith(torch_folder)] or frames
    file, line = frames[-1] if frames else (None, None)
    return Fault(
        f"{target_name(node)}: {reason}",
        None if file is None else Path(file),
        None if line is None else int(line),
        f"module '{owner(node)[0]}'",
    )


def constant_value(exported: Exported, node: Node) -> Tensor:
    """Return the value of a node that depends on no network input, by evaluating it."""
    if node.op == "placeholder":
        return exported.tensors[exported.names[node.name]].detach()
    args, kwargs = map_arg((node.args, node.kwargs), lambda arg: constant_value(exported, arg))
    with torch.no_grad():
        value: Tensor = node.target(*args, **kwargs)  # type: ignore[operator]
    return value
