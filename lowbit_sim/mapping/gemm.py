"""`Gemm`: a matrix product as the mapper sees it. Equal work is equal, and mapped once."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import Packing, stored_bits
from lowbit_sim.pe.base import Tile
from lowbit_sim.units import ceil_div
from lowbit_sim.workload.op import Convolution


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
        How weights lie in the DRAM and the shared SRAM.
    convolution : Convolution or None
        The geometry that tells how many distinct inputs a block of outputs needs.
    on_chip : bool
        Whether activations stay in the shared SRAM between operators.
    input_from_dram_bits : int
        The network's input, where this operator is the one that reads it.
    output_to_dram : bool
        Whether the result is the network's output.
    channel_bits : int
        fp32 numbers that each output channel needs beside its weights: bias, scale [bit].
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

    @property
    def whole(self) -> Tile:
        """All of m, k and n."""
        return Tile(self.m, self.k, self.n)

    def stored_weight_bits(self, k: int, n: int) -> int:
        """Return the bits of a k × n piece of the second operand in DRAM and shared SRAM."""
        if self.weights_are_activations:
            return k * n * self.weight.field_bits
        return stored_bits(self.weight, self.packing, k * n)

    @property
    def held_weight_bits(self) -> int:
        """The bits of a weight in its scratchpad: its field, or whole bytes where it comes so."""
        field = self.weight.field_bits
        return 8 * ceil_div(field, 8) if self.packing == "byte" else field

    def stored_parameter_bits(self, n: int) -> int:
        """Return the bits of all that n output channels need: weights, biases, scales."""
        return self.batch * (self.stored_weight_bits(self.k, n) + n * self.channel_bits)

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

    def input_bits(self, m: int) -> int:
        """Return the bits of the distinct inputs behind m outputs, for all of k and the batch.

        For a convolution, whole input rows come: ``(rows - 1)·stride + dilation·(kernel - 1) + 1``
        of them, from the first to the last that is touched by the ``rows`` output rows which a
        block can straddle. A block begins at a multiple of m, hence of g = gcd(m, width), and
        so straddles at most ``⌈(m - g) / width⌉ + 1`` rows.
        """
        geometry = self.convolution
        if geometry is None:
            return self.batch * m * self.k * self.activation.field_bits
        width = geometry.out_width
        rows = min(ceil_div(m - gcd(m, width), width) + 1, geometry.out_height)
        reach = geometry.dilation_height * (geometry.kernel_height - 1) + 1
        in_rows = min((rows - 1) * geometry.stride_height + reach, geometry.in_height)
        elements = in_rows * geometry.in_width * geometry.in_channels
        return elements * self.activation.field_bits
