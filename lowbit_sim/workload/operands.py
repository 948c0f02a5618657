"""The operands of a matrix product as integer codes: a network's own, or drawn at random.

Inputs are as the array sees them: the windows of a convolution are unfolded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.op import Op

#: where the codes of activations come from
Source = Literal["network", "random"]


@dataclass(frozen=True, slots=True)
class Operands:
    """The activations that reach a matrix product.

    Parameters
    ----------
    inputs : ndarray of int64, shape (batch, m, k)
        Codes of the first operand.
    weights : ndarray of int64, shape (batch, k, n), or None
        Codes of the second operand where it is an activation.
    source : {"network", "random"}
        Whether they are those of a network on an input, or drawn.
    network_sums : ndarray of int64, shape (batch, m, n), or None
        The network's own floating-point result in units of both steps, rounded; biases left out.
    """

    inputs: NDArray[np.int64]
    weights: NDArray[np.int64] | None
    source: Source
    network_sums: NDArray[np.int64] | None = None


def unfolded(image: NDArray[Any], geometry: Convolution) -> NDArray[Any]:
    """Return the windows of an image (channels, height, width), shape (groups, m, k).

    m runs over output rows and columns, k over input channels (slowest), kernel rows and kernel
    columns. Padding is zeros.

    Examples
    --------
    >>> one = Convolution(1, 1, 2, 3, 2, 2, 1, 1, 0, 0, 1, 1, groups=1)
    >>> unfolded(np.arange(6).reshape(1, 2, 3), one).tolist()
    [[[0, 1, 3, 4], [1, 2, 4, 5]]]
    """
    sides = [
        (geometry.padding_height, geometry.padding_height + geometry.extra_padding_height),
        (geometry.padding_width, geometry.padding_width + geometry.extra_padding_width),
    ]
    padded = np.pad(image, [(0, 0), *sides])
    down = geometry.dilation_height * (geometry.kernel_height - 1) + 1
    across = geometry.dilation_width * (geometry.kernel_width - 1) + 1
    every = np.lib.stride_tricks.sliding_window_view(padded, (down, across), axis=(1, 2))
    windows = every[
        :,
        :: geometry.stride_height,
        :: geometry.stride_width,
        :: geometry.dilation_height,
        :: geometry.dilation_width,
    ]
    groups, m, k, _ = geometry.gemm_dims
    split = windows.reshape(groups, -1, *windows.shape[1:])
    return split.transpose(0, 2, 3, 1, 4, 5).reshape(groups, m, k)


def random_operands(op: Op) -> Operands:
    """Return uniformly drawn codes for a product; the seed is the SHA-256 of its name.

    Parameters
    ----------
    op : Op
        A matrix product with activations of an integer format.
    """
    assert op.weight is not None
    digest = hashlib.sha256(f"activations of {op.name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))

    def drawn(name: str, *extents: int) -> NDArray[np.int64]:
        return rng.choice(np.array(FORMATS[name].levels, np.int64), extents)

    if op.convolution is None:
        inputs = drawn(op.activation, op.batch, op.m, op.k)
    else:
        geometry = op.convolution
        extents = geometry.in_channels, geometry.in_height, geometry.in_width
        inputs = unfolded(drawn(op.activation, *extents), geometry)
    computed = op.weights_are_activations
    weights = drawn(op.weight, op.batch, op.k, op.n) if computed else None
    return Operands(inputs, weights, "random")
