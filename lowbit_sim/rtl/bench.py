"""The bench: puts matrix products into an array, takes them out, and counts the cycles between.

The first cycle counted is the one in which something enters the array, the last one that in which
the product's last sum is at its edge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from amaranth.sim import Simulator
from numpy.typing import NDArray

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Stationary
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.rtl.digits import digits_of
from lowbit_sim.rtl.growing import GrowingArray
from lowbit_sim.rtl.holding import HoldingArray, SystolicHoldingArray, TreeHoldingArray
from lowbit_sim.rtl.operands import product, stimulus
from lowbit_sim.rtl.pes import Layout
from lowbit_sim.rtl.skipping import SkippingArray

Array = NDArray[Any]
#: words of every memory of a bench
DEPTH = 1024
#: no product of a bench takes as long
LIMIT_CYCLES = 100_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A product that came out of an array.

    Parameters
    ----------
    product : ndarray of int64, shape (m, n)
        The sums.
    cycles : int
        From the first cycle in which something enters to that of the last sum [cycle].
    """

    product: Array
    cycles: int


def hardware(
    array: PEArray,
    formats: tuple[NumberFormat, NumberFormat],
    stationary: Stationary,
    depth: int = DEPTH,
) -> HoldingArray | GrowingArray:
    """Return the hardware of `array`.

    Parameters
    ----------
    array : PEArray
        Its kind, size and conventions.
    formats : tuple of NumberFormat
        Of the weights and of the activations.
    stationary : str
        The operand that stays.
    depth : int
        Words of each memory.

    Raises
    ------
    ValueError
        If no hardware is described for its kind, or for the operand that stays.
    """
    layout = Layout(
        digits_of(array.element, formats[0]),
        array.rows,
        array.cols,
        formats[1].twos_complement_bits,
        array.accumulator_bits,
        array.conventions,
        depth,
    )
    systolic = array.organisation == "systolic"
    if isinstance(array.element, TernarySkip):
        return SkippingArray(layout, array.element.weights_per_group)
    if stationary == "weight":
        return SystolicHoldingArray(layout) if systolic else TreeHoldingArray(layout)
    if stationary == "output":
        return GrowingArray(layout, skewed=systolic)
    raise ValueError(f"no hardware is described for stationary {stationary}")


def multiply(
    design: HoldingArray | GrowingArray, products: Iterable[tuple[Array, Array]]
) -> list[Measured]:
    """Multiply inputs (m, k) by levels (k, n), one product after another in the same array.

    Raises
    ------
    RuntimeError
        If one of them is not done after `LIMIT_CYCLES`.
    ValueError
        If one does not fit the memories.
    """
    found: list[Measured] = []

    async def bench(ctx: Any) -> None:
        for inputs, levels in products:
            given = stimulus(design, inputs, levels)
            for memory, words in given.contents:
                for at, word in enumerate(words):
                    ctx.set(memory.data[at], word)
            for signal, count in given.counts:
                ctx.set(signal, count)
            ctx.set(design.control.start, 1)
            await ctx.tick()
            ctx.set(design.control.start, 0)
            cycles = await _count(ctx, design)
            await ctx.tick()
            sums = product(
                design, len(inputs), levels.shape[1], lambda memory, at: ctx.get(memory.data[at])
            )
            found.append(Measured(sums, cycles))

    simulator = Simulator(design)
    simulator.add_clock(1e-9)
    simulator.add_testbench(bench)
    simulator.run()
    return found


async def _count(ctx: Any, design: HoldingArray | GrowingArray) -> int:
    begins = None
    for cycle in range(LIMIT_CYCLES):
        if begins is None and ctx.get(design.begins):
            begins = cycle
        if begins is not None and ctx.get(design.ends):
            return cycle - begins + 1
        await ctx.tick()
    raise RuntimeError(f"the array is not done after {LIMIT_CYCLES} cycles")
