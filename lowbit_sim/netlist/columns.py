"""A column of a broadcast array whose weights stay, and what it sees at work.

It is one element, lanes, tree and all, because the tree belongs to no PE: its figures are those of
`BLOCK` PEs together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value, signed

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.netlist.elements import BLOCK, digit_values
from lowbit_sim.netlist.lanes import Trace, Work, bit_lanes
from lowbit_sim.pe.base import ProcessingElement
from lowbit_sim.rtl.digits import Digits, digits_of
from lowbit_sim.rtl.holding import move_in, tree
from lowbit_sim.rtl.pes import HoldingLane

LEVELS = (BLOCK - 1).bit_length()


class ColumnHardware(Elaboratable):
    """`BLOCK` lanes and the tree that adds their products."""

    def __init__(self, digits: Digits, activation_bits: int, sum_bits: int) -> None:
        self.lanes = [HoldingLane(digits, activation_bits, hidden=False) for _ in range(BLOCK)]
        self.begins, self.enters = Signal(), Signal()
        self.word, self.place = Signal(digits.word_bits), Signal.like(self.lanes[0].holder.place)
        self.result = Signal(signed(sum_bits))

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules += self.lanes
        holders = [lane.holder for lane in self.lanes]
        m.d.comb += [holder.place.eq(self.place) for holder in holders]
        move_in(m, Cat(self.begins, self.enters, self.word), holders)
        added = tree(m, [lane.product for lane in self.lanes], len(self.result))
        m.d.comb += self.result.eq(added)
        return m


@dataclass(frozen=True, slots=True)
class TreeColumn:
    """A column of a broadcast array whose weights stay."""

    element: ProcessingElement
    weight: NumberFormat
    activation_bits: int
    accumulator_bits: int

    written: ClassVar[tuple[str, ...]] = ("result",)
    held: ClassVar[tuple[str, ...]] = tuple(f"word_{row}" for row in range(BLOCK))

    @property
    def digits(self) -> Digits:
        """How it takes weights."""
        return digits_of(self.element, self.weight)

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        made = ColumnHardware(self.digits, self.activation_bits, self.accumulator_bits)
        ports: dict[str, Value] = {
            name: getattr(made, name) for name in ("begins", "enters", "word", "result")
        }
        for row, lane in enumerate(made.lanes):
            ports[f"activation_{row}"] = lane.activation_in
            ports[f"word_{row}"] = lane.holder.word
        if len(self.digits.scales) > 1:
            ports["place"] = made.place
        return made, ports

    def work(self, trace: Trace) -> Work:
        """Return `BLOCK` columns, first loaded, then streaming the inputs."""
        _, values = digit_values(self.element, trace)
        values = values[:, :BLOCK, :BLOCK]
        places, _, cols = values.shape
        inputs = trace.inputs[:, :BLOCK]
        beats = len(inputs) * places
        before = np.zeros((BLOCK, cols), np.int64)
        words = self.digits.words(trace.levels[:BLOCK, :cols])[::-1]  # the bottom row first
        streaming = np.zeros((beats, cols), np.int64)
        begins = np.zeros((BLOCK + beats, cols), np.int64)
        begins[0] = 1
        stimulus = {
            "begins": bit_lanes(begins, 1),
            "enters": bit_lanes(np.concatenate([before + 1, streaming]), 1),
            "word": bit_lanes(np.concatenate([words, streaming]), self.digits.word_bits),
        }
        for row in range(BLOCK):
            one = np.repeat(inputs[:, row], places)[:, None] + streaming
            stimulus[f"activation_{row}"] = bit_lanes(
                np.concatenate([before, one]), self.activation_bits
            )
        if len(self.digits.scales) > 1:
            place = np.tile(np.arange(places), len(inputs))[:, None] + streaming
            width = (len(self.digits.scales) - 1).bit_length()
            stimulus["place"] = bit_lanes(np.concatenate([before, place]), width)
        everyone = (1 << cols) - 1
        start = BLOCK + LEVELS + 1
        cycles = BLOCK + beats
        busy = [everyone if cycle >= start else 0 for cycle in range(cycles)]
        sums = np.einsum("mk,pkn->mpn", inputs, values).reshape(beats, cols)
        expected = {BLOCK + at + LEVELS: sums[at] for at in range(beats - LEVELS)}
        return Work(stimulus, cols, [everyone] * cycles, busy, "result", expected)
