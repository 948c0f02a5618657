"""`Gemm`: a matrix product as the mapper sees it. Equal work is equal, and mapped once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import Packing, stored_bits
from lowbit_sim.pe.base import Tile
from lowbit_sim.units import ceil_div
from lowbit_sim.workload.op import Convolution


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a product's weights; equal if their bytes are.

    Parameters
    ----------
    values : ndarray of int8 or int16, shape (batch, k, n)
        Level of each weight.
    digest : str
        SHA-256 of them, which stands for them in comparisons.
    """

    values: NDArray[Any]
    digest: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Levels) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def levels_of(values: NDArray[Any]) -> Levels:
    """Return `values` (batch, k, n) as `Levels`."""
    packed = np.ascontiguousarray(values)
    digest = hashlib.sha256(repr((packed.shape, packed.dtype.str)).encode())
    digest.update(packed.data)
    return Levels(packed, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Gemm:
    """``output[b, m, n] = Σ_k input[b, m, k] · weight[b, k, n]`` with its formats and placement.

    Parameters
    ----------
    batch, m, k, n : int
        Extents; batch is the number of independent products (heads, convolution groups).
    weight, activation, output : NumberFormat
        Formats of the second operand, the first operand and the stored result.
    weights_are_activations : bool
        Whether the second operand is an activation, which lies unpacked.
    packing : str
        How weights lie in the memories before the decoder.
    convolution : Convolution or None
        The geometry that tells how many distinct inputs a tile of outputs needs.
    on_chip : bool
        Whether activations stay at depth 1 between operators.
    input_from_dram_bits : int
        What comes from the DRAM all the same: the network's input, where this operator is the
        one that reads it.
    output_to_dram : bool
        Whether the result is the network's output.
    channel_bits : int
        fp32 numbers that each output channel needs beside its weights: bias, scale [bit].
    weights_stay : bool
        Whether the weights stay at depth 1 from one inference to the next.
    levels : Levels or None
        The weights themselves, where the array's beats depend on them.
    """

    batch: int
    m: int
    k: int
    n: int
    weight: NumberFormat
    activation: NumberFormat
    output: NumberFormat
    weights_are_activations: bool
    packing: Packing
    convolution: Convolution | None
    on_chip: bool
    input_from_dram_bits: int
    output_to_dram: bool
    channel_bits: int = 0
    weights_stay: bool = False
    levels: Levels | None = None

    @property
    def whole(self) -> Tile:
        """All of m, k and n."""
        return Tile(self.m, self.k, self.n)

    def stored_weight_bits(self, weights: int) -> int:
        """Return the bits of so many of the second operand before the decoder."""
        if self.weights_are_activations:
            return weights * self.weight.field_bits
        return stored_bits(self.weight, self.packing, weights)

    @property
    def held_weight_bits(self) -> int:
        """The bits of a weight behind the decoder: its field, or whole bytes where it comes so."""
        field = self.weight.field_bits
        return 8 * ceil_div(field, 8) if self.packing == "byte" else field

    def stored_parameter_bits(self) -> int:
        """Return the bits of all the weights, biases and scales."""
        weights = self.stored_weight_bits(self.batch * self.k * self.n)
        return weights + self.batch * self.n * self.channel_bits

    @property
    def sum_bits(self) -> int:
        """The two's complement width that holds any sum of k products; 0 for floating point.

        ``k · largest |weight| · largest |activation|`` and its sign.
        """
        if not (self.weight.is_integer and self.activation.is_integer):
            return 0
        largest = self.k * self.weight.max_magnitude * self.activation.max_magnitude
        return largest.bit_length() + 1

    @property
    def needs_decoder(self) -> bool:
        """Whether weights come as base-N digits of a word, where N is no power of two."""
        count = self.weight.count
        words = self.packing.startswith("word_") and self.weight.is_integer
        return words and not self.weights_are_activations and count & (count - 1) != 0

    def unfolded_elements(self, m: Any, k: Any) -> Any:
        """Return m · k, the inputs behind m outputs and k terms, each as often as it is used."""
        return m * k

    def distinct_elements(self, m: Any, k: Any) -> Any:
        """Return the distinct inputs behind m outputs and k terms of one product.

        k runs over input channels (outermost), kernel rows and kernel columns. For a convolution,
        whole input rows come: ``(rows - 1)·stride + dilation·(kernel - 1) + 1`` of them, from the
        first to the last that is touched by the ``rows`` output rows which m outputs can
        straddle. They begin at a multiple of m, hence of g = gcd(m, width), and so straddle at
        most ``⌈(m - g) / width⌉ + 1`` rows; in the same way k terms straddle channels. Where the
        windows overlap so little that unfolding them takes less, that counts.

        Parameters
        ----------
        m, k : int or ndarray of int64
            Extents of a tile.
        """
        geometry = self.convolution
        if geometry is None:
            return m * k
        width, window = geometry.out_width, geometry.kernel_height * geometry.kernel_width
        rows = _at_most(_straddled(m, width), geometry.out_height)
        channels = _at_most(_straddled(k, window), geometry.in_channels // geometry.groups)
        reach = geometry.dilation_height * (geometry.kernel_height - 1) + 1
        in_rows = _at_most((rows - 1) * geometry.stride_height + reach, geometry.in_height)
        return _at_most(in_rows * geometry.in_width * channels, m * k)


def _straddled(extent: Any, unit: int) -> Any:
    """Return the most units that `extent` elements touch, if they begin at a multiple of it."""
    if isinstance(extent, int):
        return ceil_div(extent - gcd(extent, unit), unit) + 1
    return -(-(extent - np.gcd(extent, unit)) // unit) + 1


def _at_most(count: Any, limit: Any) -> Any:
    if isinstance(count, int) and isinstance(limit, int):
        return min(count, limit)
    return np.minimum(count, limit)
