"""Arrays whose weights stay: systolic, or with a row's activation on a wire and trees of adders.

Both are the PEs, the registers at their edges that let columns and rows begin one after another
(systolic only), a controller, the memories of the operands, and a foot below each column.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value, signed
from amaranth.lib.memory import Memory

from lowbit_sim.rtl.control import HoldingControl
from lowbit_sim.rtl.feet import Foot
from lowbit_sim.rtl.gates import delayed
from lowbit_sim.rtl.pes import Holder, HoldingLane, HoldingPE, Layout


class HoldingArray(Elaboratable):
    """An array whose weights stay.

    Parameters
    ----------
    layout : Layout
        What it is made of.

    Attributes
    ----------
    control : HoldingControl
        Its controller, which is told the product.
    words, inputs : Memory
        A row of words, and of activations, at each address, the first column or row lowest.
    feet : list of Foot
        Of the columns.
    begins, ends : Signal
        Whether anything enters the array; whether the product's last sum is at its edge.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, digits = layout, layout.digits
        self.control = HoldingControl(layout.rows, len(digits.scales), layout.conventions)
        self.words = Memory(shape=layout.cols * digits.word_bits, depth=layout.depth, init=[])
        self.inputs = Memory(
            shape=layout.rows * layout.activation_bits, depth=layout.depth, init=[]
        )
        self.feet = [Foot(digits.scales, layout.sum_bits, layout.depth) for _ in range(layout.cols)]
        self.begins, self.ends = Signal(), Signal()
        self.hidden = layout.conventions.preload == "hidden"

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules.control = control = self.control
        m.submodules += self.feet
        m.d.comb += self.begins.eq(control.word_enters | control.beat_enters)
        words, activations = self._operands(m)
        latency_cycles = self._pes(m, words, activations)
        beat = control.beat
        sums = Cat(
            control.beat_enters,
            (beat.inner_fold == 0) & (beat.place == 0),
            beat.place,
            control.sum_at,
        )
        leaves = control.beat_enters & beat.fold_ends
        for foot, cycles in zip(self.feet, latency_cycles, strict=True):
            arrived = delayed(m, sums, cycles)
            m.d.comb += Cat(foot.came, foot.new, foot.place, foot.at).eq(arrived)
        left = delayed(m, Cat(leaves, leaves & beat.is_final), latency_cycles[-1])
        m.d.comb += [control.fold_leaves.eq(left[0]), self.ends.eq(left[1])]
        return m

    def _operands(self, m: Module) -> tuple[list[Value], list[Value]]:
        """Return the words at the columns, and the activations at the rows."""
        m.submodules.words, m.submodules.inputs = self.words, self.inputs
        word_port = self.words.read_port(domain="comb")
        input_port = self.inputs.read_port(domain="comb")
        m.d.comb += [
            word_port.addr.eq(self.control.word_at),
            input_port.addr.eq(self.control.input_at),
        ]
        word_bits, activation_bits = self.layout.digits.word_bits, self.layout.activation_bits
        words = [word_port.data.word_select(col, word_bits) for col in range(self.layout.cols)]
        activations = [
            input_port.data.word_select(row, activation_bits).as_signed()
            for row in range(self.layout.rows)
        ]
        return words, activations

    def _pes(self, m: Module, words: list[Value], activations: list[Value]) -> list[int]:
        """Place the PEs; return how long after its beat a sum is at the foot of each column."""
        raise NotImplementedError


class SystolicHoldingArray(HoldingArray):
    """A systolic array whose weights stay."""

    def _pes(self, m: Module, words: list[Value], activations: list[Value]) -> list[int]:
        layout, control = self.layout, self.control
        make = (layout.digits, layout.activation_bits, layout.sum_bits)
        grid = [
            [HoldingPE(*make, hidden=self.hidden) for _ in range(layout.cols)]
            for _ in range(layout.rows)
        ]
        for row, pes in enumerate(grid):
            m.submodules += pes
            entering = Cat(control.first, control.beat.place, activations[row])
            first, place, activation = _split(delayed(m, entering, row), pes[0])
            for pe in pes:
                m.d.comb += [
                    pe.holder.first.eq(first),
                    pe.holder.place.eq(place),
                    pe.activation_in.eq(activation),
                ]
                first, place, activation = pe.first, pe.place, pe.activation
        for col in range(layout.cols):
            column = [pes[col] for pes in grid]
            word = delayed(m, Cat(control.word_begins, control.word_enters, words[col]), col)
            move_in(m, word, [pe.holder for pe in column])
            for above, below in itertools.pairwise(column):
                m.d.comb += below.sum_in.eq(above.sum)
            m.d.comb += self.feet[col].sum_in.eq(column[-1].total)
        return [layout.rows - 1 + col for col in range(layout.cols)]


class TreeHoldingArray(HoldingArray):
    """An array whose weights stay between wires of its rows and trees of its columns."""

    def _pes(self, m: Module, words: list[Value], activations: list[Value]) -> list[int]:
        layout, control = self.layout, self.control
        levels = (layout.rows - 1).bit_length()
        for col, foot in enumerate(self.feet):
            lanes = [
                HoldingLane(layout.digits, layout.activation_bits, hidden=self.hidden)
                for _ in range(layout.rows)
            ]
            m.submodules += lanes
            for lane, activation in zip(lanes, activations, strict=True):
                m.d.comb += [
                    lane.holder.first.eq(control.first),
                    lane.holder.place.eq(control.beat.place),
                    lane.activation_in.eq(activation),
                ]
            word = Cat(control.word_begins, control.word_enters, words[col])
            move_in(m, word, [lane.holder for lane in lanes])
            m.d.comb += foot.sum_in.eq(tree(m, [lane.product for lane in lanes], layout.sum_bits))
        return [levels] * layout.cols


def _split(entering: Value, pe: HoldingPE) -> tuple[Value, Value, Value]:
    place_bits = len(pe.holder.place)
    return entering[0], entering[1 : 1 + place_bits], entering[1 + place_bits :].as_signed()


def move_in(m: Module, entering: Value, holders: Sequence[Holder]) -> None:
    """Let words move down a column, each until it is in its row.

    The bottom row's word enters first. In each row words arrive from the cycle in which that one
    comes past, for as long as words enter the column.

    Parameters
    ----------
    m : Module
        Where the registers go.
    entering : Value
        Whether a fold's first word enters, whether any does, and the word.
    holders : sequence of Holder
        From the top to the bottom.
    """
    begins, enters, word = entering[0], entering[1], entering[2:]
    arrives: Value = enters
    for row, holder in enumerate(holders):
        if row:
            passed = Signal()
            m.d.sync += passed.eq(arrives)
            arrives = passed & enters & ~begins
        m.d.comb += [holder.arrives.eq(arrives), holder.word_in.eq(word)]
        word = holder.word


def tree(m: Module, terms: Sequence[Value], sum_bits: int) -> Value:
    """Return the sum of `terms`, added in pairs with a register after each level."""
    level = list(terms)
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = []
        for pair in pairs:
            added = sum(pair[1:], pair[0])
            register = Signal(signed(min(sum_bits, len(added))))
            m.d.sync += register.eq(added)
            level.append(register)
    return level[0]
