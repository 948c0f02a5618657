"""Below each column: what becomes of the sums that leave it."""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Module, Mux, Signal, signed
from amaranth.lib.memory import Memory

from lowbit_sim.rtl.control import count_signal
from lowbit_sim.rtl.gates import place_bits, scaled


class Foot(Elaboratable):
    """Scales sums that moved, and adds those of other digits and of other folds along k.

    A memory of sums is read, added to and written within a cycle.

    Parameters
    ----------
    scales : tuple of int
        Of the digits.
    sum_bits, depth : int
        Width [bit] and number of the sums.

    Attributes
    ----------
    came, new, place, at : Signal
        Whether a sum is there, whether it is the first of its address, its digit, its address.
    sum_in : Signal
        The sum.
    written : Signal
        The sum that goes back to that address.
    memory : Memory
        The sums so far.
    """

    def __init__(self, scales: tuple[int, ...], sum_bits: int, depth: int) -> None:
        self.scales = scales
        self.came, self.new, self.at = Signal(), Signal(), count_signal()
        self.place = Signal(place_bits(scales))
        self.sum_in, self.written = Signal(signed(sum_bits)), Signal(signed(sum_bits))
        self.memory = Memory(shape=signed(sum_bits), depth=depth, init=[])

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules.memory = self.memory
        read, write = self.memory.read_port(domain="comb"), self.memory.write_port()
        m.d.comb += [
            read.addr.eq(self.at),
            write.addr.eq(self.at),
            write.en.eq(self.came),
            write.data.eq(self.written),
            self.written.eq(
                Mux(self.new, 0, read.data) + scaled(self.sum_in, self.place, self.scales)
            ),
        ]
        return m


class Collector(Elaboratable):
    """Keeps sums that stayed, in the order in which they leave.

    Parameters
    ----------
    sum_bits, depth : int
        Width [bit] and number of the sums.

    Attributes
    ----------
    start : Signal
        The next sum is the first of a product.
    came, sum_in, at : Signal
        Whether a sum is there, the sum, and its address.
    memory : Memory
        The sums.
    """

    def __init__(self, sum_bits: int, depth: int) -> None:
        self.start, self.came, self.at = Signal(), Signal(), count_signal()
        self.sum_in = Signal(signed(sum_bits))
        self.memory = Memory(shape=signed(sum_bits), depth=depth, init=[])

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules.memory = self.memory
        write, at = self.memory.write_port(), self.at
        m.d.comb += [write.addr.eq(at), write.en.eq(self.came), write.data.eq(self.sum_in)]
        with m.If(self.came):
            m.d.sync += at.eq(at + 1)
        with m.If(self.start):
            m.d.sync += at.eq(0)
        return m
