"""The controllers: which word and which beat enter an array in each cycle.

They follow `lowbit_sim.pe.folding` by looking at registers, not by counting what a fold should
take: words enter when there is room for them, a fold's first beat when its words are in their rows
(and, where folds are separate, when nothing of the fold before is left inside).

A product is given as counts: of its folds, and of the beats of one. Operands lie in memories in the
order in which folds read them; sums go to memories below the columns.
"""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value

from lowbit_sim.pe.folding import Conventions

#: width of counters and addresses [bit]
COUNT_BITS = 16


def count_signal() -> Signal:
    """Return a counter or an address."""
    return Signal(COUNT_BITS)


class BeatCounter:
    """Registers that say where in a fold the next beat is: its place, its step, and its fold.

    Parameters
    ----------
    places : int
        Beats of a step.
    steps : Signal
        Steps of a fold: of what streams, or of k.
    inner, outer : Signal
        Folds along the inner and the outer dimension.
    walked : Signal, optional
        Whether a beat ends its step, where steps differ in their beats.
    """

    def __init__(
        self,
        places: int,
        steps: Signal,
        inner: Signal,
        outer: Signal,
        walked: Signal | None = None,
    ) -> None:
        self.places, self.steps, self.inner, self.outer = places, steps, inner, outer
        self.walked = walked
        self.place = Signal(max(1, (places - 1).bit_length()))
        self.step, self.inner_fold, self.outer_fold = (count_signal() for _ in range(3))
        self.inside = Signal()  # between the first beat of a fold and its last

    @property
    def step_ends(self) -> Value:
        """Whether this is a step's last beat."""
        return self.place == self.places - 1 if self.walked is None else self.walked

    @property
    def fold_ends(self) -> Value:
        """Whether this is a fold's last beat."""
        return self.step_ends & (self.step + 1 == self.steps)

    @property
    def inner_ends(self) -> Value:
        """Whether this fold is the last one along the inner dimension."""
        return self.inner_fold + 1 == self.inner

    @property
    def is_final(self) -> Value:
        """Whether this fold is the last one of all."""
        return self.inner_ends & (self.outer_fold + 1 == self.outer)

    def clear(self, m: Module) -> None:
        """Go to the first beat of the first fold."""
        registers = (self.place, self.step, self.inner_fold, self.outer_fold, self.inside)
        m.d.sync += [register.eq(0) for register in registers]

    def advance(self, m: Module) -> None:
        """Go to the next beat."""
        m.d.sync += [
            self.inside.eq(~self.fold_ends),
            self.place.eq(Mux(self.step_ends, 0, self.place + 1)),
        ]
        with m.If(self.fold_ends):
            m.d.sync += self.step.eq(0)
            with m.If(self.inner_ends):
                m.d.sync += [self.inner_fold.eq(0), self.outer_fold.eq(self.outer_fold + 1)]
            with m.Else():
                m.d.sync += self.inner_fold.eq(self.inner_fold + 1)
        with m.Elif(self.step_ends):
            m.d.sync += self.step.eq(self.step + 1)


class HoldingControl(Elaboratable):
    """Lets words and beats into an array whose weights stay.

    Parameters
    ----------
    rows : int
        Words of a column.
    places : int
        Digits of a word.
    conventions : Conventions
        How folds follow one another.

    Attributes
    ----------
    start : Signal
        High in the cycle before the first one.
    inputs, k_folds, n_folds : Signal
        Input rows; folds along k and n.
    fold_leaves : Signal
        From the array: the last sum of a fold is at its edge.
    word_enters, word_begins, word_at : Signal
        Whether a word enters each column, whether it is a fold's first (for the bottom row), and
        its address.
    beat : BeatCounter
        The beat that enters if `beat_enters`; `first`: it begins a fold.
    input_at, sum_at : Signal
        Addresses of the beat's activations and of its sums.
    """

    def __init__(self, rows: int, places: int, conventions: Conventions) -> None:
        self.rows = rows
        self.hidden = conventions.preload == "hidden"
        self.overlapped = conventions.folds == "overlapped"
        self.start, self.fold_leaves = Signal(), Signal()
        self.inputs, self.k_folds, self.n_folds = (count_signal() for _ in range(3))
        self.word_enters, self.word_begins, self.beat_enters, self.first = (
            Signal() for _ in range(4)
        )
        self.word_at, self.input_at, self.sum_at = (count_signal() for _ in range(3))
        self.beat = BeatCounter(places, self.inputs, self.k_folds, self.n_folds)

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        to_load, ready, inside = count_signal(), Signal(), Signal()
        row = Signal(range(self.rows + 1))  # of the window of words that is moving in
        alone = 1 if self.overlapped else ~inside
        m.d.comb += [
            self.first.eq(~self.beat.inside & ready & alone),
            self.beat_enters.eq(self.beat.inside | self.first),
        ]
        room = ~ready | self.first
        if not self.hidden:
            room = ~ready & ~self.beat_enters & alone
        m.d.comb += [
            self.word_begins.eq((row == 0) & (to_load != 0) & room),
            self.word_enters.eq(self.word_begins | (row != 0)),
        ]
        with m.If(self.first):
            m.d.sync += [ready.eq(0), inside.eq(1)]
        with m.If(self.fold_leaves):
            m.d.sync += inside.eq(0)
        with m.If(self.word_enters):
            m.d.sync += [self.word_at.eq(self.word_at + 1), row.eq(row + 1)]
            with m.If(row == self.rows - 1):
                m.d.sync += [row.eq(0), ready.eq(1), to_load.eq(to_load - 1)]
        with m.If(self.beat_enters):
            self.beat.advance(m)
            self._next_addresses(m)
        with m.If(self.start):
            self.beat.clear(m)
            m.d.sync += [at.eq(0) for at in (self.word_at, self.input_at, self.sum_at)]
            m.d.sync += to_load.eq(self.k_folds * self.n_folds)
        return m

    def _next_addresses(self, m: Module) -> None:
        """Begin again: with sums at every fold along k, with activations at every one along n."""
        beat = self.beat
        with m.If(beat.fold_ends & beat.inner_ends):
            m.d.sync += [self.input_at.eq(0), self.sum_at.eq(self.sum_at + 1)]
        with m.Elif(beat.fold_ends):
            m.d.sync += self.input_at.eq(self.input_at + 1)
            m.d.sync += self.sum_at.eq(self.sum_at - (self.inputs - 1))
        with m.Elif(beat.step_ends):
            m.d.sync += self.input_at.eq(self.input_at + 1)
            m.d.sync += self.sum_at.eq(self.sum_at + 1)


