"""Several inputs at once: the same network with the tensors of all of them, its weights once.

- ``linear`` and vector operators have so many times the rows, ``matmul`` so many times the
  products;
- a ``conv2d`` sees the images stacked upon each other, which is exact if no window reaches over an
  image's end: no padding, strides that divide the height, kernels no higher than the stride;
- parameters beside the weights are read once, but for the rows that an ``embedding`` looks up.
"""

from __future__ import annotations

from dataclasses import replace

from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.op import Op


def batched(workload: Workload, inputs: int) -> Workload:
    """Return `workload` for so many inputs at once, called ``<name> × <inputs>``.

    Parameters
    ----------
    workload : Workload
        For one input.
    inputs : int
        At least 1; for 1 the workload is returned as it is.

    Raises
    ------
    ValueError
        If images cannot be stacked in a convolution.
    """
    if inputs == 1:
        return workload
    edges = tuple(replace(edge, tensor_bits=edge.tensor_bits * inputs) for edge in workload.edges)
    ops = tuple(_batched(op, inputs) for op in workload.ops)
    return replace(workload, name=f"{workload.name} × {inputs}", ops=ops, edges=edges)


def _batched(op: Op, inputs: int) -> Op:
    if op.kind == "matmul":
        return replace(op, batch=op.batch * inputs)
    if op.kind == "embedding":
        side_bits = op.side_parameter_bits * inputs
        return replace(op, m=op.m * inputs, side_parameter_bits=side_bits)
    geometry = op.convolution
    if geometry is None:
        return replace(op, m=op.m * inputs)
    reach = geometry.dilation_height * (geometry.kernel_height - 1) + 1
    overlaps = reach > geometry.stride_height or geometry.in_height % geometry.stride_height
    if geometry.padding_height or geometry.extra_padding_height or overlaps:
        reason = "windows reach over the end of an image, so several cannot be stacked"
        raise ValueError(f"operator '{op.name}': {reason}")
    stacked = replace(geometry, in_height=geometry.in_height * inputs)
    return replace(op, m=op.m * inputs, convolution=stacked)
