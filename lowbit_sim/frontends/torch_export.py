"""From a torch model to a `Workload`: export, lower each node, name the operators, join them.

What costs nothing is left out: layout, a scale or a batch norm that folds into a matrix product,
and rounding that the operator before does on its output. All else must have a lowering.
"""

from __future__ import annotations

from torch import Tensor, nn

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.frontends.exported import Exported, export, fault
from lowbit_sim.frontends.joining import join
from lowbit_sim.frontends.lowering import is_lowered
from lowbit_sim.frontends.passing import passes_on
from lowbit_sim.frontends.storing import find_stored
from lowbit_sim.workload.graph import Workload


def trace(
    model: nn.Module, example_input: Tensor | tuple[object, ...], name: str, weight_format: str
) -> Workload:
    """Return what `model` computes on an input like `example_input`.

    Parameters
    ----------
    model : Module
        Is put into evaluation mode. On the device ``meta`` it needs no memory, and its weights
        have no statistics.
    example_input : Tensor or tuple
        Only shapes matter; the first dimension of a tensor counts samples. A tuple is the
        arguments of a model of several: tensors, and lists or dictionaries of them.
    name : str
        Name of the workload.
    weight_format : str
        The number format under study.

    Raises
    ------
    SpecError
        If the model uses an operator that has no lowering, or one in an unknown way; the error
        names operator, module and source line.
    """
    number_format(weight_format)
    inputs = (example_input,) if isinstance(example_input, Tensor) else example_input
    exported = export(model, inputs)
    _check_supported(exported)
    ops, edges = join(exported, find_stored(exported))
    return Workload(name, weight_format, ops, edges)


def _check_supported(exported: Exported) -> None:
    unknown = [
        node
        for node in exported.graph.nodes
        if node.op not in {"placeholder", "output"}
        and node not in exported.constants
        and not passes_on(node)
        and not is_lowered(node)
    ]
    if unknown:
        reason = f"has no lowering (those there are stand in {is_lowered.__module__})"
        raise SpecError(tuple(fault(node, reason) for node in unknown))
