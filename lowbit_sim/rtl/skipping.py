"""Lanes that skip zeros: each column walks the non-zero trits of its own weights, in lock step.

The activations of a group of weights stand on their row's wires, scaled to each digit's place. A
column's walker takes the lowest non-zero trit that it has not taken yet; every PE of the column
selects its activation. A group ends with the beat after which no column has a trit left; a group
of nothing but zeros takes one beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib.memory import Memory
from numpy.typing import NDArray

from lowbit_sim.rtl.control import GrowingControl
from lowbit_sim.rtl.growing import GrowingArray
from lowbit_sim.rtl.pes import GrowingPE, Layout


class SkippingArray(GrowingArray):
    """An array whose sums stay, and whose columns skip zeros.

    Parameters
    ----------
    layout : Layout
        What it is made of.
    weights_per_group : int
        Weights of a column that are walked before the columns wait for each other.

    Attributes
    ----------
    inputs, digits : Memory
        Of a group at each address: the activations, row by row; and for each column a bit for
        every trit that is not zero, then a bit for every negative one, weight by weight.
    """

    def __init__(self, layout: Layout, weights_per_group: int) -> None:
        self.group = weights_per_group
        self.positions = weights_per_group * len(layout.digits.scales)
        super().__init__(layout, skewed=False)

    def _controller(self) -> GrowingControl:
        return GrowingControl(self.layout.rows, 1, self.layout.conventions, walks=True)

    def _memories(self) -> tuple[Memory, Memory]:
        layout = self.layout
        input_bits = layout.rows * self.group * layout.activation_bits
        widths = input_bits, layout.cols * 2 * self.positions
        inputs, digits = (Memory(shape=bits, depth=layout.depth, init=[]) for bits in widths)
        return inputs, digits

    def _feed(self, m: Module, grid: Sequence[Sequence[GrowingPE]]) -> None:
        m.submodules.inputs, m.submodules.digits = self.inputs, self.digits
        input_port = self.inputs.read_port(domain="comb")
        digit_port = self.digits.read_port(domain="comb")
        control, layout = self.control, self.layout
        m.d.comb += [input_port.addr.eq(control.input_at), digit_port.addr.eq(control.digit_at)]
        tags = Cat(control.beat_enters, control.first, control.last)
        wires = [self._wires(m, input_port.data, row) for row in range(layout.rows)]
        begins = self._group_begins(m)
        done = []
        for col in range(layout.cols):
            walker = Walker(self.positions)
            m.submodules += walker
            trits = digit_port.data.word_select(col, 2 * self.positions)
            m.d.comb += [
                Cat(walker.nonzero, walker.negative).eq(trits),
                walker.begins.eq(begins),
                walker.steps.eq(control.beat_enters),
            ]
            done.append(walker.done)
            for pes, row_wires in zip(grid, wires, strict=True):
                selector = Selector(self.positions, self.scaled_bits)
                m.submodules += selector
                m.d.comb += [
                    *(own.eq(wire) for own, wire in zip(selector.wires, row_wires, strict=True)),
                    selector.index.eq(walker.index),
                    Cat(pes[col].valid, pes[col].first, pes[col].last).eq(tags),
                    pes[col].activation_in.eq(selector.chosen),
                    pes[col].digit_in.eq(walker.digit),
                ]
        for pes in grid:
            m.submodules += pes
        assert control.walked is not None
        m.d.comb += control.walked.eq(Cat(done).all())

    def _wires(self, m: Module, data: Value, row: int) -> list[Signal]:
        """Return the activations of a row, each at every digit's place."""
        bits, scales = self.layout.activation_bits, self.layout.digits.scales
        found: list[Signal] = []
        for weight in range(self.group):
            activation = data.word_select(row * self.group + weight, bits).as_signed()
            for scale in scales:
                wire = Signal(signed(self.scaled_bits))
                m.d.comb += wire.eq(activation * scale)
                found.append(wire)
        return found

    def _group_begins(self, m: Module) -> Value:
        begins = Signal(init=1)
        with m.If(self.control.beat_enters):
            m.d.sync += begins.eq(self.control.beat.step_ends)
        with m.If(self.control.start):
            m.d.sync += begins.eq(1)
        return begins


class Selector(Elaboratable):
    """What gives a PE one of the activations on its row's wires.

    Parameters
    ----------
    positions, scaled_bits : int
        Wires of a row, and the width of each [bit].

    Attributes
    ----------
    wires : list of Signal
        Of each trit's place in a group, the activation at that place.
    index, chosen : Signal
        Which one, and that one.
    """

    def __init__(self, positions: int, scaled_bits: int) -> None:
        self.wires = [Signal(signed(scaled_bits), name=f"wire_{at}") for at in range(positions)]
        self.index, self.chosen = Signal(range(positions)), Signal(signed(scaled_bits))

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.d.comb += self.chosen.eq(Array(self.wires)[self.index])
        return m


class Walker(Elaboratable):
    """What takes the lowest trit of a column's group that is not zero and not taken yet.

    Parameters
    ----------
    positions : int
        Trits of a group.

    Attributes
    ----------
    nonzero, negative : Signal
        A bit for every trit.
    begins, steps : Signal
        Whether a group begins, and whether there is a beat.
    index, digit, done : Signal
        Which trit the beat takes, the trit (not zero, negative), and whether none is left then.
    """

    def __init__(self, positions: int) -> None:
        self.nonzero, self.negative = Signal(positions), Signal(positions)
        self.begins, self.steps, self.done = Signal(), Signal(), Signal()
        self.index, self.digit = Signal(range(positions)), Signal(2)

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        left, present, rest = (Signal.like(self.nonzero) for _ in range(3))
        m.d.comb += [
            present.eq(Mux(self.begins, self.nonzero, left)),
            rest.eq(present & (present - 1)),
            self.digit.eq(Cat(present.any(), self.negative.bit_select(self.index, 1))),
            self.done.eq(~rest.any()),
        ]
        for position in reversed(range(len(present))):
            with m.If(present[position]):
                m.d.comb += self.index.eq(position)
        with m.If(self.steps):
            m.d.sync += left.eq(rest)
        return m


def trit_masks(codes: NDArray[Any], group: int) -> NDArray[Any]:
    """Return what a column's walker reads of each group, as Python integers.

    Parameters
    ----------
    codes : ndarray of int, shape (P, k, n)
        Trits as `digits.TernaryDigits.codes` gives them.
    group : int
        Weights of a group.

    Returns
    -------
    ndarray of object, shape (⌈k/group⌉, n)

    Examples
    --------
    Weights 1, 0, −1 in a group: trits 0 and 2 are not zero, trit 2 is negative.

    >>> trit_masks(np.array([[[1], [0], [3]]]), 3).tolist()
    [[37]]
    """
    places, k, n = codes.shape
    groups = -(-k // group)
    padded = np.zeros((places, groups * group, n), np.int64)
    padded[:, :k] = codes
    flat = padded.transpose(1, 0, 2).reshape(groups, group * places, n)
    bits = np.concatenate([flat & 1, flat >> 1], axis=1).astype(object)
    powers = np.array([1 << place for place in range(bits.shape[1])], object)
    return np.asarray((bits * powers[:, None]).sum(axis=1))
