"""Names of operators that a reader of the model recognises."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch.fx import Node

from lowbit_sim.frontends.draft import Draft
from lowbit_sim.frontends.exported import Exported, network_inputs, owner
from lowbit_sim.frontends.weights import parameter_name
from lowbit_sim.workload.op import GEMM_KINDS

_PARAMETRISED = re.compile(r"\.parametrizations\.(\w+)\.original\d*$")


def readable_name(exported: Exported, node: Node, draft: Draft) -> str:
    """Return the operator's name before it is made unique.

    A layer is called after the module that holds its weights (``blocks.0.qkv``), a module of
    torch after itself (``blocks.0.norm``), anything else after the module whose ``forward``
    makes it, and what it does (``blocks.0.scores``, ``blocks.0.add``). So is a module whose own
    name is a number (``3.linear``). The only input is ``input``; several have the names of the
    arguments.
    """
    if node.op == "placeholder":
        return "input" if len(network_inputs(exported)) == 1 else node.name
    module, class_path = owner(node)
    if draft.weight is not None:
        parameter = _PARAMETRISED.sub(r".\1", parameter_name(exported, draft.weight))
        module = parameter.rpartition(".")[0] or parameter
    is_module = draft.weight is not None or (
        class_path.startswith("torch.nn.") and draft.kind not in GEMM_KINDS
    )
    numbered = module.rpartition(".")[2].isdecimal()
    return module if is_module and not numbered else f"{module}.{draft.suffix}".removeprefix(".")


def unique(names: Iterable[str]) -> list[str]:
    """Return `names` in their order, a repeated one with ``_2``, ``_3`` … behind it.

    Examples
    --------
    >>> unique(["norm", "add", "add", "add"])
    ['norm', 'add', 'add_2', 'add_3']
    """
    taken: dict[str, None] = {}
    for name in names:
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken[candidate] = None
    return list(taken)