class GrowingControl(Elaboratable):
    """Lets beats into an array whose sums stay.

    Parameters
    ----------
    rows : int
        Sums of a column.
    places : int
        Digits of a weight.
    conventions : Conventions
        How folds follow one another.
    walks : bool
        Whether the array says when a step has `walked` through its digits.

    Attributes
    ----------
    start, fold_leaves : Signal
        As for `HoldingControl`.
    steps, m_folds, n_folds : Signal
        Steps of a sum: terms, or groups of them; folds along m and n.
    beat : BeatCounter
        The beat that enters if `beat_enters`; `first`, `last`: it begins or ends a fold.
    input_at, digit_at : Signal
        Addresses of the beat's activations and digits.
    """

    def __init__(
        self, rows: int, places: int, conventions: Conventions, *, walks: bool = False
    ) -> None:
        self.rows = rows
        self.overlapped = conventions.folds == "overlapped"
        self.drains = conventions.drain == "through_rows"
        self.start, self.fold_leaves = Signal(), Signal()
        self.steps, self.m_folds, self.n_folds = (count_signal() for _ in range(3))
        self.walked = Signal() if walks else None
        self.beat_enters, self.first, self.last = (Signal() for _ in range(3))
        self.input_at, self.digit_at = count_signal(), count_signal()
        self.beat = BeatCounter(places, self.steps, self.n_folds, self.m_folds, self.walked)

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        beat = self.beat
        running, inside = Signal(), Signal()
        busy_rows = Signal(range(self.rows + 1))  # that last sums still have to move down
        may_begin = running if self.overlapped else running & ~inside
        may_end = 1
        if self.overlapped and self.drains:
            may_end = ~beat.fold_ends | (busy_rows == 0)
        m.d.comb += [
            self.beat_enters.eq((beat.inside | may_begin) & may_end),
            self.first.eq(self.beat_enters & ~beat.inside),
            self.last.eq(self.beat_enters & beat.fold_ends),
        ]
        with m.If(busy_rows != 0):
            m.d.sync += busy_rows.eq(busy_rows - 1)
        with m.If(self.last):
            m.d.sync += busy_rows.eq(self.rows - 1)
            with m.If(beat.is_final):
                m.d.sync += running.eq(0)
        with m.If(self.first):
            m.d.sync += inside.eq(1)
        with m.If(self.fold_leaves):
            m.d.sync += inside.eq(0)
        with m.If(self.beat_enters):
            beat.advance(m)
            self._next_addresses(m)
        with m.If(self.start):
            beat.clear(m)
            m.d.sync += [running.eq(1), self.input_at.eq(0), self.digit_at.eq(0)]
        return m

    def _next_addresses(self, m: Module) -> None:
        """Begin again: with activations at every fold along n, with digits at every one along m."""
        beat = self.beat
        with m.If(beat.fold_ends & beat.inner_ends):
            m.d.sync += [self.input_at.eq(self.input_at + 1), self.digit_at.eq(0)]
        with m.Elif(beat.fold_ends):
            m.d.sync += self.input_at.eq(self.input_at - (self.steps - 1))
            m.d.sync += self.digit_at.eq(self.digit_at + 1)
        with m.Else():
            with m.If(beat.step_ends):
                m.d.sync += self.input_at.eq(self.input_at + 1)
            with m.If(1 if self.walked is None else self.walked):
                m.d.sync += self.digit_at.eq(self.digit_at + 1)
