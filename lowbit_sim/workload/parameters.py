"""How many parameters a network has, and what they occupy, from its operators alone.

**Formula**, in elements:

    linear, conv2d   weights + biases; a tensor that several layers share counts once
    embedding        the whole table, once
    mask             none: it is computed, not trained
    everything else  its side parameters

The scales of integer weights belong to the number format and are no parameters. A batch norm is
counted as the machine holds it, folded: one bias for each channel where the trained network has a
gain and an offset. So a network of which every convolution has its norm holds one number for each
of their output channels less than is published for it.

**Worked example**: ResNet-18 is published with 11,689,512 parameters. Its 20 convolutions have
4,800 output channels, which leaves 11,684,712.
"""

from __future__ import annotations

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import Packing, stored_bits
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.op import Op

FP32_BITS = FORMATS["fp32"].field_bits


def parameters(workload: Workload) -> int:
    """Return the parameters of a network as the machine holds them.

    A table that is computed once and stored, as that of rotary positions, counts too if the
    network holds it as a constant.
    """
    by_tensor = {op.parameter: _tensor_elements(op) for op in workload.ops if op.parameter}
    own = {op.parameter or op.name: _side_elements(op) for op in workload.ops}
    return sum(by_tensor.values()) + sum(own.values())


def parameter_bits(workload: Workload, packing: Packing) -> int:
    """Return what a network's parameters occupy in memory [bit].

    Weights and tables are packed, scales, biases and all others are fp32.
    """
    by_tensor = {
        op.parameter: stored_bits(FORMATS[op.weight], packing, _tensor_elements(op))
        for op in workload.ops
        if op.parameter is not None and op.weight is not None
    }
    return sum(by_tensor.values()) + sum(_side_bits(op) for op in workload.ops)


def scale_bits(op: Op) -> int:
    """Return the fp32 scales among a layer's side parameters [bit].

    One for each output channel of integer weights, one for each row that an embedding reads from
    an integer table; none for anything else, nor where an operator has no side parameters.
    """
    if op.parameter is None or op.weight is None or not FORMATS[op.weight].is_integer:
        return 0
    scales = op.m if op.kind == "embedding" else op.batch * op.n
    return min(FP32_BITS * scales, op.side_parameter_bits)


def _tensor_elements(op: Op) -> int:
    return op.table_rows * op.n if op.kind == "embedding" else op.weight_elements


def _side_elements(op: Op) -> int:
    if op.kind in {"embedding", "mask"}:
        return 0
    return (op.side_parameter_bits - scale_bits(op)) // FP32_BITS


def _side_bits(op: Op) -> int:
    """Return what the parameters beside weights or table occupy: all of them, read or not."""
    if op.kind != "embedding":
        return op.side_parameter_bits
    return scale_bits(op) // op.m * op.table_rows
