"""Pieces of trained layers: their weights, and the activations of test images.

This is the one module here that needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.netlist.lanes import Trace
from lowbit_sim.netlist.recipe import TraceSpec, TracesSpec
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.levels import layer_levels
from lowbit_sim.workload.operands import Operands
from lowbit_sim.workload.store import read_graph


@dataclass(frozen=True, slots=True)
class TrainedTraces:
    """The layers that a recipe names, in the format asked for.

    Parameters
    ----------
    spec : TracesSpec
    folder : Path
        Where its workloads' paths begin.
    """

    spec: TracesSpec
    folder: Path
    _found: dict[str, list[Trace]] = field(default_factory=dict)
    _operands: dict[tuple[Path, int], Mapping[str, Operands]] = field(default_factory=dict)

    def __call__(self, weight: NumberFormat) -> list[Trace]:
        """Return the traces of a format.

        Raises
        ------
        SpecError
            If a workload is not trained in it, has no such parameter, or keeps it in another one.
        """
        if weight.name not in self._found:
            self._operands.clear()
            self._found[weight.name] = [self._trace(layer, weight) for layer in self.spec.layers]
        return self._found[weight.name]

    def _trace(self, layer: TraceSpec, weight: NumberFormat) -> Trace:
        path = self.folder / layer.workload
        made = path.with_suffix("") / weight.name
        checkpoint = made.with_suffix(".safetensors")
        if not checkpoint.is_file():
            raise spec_error(f"is not trained in {weight.name}: there is no {checkpoint}", path)
        graph = read_graph(made.with_suffix(".graph.json"))
        levels = layer_levels(graph, load_packed(checkpoint))
        name = _operator(graph, layer.parameter, weight, path)
        images = range(self.spec.test_images)
        inputs = [self._on(path, graph, image)[name].inputs[0] for image in images]
        return Trace(weight, np.concatenate(inputs), np.asarray(levels[name]).astype(int))

    def _on(self, path: Path, graph: Workload, image: int) -> Mapping[str, Operands]:
        """Return the operands of a network on a test image; of one format they are kept."""
        from lowbit_sim.frontends.activations import shipped_operands  # noqa: PLC0415  # torch

        if (path, image) not in self._operands:
            self._operands[path, image] = shipped_operands(path, graph, image)
        return self._operands[path, image]


def _operator(graph: Workload, parameter: str, weight: NumberFormat, path: Path) -> str:
    operators = {op.parameter: op for op in graph.ops if op.parameter and op.is_gemm}
    if parameter not in operators:
        raise spec_error(f"has no parameter '{parameter}'; {nearest(parameter, operators)}", path)
    found = operators[parameter]
    if found.weight != weight.name:
        reason = f"keeps '{parameter}' in {found.weight} where the rest is in {weight.name}"
        raise spec_error(reason, path)
    return found.name
