"""The levels of a network's weights as matrices: the trained ones, or drawn where there are none.

What machines need whose time depends on the values: which weight stands where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.assumed_weights import assumed_statistics
from lowbit_sim.workload.checkpoint import Checkpoint
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.op import Op

Levels = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class LayerLevels(Mapping[str, Levels]):
    """Operator's name -> its levels, made when they are asked for and not kept.

    Parameters
    ----------
    layers : mapping of str to Op
        The layers with integer weights.
    checkpoint : Checkpoint or None
        The trained weights.
    """

    layers: Mapping[str, Op]
    checkpoint: Checkpoint | None

    def __getitem__(self, name: str) -> Levels:
        op = self.layers[name]
        rows = _drawn(op) if self.checkpoint is None else _trained(op, self.checkpoint)
        matrix = rows.reshape(op.batch, op.n, op.k).transpose(0, 2, 1)
        return matrix[0] if op.batch == 1 else matrix

    def __contains__(self, name: object) -> bool:
        return name in self.layers

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


def layer_levels(workload: Workload, checkpoint: Checkpoint | None) -> LayerLevels:
    """Return the levels of every layer with integer weights.

    Parameters
    ----------
    workload : Workload
        The network in one format.
    checkpoint : Checkpoint or None
        The checkpoint from which it was traced; None for a network without weights.

    Returns
    -------
    LayerLevels
        Arrays of int8, shape (k, n), or (batch, k, n) where a convolution has groups: k runs over
        input channels (slowest), kernel rows and kernel columns, n over output channels, as in
        torch's ``weight.flatten(1).T``.

        Without a checkpoint they are drawn: as many of each level as the statistics say, or as
        `assumed_statistics` says where there are none, shuffled over the whole layer. The seed
        is the SHA-256 of the weight tensor's name and its format, so that operators which share
        weights agree, and the same question has the same answer.

    Raises
    ------
    SpecError
        If the checkpoint is of another format than the workload. When a layer is asked for: if
        the checkpoint does not hold it.
    """
    if checkpoint is not None and checkpoint.weight_format != workload.weight_format:
        reason = f"the checkpoint is in {checkpoint.weight_format}"
        raise spec_error(f"{reason}, the workload in {workload.weight_format}")
    layers = {
        op.name: op
        for op in workload.ops
        if op.is_gemm and op.parameter and op.weight and FORMATS[op.weight].is_integer
    }
    return LayerLevels(layers, checkpoint)


def _trained(op: Op, checkpoint: Checkpoint) -> Levels:
    held = checkpoint.packed.get(str(op.parameter))
    if held is None or held.format.name != op.weight or held.codes.size != op.weight_elements:
        raise spec_error(f"the checkpoint does not hold the weights of '{op.name}'")
    return np.take(np.array(held.format.levels, np.int8), held.codes)


def _drawn(op: Op) -> Levels:
    assert op.weight is not None
    counts = op.statistics or assumed_statistics(op.weight, op.weight_elements, op.batch * op.n)
    levels = np.array(FORMATS[op.weight].levels, np.int8).repeat(counts.level_counts)
    digest = hashlib.sha256(f"{op.parameter} {op.weight}".encode()).digest()
    np.random.default_rng(int.from_bytes(digest[:8], "little")).shuffle(levels)
    return levels
