"""Lanes that skip zeros: the PE behind its selector and the column's walker, and what they see.

Each is an element of its own; the `BLOCK` rows of a column share a walker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import Elaboratable, Module, Value

from lowbit_sim.formats.digits import trits
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.netlist.elements import BLOCK
from lowbit_sim.netlist.lanes import Array, Trace, Work, bit_lanes
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.rtl.digits import TernaryDigits
from lowbit_sim.rtl.pes import GrowingPE
from lowbit_sim.rtl.skipping import Selector, Walker


class SkippingHardware(Elaboratable):
    """A PE whose sum stays, behind its selector."""

    def __init__(self, digits: TernaryDigits, positions: int, widths: tuple[int, int]) -> None:
        self.pe = GrowingPE(digits, *widths, apart=False)
        self.selector = Selector(positions, widths[0])

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules += [self.pe, self.selector]
        m.d.comb += self.pe.activation_in.eq(self.selector.chosen)
        return m


@dataclass(frozen=True, slots=True)
class Walk:
    """How the columns of a block walk a group after another, in lock step.

    Parameters
    ----------
    group, position : ndarray of int, shapes (cycles,), (cycles, cols)
        Of each cycle the group, and of each column the trit's place in it.
    digit : ndarray of int, shape (cycles, cols)
        The trit; 0 where a column waits.
    """

    group: Array
    position: Array
    digit: Array


def walk(values: Array, group: int) -> Walk:
    """Return the walk of trits (places, k, cols), whole groups of k alone.

    Examples
    --------
    Weights 1, 0 and 0, −1 in one group: the second column's only trit lies at place 1.

    >>> found = walk(np.array([[[1, 0], [0, -1]]]), 2)
    >>> found.position.tolist(), found.digit.tolist()
    ([[0, 1]], [[1, -1]])
    """
    _, k, cols = values.shape
    groups, positions, digits = [], [], []
    for at in range(k // group):
        trits_ = values[:, at * group : (at + 1) * group].transpose(1, 0, 2).reshape(-1, cols)
        order = np.argsort(trits_ == 0, axis=0, kind="stable")  # those that are not zero first
        counts = (trits_ != 0).sum(axis=0)
        for beat in range(max(1, int(counts.max()))):
            there = beat < counts
            place = np.where(there, order[beat], 0)
            groups.append(at)
            positions.append(place)
            digits.append(np.where(there, np.take_along_axis(trits_, place[None], 0)[0], 0))
    return Walk(np.array(groups), np.array(positions), np.array(digits))


@dataclass(frozen=True, slots=True)
class SkippingSum:
    """A PE of lanes that skip zeros."""

    element: TernarySkip
    weight: NumberFormat
    activation_bits: int
    accumulator_bits: int

    written: ClassVar[tuple[str, ...]] = ("leaving",)
    held: ClassVar[tuple[str, ...]] = ()

    @property
    def scales(self) -> tuple[int, ...]:
        """Of the trits."""
        return TernaryDigits(self.weight).scales

    @property
    def scaled_bits(self) -> int:
        """Width of a wire [bit]."""
        return TernaryDigits(self.weight).scaled_bits(self.activation_bits)

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        positions = self.element.weights_per_group * len(self.scales)
        widths = (self.scaled_bits, self.accumulator_bits)
        made = SkippingHardware(TernaryDigits(self.weight), positions, widths)
        pe = made.pe
        ports: dict[str, Value] = {
            name: getattr(pe, name)
            for name in ("digit_in", "valid", "first", "takes", "sum_in", "leaving")
        }
        ports |= {wire.name: wire for wire in made.selector.wires}
        return made, ports | {"index": made.selector.index}

    def work(self, trace: Trace) -> Work:
        """Return `BLOCK` × `BLOCK` sums that grow over whole groups."""
        own = trits(trace.levels[:, :BLOCK], trace.weight)[0]
        found = walk(own, self.element.weights_per_group)
        inputs = trace.inputs[:BLOCK]
        rows, cols, cycles = len(inputs), own.shape[2], len(found.group)
        places = len(self.scales)
        used = len(own)  # trits of the format that it runs in
        shape = (cycles, rows, cols)

        def spread(values: Array) -> Array:
            return np.broadcast_to(values, shape).reshape(cycles, -1)

        stimulus = {}
        for weight in range(self.element.weights_per_group):
            here = inputs[
                :, found.group * self.element.weights_per_group + weight
            ].T  # cycles, rows
            for place, scale in enumerate(self.scales):
                wire = spread((here * scale)[:, :, None])
                name = f"wire_{weight * places + place}"
                stimulus[name] = bit_lanes(wire, self.scaled_bits)
        index = found.position // used * places + found.position % used
        width = (self.element.weights_per_group * places - 1).bit_length()
        stimulus["index"] = bit_lanes(spread(index[:, None, :]), width)
        digits = spread(found.digit[:, None, :])
        stimulus["digit_in"] = bit_lanes(digits, 2)
        stimulus["valid"] = bit_lanes(np.ones_like(digits), 1)
        first = np.zeros_like(digits)
        first[0] = 1
        stimulus["first"] = bit_lanes(first, 1)
        k = found.group[:, None] * self.element.weights_per_group + found.position // used
        scale = np.array(self.scales)[found.position % used] * found.digit
        sums = np.cumsum(inputs[:, k].transpose(1, 0, 2) * scale[:, None, :], axis=0)
        everyone = (1 << rows * cols) - 1
        busy = [0, *[everyone] * (cycles - 1)]
        nonzero = [one[0] for one in bit_lanes(digits != 0, 1)]
        expected = {at + 1: sums[at].reshape(-1) for at in range(cycles - 1)}
        return Work(stimulus, rows * cols, nonzero, busy, "leaving", expected)


@dataclass(frozen=True, slots=True)
class ColumnWalker:
    """The walker of a column."""

    element: TernarySkip
    weight: NumberFormat

    written: ClassVar[tuple[str, ...]] = ()
    held: ClassVar[tuple[str, ...]] = ()

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        made = Walker(self.element.weights_per_group * len(TernaryDigits(self.weight).scales))
        names = ("nonzero", "negative", "begins", "steps", "index", "digit", "done")
        return made, {name: getattr(made, name) for name in names}

    def work(self, trace: Trace) -> Work:
        """Return `BLOCK` columns that walk their groups in lock step."""
        own = trits(trace.levels[:, :BLOCK], trace.weight)[0]
        found = walk(own, self.element.weights_per_group)
        places, used = len(TernaryDigits(self.weight).scales), len(own)
        cols, cycles = own.shape[2], len(found.group)
        grouped = own[
            :, : self.element.weights_per_group * (own.shape[1] // self.element.weights_per_group)
        ]
        wide = np.zeros((places, *grouped.shape[1:]), np.int64)
        wide[:used] = grouped
        masks = wide.transpose(1, 0, 2).reshape(-1, self.element.weights_per_group * places, cols)
        shown = masks[found.group]  # cycles, positions, cols
        begins = np.diff(found.group, prepend=-1)[:, None] * np.ones(cols, np.int64)
        everyone = (1 << cols) - 1
        index = found.position // used * places + found.position % used
        return Work(
            {
                "nonzero": _wires(shown != 0),
                "negative": _wires(shown < 0),
                "begins": bit_lanes(begins, 1),
                "steps": bit_lanes(np.ones_like(begins), 1),
            },
            cols,
            [everyone] * cycles,
            [0, *[everyone] * (cycles - 1)],
            "index",
            {at: index[at] for at in range(cycles)},
        )


def _wires(flags: Array) -> list[list[int]]:
    """Return flags (cycles, wires, lanes) as the values of the wires."""
    wires = [bit_lanes(flags[:, at], 1) for at in range(flags.shape[1])]
    return [[wire[cycle][0] for wire in wires] for cycle in range(len(flags))]
