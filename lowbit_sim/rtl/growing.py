"""Arrays whose sums stay: systolic, or with activations on the rows' wires, digits on the columns'.

Activations are scaled to a digit's place in front of the array. Sums leave through the rows, the
bottom one first, or each by a way of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value, signed
from amaranth.lib.memory import Memory

from lowbit_sim.rtl.control import GrowingControl
from lowbit_sim.rtl.feet import Collector
from lowbit_sim.rtl.gates import delayed, scaled
from lowbit_sim.rtl.pes import GrowingPE, Layout


class GrowingArray(Elaboratable):
    """An array whose sums stay.

    Parameters
    ----------
    layout : Layout
        What it is made of.
    skewed : bool
        Whether it is systolic: each row and each column begins a cycle after the one before.

    Attributes
    ----------
    control : GrowingControl
        Its controller, which is told the product.
    inputs, digits : Memory
        A row of activations, and of digits, at each address, the first row or column lowest.
    collectors : list of list of Collector
        Of each column one, or one for each row, if every sum has a way out of its own.
    begins, ends : Signal
        Whether a beat enters; whether the product's last sum is at the array's edge.
    """

    def __init__(self, layout: Layout, *, skewed: bool) -> None:
        self.layout, self.skewed = layout, skewed
        self.control = self._controller()
        self.inputs, self.digits = self._memories()
        self.drains = layout.conventions.drain == "through_rows"
        ways_out = 1 if self.drains else layout.rows
        self.collectors = [
            [Collector(layout.sum_bits, layout.depth) for _ in range(ways_out)]
            for _ in range(layout.cols)
        ]
        self.begins, self.ends = Signal(), Signal()

    def _controller(self) -> GrowingControl:
        layout = self.layout
        return GrowingControl(layout.rows, len(layout.digits.scales), layout.conventions)

    def _memories(self) -> tuple[Memory, Memory]:
        layout = self.layout
        widths = layout.rows * layout.activation_bits, layout.cols * layout.digits.digit_bits
        inputs, digits = (Memory(shape=bits, depth=layout.depth, init=[]) for bits in widths)
        return inputs, digits

    @property
    def scaled_bits(self) -> int:
        """Width of a scaled activation [bit]."""
        return self.layout.digits.scaled_bits(self.layout.activation_bits)

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules.control = control = self.control
        layout = self.layout
        m.d.comb += self.begins.eq(control.beat_enters)
        apart = self.drains and layout.conventions.folds == "overlapped"
        make = (layout.digits, self.scaled_bits, layout.sum_bits)
        grid = [
            [GrowingPE(*make, apart=apart) for _ in range(layout.cols)] for _ in range(layout.rows)
        ]
        self._feed(m, grid)
        skew_cycles = 1 if self.skewed else 0
        done = delayed(
            m, control.last, (layout.rows - 1) * skew_cycles
        )  # in the first column's last row
        across = (layout.cols - 1) * skew_cycles
        if self.drains:
            done = self._drain(m, grid, done, skew_cycles)
        else:
            self._take_each(m, grid)
        leaves = delayed(m, done, across)
        m.d.comb += control.fold_leaves.eq(leaves)
        self._end(m, leaves)
        return m

    def _end(self, m: Module, leaves: Value) -> None:
        """Count the folds that have left: the last one of all ends the product."""
        left, all_folds = Signal(32), self.control.m_folds * self.control.n_folds
        with m.If(leaves):
            m.d.sync += left.eq(left + 1)
        with m.If(self.control.start):
            m.d.sync += left.eq(0)
        m.d.comb += self.ends.eq(leaves & (left + 1 == all_folds))
        for column in self.collectors:
            for collector in column:
                m.submodules += collector
                m.d.comb += collector.start.eq(self.control.start)

    def _feed(self, m: Module, grid: Sequence[Sequence[GrowingPE]]) -> None:
        """Join the PEs' operands and what goes with a beat."""
        activations, digits = self._operands(m)
        control, shift = self.control, int(self.skewed)
        tags = Cat(control.beat_enters, control.first, control.last)
        for row, pes in enumerate(grid):
            m.submodules += pes
            entering = delayed(m, Cat(tags, activations[row]), row * shift)
            for pe in pes:
                m.d.comb += [
                    Cat(pe.valid, pe.first, pe.last).eq(entering[:3]),
                    pe.activation_in.eq(entering[3:].as_signed()),
                ]
                if self.skewed:
                    entering = Cat(delayed(m, entering[:3], 1), pe.activation)
        for col, digit in enumerate(digits):
            arriving = delayed(m, digit, col * shift)
            for pes in grid:
                m.d.comb += pes[col].digit_in.eq(arriving)
                arriving = pes[col].digit if self.skewed else arriving

    def _operands(self, m: Module) -> tuple[list[Value], list[Value]]:
        """Return the scaled activations at the rows, and the digits at the columns."""
        m.submodules.inputs, m.submodules.digits = self.inputs, self.digits
        input_port = self.inputs.read_port(domain="comb")
        digit_port = self.digits.read_port(domain="comb")
        control, layout = self.control, self.layout
        m.d.comb += [
            input_port.addr.eq(control.input_at),
            digit_port.addr.eq(control.digit_at),
        ]
        activations = []
        for row in range(layout.rows):
            activation = input_port.data.word_select(row, layout.activation_bits).as_signed()
            wide = Signal(signed(self.scaled_bits))
            m.d.comb += wide.eq(scaled(activation, control.beat.place, layout.digits.scales))
            activations.append(wide)
        digit_bits = layout.digits.digit_bits
        digits = [digit_port.data.word_select(col, digit_bits) for col in range(layout.cols)]
        return activations, digits

    def _take_each(self, m: Module, grid: Sequence[Sequence[GrowingPE]]) -> None:
        for row, pes in enumerate(grid):
            for pe, column in zip(pes, self.collectors, strict=True):
                collector = column[row]
                m.d.comb += [collector.came.eq(pe.valid & pe.last), collector.sum_in.eq(pe.total)]

    def _drain(
        self, m: Module, grid: Sequence[Sequence[GrowingPE]], done: Value, skew_cycles: int
    ) -> Value:
        """Let sums move down once the last row has its own; return whether the top row's leaves."""
        rows = self.layout.rows
        begins = delayed(m, done, 1)
        turn = Signal(range(rows + 1))  # rows that have left so far
        draining, leaves = Signal(), Signal()
        m.d.comb += [
            draining.eq(begins | (turn != 0)),
            leaves.eq(draining & (turn == rows - 1)),
        ]
        with m.If(draining):
            m.d.sync += turn.eq(turn + 1)
        with m.If(leaves):
            m.d.sync += turn.eq(0)
        for col, column in enumerate(self.collectors):
            came = delayed(m, Cat(begins, draining), col * skew_cycles)
            self._move_down(m, [pes[col] for pes in grid], came[0], came[1])
            bottom = grid[-1][col]
            m.d.comb += [column[0].came.eq(came[1]), column[0].sum_in.eq(bottom.leaving)]
        return leaves

    @staticmethod
    def _move_down(m: Module, column: Sequence[GrowingPE], begins: Value, draining: Value) -> None:
        """Let each row take the sum from above as long as there still is one of this fold's."""
        for above, below in itertools.pairwise(column):
            m.d.comb += below.sum_in.eq(above.leaving)
        taken: Value | None = None
        for pe in column[1:]:
            left = Signal()  # whether the row above still has such a sum
            if taken is not None:
                m.d.sync += left.eq(taken)
            taken = draining & (begins | left)
            m.d.comb += pe.takes.eq(taken)
