"""Processing elements that keep a weight or a sum, and what decides an array of them.

Whatever arrives is used in the same cycle and handed on in the next one: registers belong to PEs,
edges are wires.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value, signed

from lowbit_sim.pe.folding import Conventions
from lowbit_sim.rtl.digits import Digits
from lowbit_sim.rtl.gates import place_bits, summed


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that decides an array, before it is described in gates.

    Parameters
    ----------
    digits : Digits
        How its PEs take weights.
    rows, cols : int
        PEs along each side.
    activation_bits, sum_bits : int
        Widths [bit].
    conventions : Conventions
        How folds follow one another.
    depth : int
        Words of each memory.
    """

    digits: Digits
    rows: int
    cols: int
    activation_bits: int
    sum_bits: int
    conventions: Conventions
    depth: int


class Holder(Elaboratable):
    """The registers of a weight that stays.

    Words move in from above while they `arrive`, and are handed on below in the next cycle.
    ``hidden``: they do so through a second register, whose word the first beat of a fold uses and
    moves over.

    Parameters
    ----------
    digits : Digits
        How words are taken.
    hidden : bool
        Whether there is a second register.

    Attributes
    ----------
    word_in, arrives, first, place : Signal
        What comes from above, and whether it does; whether a fold begins, and its beat's place.
    word : Signal
        For the row below.
    digit : Value
        What the present beat multiplies by.
    """

    def __init__(self, digits: Digits, *, hidden: bool) -> None:
        self.digits, self.hidden = digits, hidden
        self.word_in, self.word = Signal(digits.word_bits), Signal(digits.word_bits)
        self.arrives, self.first = Signal(), Signal()
        self.place = Signal(place_bits(digits.scales))
        self.digit = Signal(digits.digit_bits)

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        with m.If(self.arrives):
            m.d.sync += self.word.eq(self.word_in)
        used: Value = self.word
        if self.hidden:
            held = Signal.like(self.word)
            used = Mux(self.first, self.word, held)
            with m.If(self.first):
                m.d.sync += held.eq(self.word)
        m.d.comb += self.digit.eq(self.digits.chosen(used, self.place))
        return m


class HoldingPE(Elaboratable):
    """A PE of a systolic array whose weights stay: activations move right, sums down.

    Parameters
    ----------
    digits : Digits
        How words are taken.
    activation_bits, sum_bits : int
        Widths [bit].
    hidden : bool
        As for `Holder`.

    Attributes
    ----------
    holder : Holder
        Its weight; the place and whether a fold begins enter it with the activation.
    activation_in, sum_in : Signal
        From the left, and from above.
    activation, place, first, sum : Signal
        The same for the next PE, a cycle later; of place and first only what a holder needs.
    total : Signal
        The sum, before its register.
    """

    def __init__(
        self, digits: Digits, activation_bits: int, sum_bits: int, *, hidden: bool
    ) -> None:
        self.digits = digits
        self.holder = Holder(digits, hidden=hidden)
        self.activation_in = Signal(signed(activation_bits))
        self.activation = Signal.like(self.activation_in)
        self.place, self.first = Signal.like(self.holder.place), Signal()
        self.sum_in, self.sum, self.total = (Signal(signed(sum_bits)) for _ in range(3))

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules.holder = holder = self.holder
        term, carry = self.digits.term(holder.digit, self.activation_in)
        m.d.comb += self.total.eq(summed(self.sum_in, term, carry))
        m.d.sync += [self.sum.eq(self.total), self.activation.eq(self.activation_in)]
        if len(self.digits.scales) > 1:
            m.d.sync += self.place.eq(holder.place)
        if holder.hidden:
            m.d.sync += self.first.eq(holder.first)
        return m


class HoldingLane(Elaboratable):
    """A PE whose weight stays, between a wire of its row and the tree of its column.

    Parameters and attributes as for `HoldingPE`, but that nothing is handed on: ``product`` is what
    the tree adds.
    """

    def __init__(self, digits: Digits, activation_bits: int, *, hidden: bool) -> None:
        self.digits = digits
        self.holder = Holder(digits, hidden=hidden)
        self.activation_in = Signal(signed(activation_bits))
        term, carry = digits.term(self.holder.digit, self.activation_in)
        self._terms = term, carry
        self.product = Signal(signed(len(term) + 1))

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        m.submodules.holder = self.holder
        term, carry = self._terms
        m.d.comb += self.product.eq(term + carry)
        return m


class GrowingPE(Elaboratable):
    """A PE whose sum stays: it grows with every beat, and leaves through the PEs below.

    Parameters
    ----------
    digits : Digits
        How weights are taken.
    activation_bits, sum_bits : int
        Widths [bit].
    apart : bool
        Whether a finished sum leaves through a register of its own.

    Attributes
    ----------
    activation_in, digit_in : Signal
        What the beat multiplies.
    valid, first, last : Signal
        Whether there is a beat, and whether a sum begins or ends with it.
    takes, sum_in : Signal
        Whether a sum from above moves in, and that sum.
    activation, digit : Signal
        Those of the last cycle, for the next PE.
    leaving : Signal
        The sum for the PE below.
    total : Signal
        The sum with this beat's product, before its register.
    """

    def __init__(self, digits: Digits, activation_bits: int, sum_bits: int, *, apart: bool) -> None:
        self.digits, self.apart = digits, apart
        self.activation_in = Signal(signed(activation_bits))
        self.digit_in = Signal(digits.digit_bits)
        self.activation, self.digit = Signal.like(self.activation_in), Signal.like(self.digit_in)
        self.valid, self.first, self.last, self.takes = (Signal() for _ in range(4))
        self.sum_in, self.leaving, self.total = (Signal(signed(sum_bits)) for _ in range(3))

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        kept = Signal.like(self.leaving) if self.apart else self.leaving
        term, carry = self.digits.term(self.digit_in, self.activation_in)
        m.d.comb += self.total.eq(summed(Mux(self.first, 0, kept).as_signed(), term, carry))
        with m.If(self.takes):
            m.d.sync += self.leaving.eq(self.sum_in)
        with m.If(self.valid):
            m.d.sync += kept.eq(self.total)
        if self.apart:
            with m.If(self.valid & self.last):
                m.d.sync += self.leaving.eq(self.total)
        m.d.sync += [self.activation.eq(self.activation_in), self.digit.eq(self.digit_in)]
        return m
