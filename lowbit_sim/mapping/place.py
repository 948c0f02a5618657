"""A matrix product on one array of one machine: what a step moves, and how long that takes.

**Load**: whatever is new with a step leaves its outer memory and enters its inner one, all side
by side, through one port a memory::

    latency + rows · row miss + max over memories ⌈bits / width⌉

Weights leave packed and arrive packed, or, across the decoder, as whole fields. Biases and
scales come with the weights of the last k, past the innermost memory. **Store**: partial sums at
the accumulator's width, or results at theirs, likewise; sums become results on their way out of
the innermost memory. What lies contiguous: weights tile by
tile; inputs of a product that hold all of k; outputs of a product that hold all of n. Everything
else is a run for each row. Every run is rounded up to bursts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lowbit_sim.arch.accelerator import OPERANDS, Accelerator, NamedArray
from lowbit_sim.mapping.gemm import Gemm
from lowbit_sim.mapping.mapping import Extent
from lowbit_sim.mapping.walk import TileStep
from lowbit_sim.memory.base import MemoryLevel, Operand
from lowbit_sim.pe.base import Stationary
from lowbit_sim.units import ceil_div


@dataclass(frozen=True, slots=True)
class Transfer:
    """Bits on one side of one memory.

    Parameters
    ----------
    level : MemoryLevel
    side : {"read", "write"}
    bits_moved : int
        What is read or written [bit].
    port_bits : int
        What it takes on the port, bursts and bank conflicts included [bit].
    rows : int
        Rows of a dram that it activates.
    """

    level: MemoryLevel
    side: str
    bits_moved: int
    port_bits: int
    rows: int


@dataclass(frozen=True, slots=True)
class Place:
    """A matrix product on one array of one machine."""

    gemm: Gemm
    array: NamedArray
    machine: Accelerator

    def crosses(self, operand: Operand, boundary: int) -> bool:
        """Return whether `operand` moves across a boundary in every inference."""
        if len(self.machine.path(operand)) - 1 <= boundary:
            return False
        if boundary > 0:
            return True
        gemm = self.gemm
        if operand == "weight" and not gemm.weights_are_activations:
            return not gemm.weights_stay
        if operand == "weight" and self.machine.path("weight")[1] is not self.machine.home:
            return True  # an activation that must go around through the DRAM
        return not gemm.on_chip

    def input_elements(self, extent: Extent, depth: int) -> int:
        """Return the elements that the input memory at `depth` holds of a tile."""
        unfolded = self.machine.unfolding == "scratchpad"
        if unfolded and depth == len(self.machine.path("input")) - 1:
            return extent.batch * extent.m * extent.k
        return extent.batch * int(self.gemm.distinct_elements(extent.m, extent.k))

    def weight_bits(self, weights: int, depth: int) -> int:
        """Return what so many weights take in the memory at `depth` [bit]."""
        if depth <= self.machine.decoder_depth:
            return self.gemm.stored_weight_bits(weights)
        return weights * self.gemm.held_weight_bits

    def sums_bits(self, extent: Extent, *, final: bool) -> int:
        """Return what a tile's results, or partial sums, take [bit]."""
        width = self.gemm.output.field_bits if final else self.array.pe.accumulator_bits
        return extent.batch * extent.m * extent.n * width

    def loads(self, boundary: int, step: TileStep) -> list[Transfer]:
        """Return what a step brings in across a boundary."""
        found: list[Transfer] = []
        if step.loads_weight and self.crosses("weight", boundary):
            found += self._weight_load(boundary, step)
        if step.loads_input and self.crosses("input", boundary):
            found += self._input_load(boundary, step.extent)
        if boundary == 0 and step.first and self.gemm.on_chip:
            arriving = self.gemm.input_from_dram_bits
            found += self._move("input", boundary, arriving, arriving, (1, 1, arriving))
        if step.loads_partial and self.crosses("output", boundary):
            extent = step.extent
            sums = self.sums_bits(extent, final=False)
            runs = self._output_runs(extent, self.array.pe.accumulator_bits)
            found += self._move("output", boundary, sums, sums, runs)
        return found

    def stores(self, boundary: int, step: TileStep) -> list[Transfer]:
        """Return what a step sends back across a boundary."""
        path = self.machine.path("output")
        leaves = self.crosses("output", boundary)
        if boundary == 0 and self.gemm.on_chip:
            leaves = self.gemm.output_to_dram and step.final
        if not step.stores or not leaves:
            return []
        sent = self.sums_bits(step.extent, final=step.final)
        width = self.gemm.output.field_bits if step.final else self.array.pe.accumulator_bits
        outer, inner = path[boundary], path[boundary + 1]
        results = step.final and inner is not path[-1]  # the innermost holds sums, never results
        read = self.sums_bits(step.extent, final=results)
        return [
            Transfer(inner, "read", read, read, 0),
            self._outside(outer, "write", sent, self._output_runs(step.extent, width)),
        ]

    def _weight_load(self, boundary: int, step: TileStep) -> list[Transfer]:
        extent, gemm, path = step.extent, self.gemm, self.machine.path("weight")
        weights = extent.batch * extent.k * extent.n
        channels = extent.batch * extent.n * gemm.channel_bits if step.loads_channels else 0
        leaving = self.weight_bits(weights, boundary) + channels
        past = boundary + 2 == len(path)  # biases and scales go past the innermost memory
        arriving = self.weight_bits(weights, boundary + 1) + (0 if past else channels)
        return self._move("weight", boundary, leaving, arriving, (1, 1, leaving))

    def _input_load(self, boundary: int, extent: Extent) -> list[Transfer]:
        gemm = self.gemm
        moved = self.input_elements(extent, boundary + 1) * gemm.activation.field_bits
        last = boundary + 2 == len(self.machine.path("input"))
        windows = gemm.convolution is not None and self.machine.unfolding == "scratchpad" and last
        each = 1 if extent.k == gemm.k else extent.m
        runs = (extent.batch, each, gemm.k * gemm.activation.field_bits)
        found = self._move("input", boundary, moved, moved, runs)
        if windows:
            assert gemm.convolution is not None
            read, write = found
            factor = read.level.conflict_factor(gemm.convolution.stride_width)
            return [replace(read, port_bits=read.port_bits * factor), write]
        return found

    def _output_runs(self, extent: Extent, width: int) -> tuple[int, int, int]:
        """Return products, runs of each in a tile of the output, bits from one to the next."""
        return extent.batch, 1 if extent.n == self.gemm.n else extent.m, self.gemm.n * width

    def _move(
        self,
        operand: Operand,
        boundary: int,
        leaving: int,
        arriving: int,
        runs: tuple[int, int, int],
    ) -> list[Transfer]:
        """Return the read and the write of an operand that moves inwards."""
        if not leaving:
            return []
        path = self.machine.path(operand)
        outer, inner = path[boundary], path[boundary + 1]
        return [
            self._outside(outer, "read", leaving, runs),
            Transfer(inner, "write", arriving, arriving, 0),
        ]

    def _outside(
        self, outer: MemoryLevel, side: str, bits_moved: int, runs: tuple[int, int, int]
    ) -> Transfer:
        """Return what runs (products, of each, bits from one to the next) take outside."""
        products, each, stride_bits = runs
        run_bits = ceil_div(bits_moved, products * each)
        rows = products * outer.rows_touched(run_bits, each, stride_bits)
        port_bits = outer.moved_bits(run_bits, products * each)
        return Transfer(outer, side, bits_moved, port_bits, rows)

    def cycles(self, transfers: Iterable[Transfer]) -> int:
        """Return how long transfers take side by side (0 if there are none) [cycle]."""
        port_bits: dict[tuple[str, str], int] = {}
        widths: dict[tuple[str, str], int] = {}
        latency_cycles = row_cycles = 0
        for one in transfers:
            key, level = (one.level.name, one.side), one.level
            port_bits[key] = port_bits.get(key, 0) + one.port_bits
            widths[key] = getattr(level, f"{one.side}_bits_per_cycle")
            latency_cycles = max(latency_cycles, level.latency_cycles)
            row_cycles += one.rows * level.row_miss_cycles
        slowest = max((ceil_div(b, widths[key]) for key, b in port_bits.items()), default=0)
        return latency_cycles + row_cycles + slowest

    def array_bits(
        self, extent: Extent, stationary: Stationary, *, accumulates: bool
    ) -> list[tuple[MemoryLevel, str, int]]:
        """Return what the array reads and writes while it works on a tile [bit].

        Weights and inputs that stream are read once for every fold of what stays beside them,
        those that stay once; sums of several folds over k come back between them.
        """
        gemm, pe = self.gemm, self.array.pe
        words = ceil_div(extent.k, pe.terms(gemm.weight, gemm.activation))
        k_folds, n_folds = ceil_div(words, pe.rows), ceil_div(extent.n, pe.cols)
        m_folds = ceil_div(extent.m, pe.cols if stationary == "input" else pe.rows)
        weight_reads = 1 if stationary == "weight" else m_folds
        input_reads = 1 if stationary == "input" else n_folds
        sum_writes = 1 if stationary == "output" else k_folds
        weights, inputs = extent.k * extent.n, extent.m * extent.k
        sums_bits = extent.m * extent.n * pe.accumulator_bits
        inner = {operand: self.machine.path(operand)[-1] for operand in OPERANDS}
        weight_depth = len(self.machine.path("weight")) - 1
        read_bits = self.weight_bits(weights, weight_depth) * weight_reads
        batch = extent.batch
        return [
            (inner["weight"], "read", batch * read_bits),
            (inner["input"], "read", batch * inputs * input_reads * gemm.activation.field_bits),
            (inner["output"], "write", batch * sums_bits * sum_writes),
            (inner["output"], "read", batch * sums_bits * (sum_writes - 1 + accumulates)),
        ]
