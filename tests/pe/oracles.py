"""Arrays, register by register: what moves in each cycle, and no formula.

An array computes its product as well as counting, so that a count cannot be right by luck: a
beat too early and the sums are wrong. A weight is a stack of digits, ``weight = Σ scale_p ·
digit_p``, one digit per beat; activations are held at the edge for as many beats as there are
digits. Edges are wires, registers belong to the processing elements (PEs).

Nobody tells the array how long anything takes. In each cycle its controllers look at registers:

- a beat enters as soon as what it needs is there, and, if it ends a sum that stays, as soon as the
  rows before it have had their turns at the way out (`_Array._may_enter`),
- the operand that stays moves in as soon as there is room (`_Array._may_load`),
- sums that stayed move out of a column as soon as its last row has its own (`Drain`).

A schedule of entries (``entered``) overrules the first of them.
"""

import itertools
from collections import deque
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from lowbit_sim.pe.folding import DEFAULT_CONVENTIONS

BUBBLE = -1
RUBBISH = 9_999_991  # in every register before it is written


class ClashError(Exception):
    """A register is written while it is read, or before the sum that waits in it has left."""


@dataclass
class Run:
    """What came out, and what was counted on the way."""

    product: np.ndarray
    cycles: int = 0
    adds: int = 0
    slots: int = 0
    #: the cycle in which each beat entered
    entered: list = field(default_factory=list)
    #: for each cycle: the fold that enters each column to stay, is at work in each PE, has sums
    #: that leave each column
    film: list = field(default_factory=list)


@dataclass
class Fold:
    """What one fold of a product puts into the array.

    Attributes
    ----------
    used : tuple
        Rows and columns of PEs that have work.
    left : ndarray, shape (beats, rows, 1 or cols)
        What enters each row with each beat; what reaches each PE, where operands are selected.
    top : ndarray, shape (beats, cols), or None
        What enters each column, where sums stay.
    held : ndarray, shape (digits, rows, cols), or None
        What stays, where sums move.
    place, scale, row : ndarray, shape (beats,)
        The digit of what stays that a beat takes; its weight, and the output's row, at the foot.
    corner : tuple
        Row and column of the output at PE (0, 0); the row is 0 where sums move.
    digits_stream : bool
        Whether it is what enters the rows that has the digits.
    """

    used: tuple
    left: np.ndarray
    top: np.ndarray | None
    held: np.ndarray | None
    place: np.ndarray
    scale: np.ndarray
    row: np.ndarray
    corner: tuple
    digits_stream: bool = False


def run_array(
    stationary,
    rows,
    cols,
    inputs,
    digits,
    scales,
    conventions=DEFAULT_CONVENTIONS,
    organisation="systolic",
    **more,
):
    """Return the `Run` of ``inputs (m, k) @ Σ scales (P,) · digits (P, k, n)``.

    Further arguments are those of `run_folds`.
    """
    scales = np.asarray(scales)
    m, n = len(inputs), digits.shape[2]
    if stationary == "output":
        folds = output_folds(rows, cols, inputs, digits, scales)
    elif stationary == "weight":
        stream = np.repeat(inputs, len(scales), axis=0)
        folds = held_folds(rows, cols, stream, digits, scales)
    else:  # the transposed product, whose streaming operand has the digits
        stream = digits.transpose(2, 0, 1).reshape(n * len(scales), -1)
        held = np.repeat(inputs.T[None], len(scales), axis=0)
        folds = held_folds(rows, cols, stream, held, scales, digits_stream=True)
    shape = (n, m) if stationary == "input" else (m, n)
    array = {"systolic": Systolic, "broadcast": Broadcast}[organisation]
    run = run_folds(array, rows, cols, folds, shape, conventions, **more)
    if stationary == "input":
        run.product = run.product.T
    return run


def held_folds(rows, cols, stream, held, scales, *, digits_stream=False):
    """Cut ``stream (beats, k)`` by ``held (P, k, n)``: n outermost, k innermost."""
    places, k, n = held.shape
    beat = np.arange(len(stream))
    folds = []
    for n0, k0 in itertools.product(range(0, n, cols), range(0, k, rows)):
        part = held[:, k0 : k0 + rows, n0 : n0 + cols]
        used = part.shape[1:]
        left, stays = np.zeros((len(stream), rows, 1)), np.zeros((places, rows, cols))
        left[:, : used[0], 0] = stream[:, k0 : k0 + rows]
        stays[:, : used[0], : used[1]] = part
        place = beat % places
        row, corner = beat // places, (0, n0)
        folds.append(
            Fold(used, left, None, stays, place, scales[place], row, corner, digits_stream)
        )
    return folds


def output_folds(rows, cols, inputs, digits, scales):
    """Cut ``inputs (m, k)`` and ``digits (P, k, n)``: m outermost, n innermost."""
    m, n = len(inputs), digits.shape[2]
    # the edge scales an activation to the digit's place
    stream = (inputs.T[:, None] * scales[:, None]).reshape(-1, m)
    walked = digits.transpose(1, 0, 2).reshape(-1, n)
    none = np.zeros(len(stream), dtype=int)
    folds = []
    for m0, n0 in itertools.product(range(0, m, rows), range(0, n, cols)):
        used = min(rows, m - m0), min(cols, n - n0)
        left, top = np.zeros((len(stream), rows, 1)), np.zeros((len(stream), cols))
        left[:, : used[0], 0] = stream[:, m0 : m0 + rows]
        top[:, : used[1]] = walked[:, n0 : n0 + cols]
        folds.append(Fold(used, left, top, None, none, none + 1, none, (m0, n0)))
    return folds


def run_folds(array, rows, cols, folds, shape, conventions, *, stages=0, entered=None):
    """Return the `Run` of `folds`, one after another as the `conventions` say.

    Parameters
    ----------
    array : type
        `Systolic` or `Broadcast`.
    rows, cols : int
        Its PEs.
    folds : list of Fold
        All with sums that stay, or all with an operand that stays.
    shape : tuple
        Of the output.
    conventions : Conventions
        Of `lowbit_sim.pe.folding`.
    stages : int
        Registers in a PE between its operands' arrival and its sum.
    entered : list of int, optional
        When each beat enters, whether what it needs is there or not.
    """
    program = _Program(rows, cols, folds)
    machine = array(program, conventions, stages, entered)
    run = Run(np.zeros((shape[0] + rows, shape[1] + cols), dtype=np.int64))
    while machine.owed.any():
        machine.cycle(run)
        assert run.cycles < 100_000, "the array hangs"
    run.product = run.product[: shape[0], : shape[1]]
    run.entered = machine.entered
    return run


class _Program:
    """All folds in one row of beats; number -1 is the bubble, with noughts everywhere."""

    def __init__(self, rows, cols, folds):
        self.rows, self.cols, self.folds = rows, cols, len(folds)
        self.counts = np.array([len(fold.left) for fold in folds])
        self.starts = np.cumsum(self.counts) - self.counts
        self.beats = int(self.counts.sum())
        self.fold = np.append(np.repeat(np.arange(len(folds)), self.counts), BUBBLE)
        self.left = _join(fold.left for fold in folds)
        self.place = _join(fold.place for fold in folds)
        self.scale = _join(fold.scale for fold in folds)
        self.row = _join(fold.row for fold in folds)
        self.first, self.last = (np.zeros(self.beats + 1, dtype=bool) for _ in range(2))
        self.first[self.starts] = self.last[self.starts + self.counts - 1] = True
        self.corner = np.array([fold.corner for fold in folds])
        self.digits_stream = folds[0].digits_stream
        self.real = np.zeros((len(folds) + 1, rows, cols), dtype=bool)
        for real, fold in zip(self.real, folds, strict=False):
            real[: fold.used[0], : fold.used[1]] = True
        self.sums_stay = folds[0].top is not None
        if self.sums_stay:
            self.top = _join(fold.top for fold in folds)
        else:
            places = max(len(fold.held) for fold in folds)
            self.words = np.zeros((len(folds), places, rows, cols), dtype=np.int64)
            for words, fold in zip(self.words, folds, strict=True):
                words[: len(fold.held)] = fold.held


def _join(parts):
    parts = list(parts)
    return np.concatenate([*parts, np.zeros_like(parts[0][:1])]).astype(np.int64)


class _Array:
    """What both organisations share: the controllers, and what a PE does with a beat."""

    skewed = True

    def __init__(self, program, conventions, stages, schedule):
        self.program, self.schedule = program, schedule
        self.hidden = conventions.preload == "hidden"
        self.overlapped = conventions.folds == "overlapped"
        self.now, self.next_beat, self.entered = 0, 0, []
        shape = program.rows, program.cols
        self.pes = np.arange(program.rows)[:, None], np.arange(program.cols)
        self.pipe = deque([(np.full(shape, BUBBLE), np.zeros(shape, dtype=np.int64))] * stages)
        if program.sums_stay:
            self.owed = np.full(program.folds, program.rows * program.cols)
            through_rows = conventions.drain == "through_rows"
            self.drain = Drain(program, through_rows=through_rows, apart=self.overlapped)
        else:
            self.owed = program.counts * program.cols  # sums of each fold that are still to come
            self.holder = Holder(program, hidden=self.hidden, skewed=self.skewed)

    def cycle(self, run):
        program, beat_in = self.program, BUBBLE
        if self._may_enter():
            beat_in, self.next_beat = self.next_beat, self.next_beat + 1
            self.entered.append(self.now)
        beat, left, top = self.arrive(beat_in)
        loads = np.full(program.cols, BUBBLE)
        if not program.sums_stay:
            top = self.holder.use(beat)
            loads = self.holder.load(beat, lambda fold: self._may_load(fold, beat_in))
        self._count(run, beat, left if program.digits_stream else top)
        self.pipe.append((beat.copy(), left * top))
        leaving = self.add(run, *self.pipe.popleft())
        run.film.append((loads, program.fold[beat], leaving))
        self.now += 1
        run.cycles = self.now

    def _may_enter(self):
        """Return whether the next beat finds what it needs."""
        program, beat = self.program, self.next_beat
        if beat == program.beats:
            return False
        if self.schedule is not None:
            return self.schedule[beat] <= self.now
        fold = program.fold[beat]
        if program.first[beat]:
            if not self.overlapped and self.owed[:fold].any():
                return False  # folds are separate, and sums of the last one are still inside
            if not program.sums_stay and not self.holder.ready(fold):
                return False
        if program.sums_stay and program.last[beat] and fold:
            # the rows take turns at the way out: its sums need the registers of the last fold's
            last_entered = self.entered[program.starts[fold] - 1]
            return self.now - last_entered >= self.drain.rows_on_the_way
        return True

    def _may_load(self, fold, beat_in):
        """Return whether the first word of a fold finds room; `beat_in` enters at this moment."""
        if self.hidden:
            return self.holder.free()
        if not self.overlapped and self.owed[:fold].any():
            return False
        return self.next_beat == self.program.starts[fold] and beat_in == BUBBLE

    def _count(self, run, beat, digit):
        real = self.program.real[(self.program.fold[beat], *self.pes)]
        run.slots += int(real.sum())
        run.adds += int((real & (digit != 0)).sum())

    def _take(self, run, beat, sums):
        """Scale and add the sums at the columns' feet to those of other digits and folds."""
        program, came = self.program, beat != BUBBLE
        fold, cols = program.fold[beat], np.arange(program.cols)
        came_real = program.real[fold, 0, cols]
        at = program.row[beat], program.corner[fold, 1] + cols
        run.product[at] += np.where(came_real, program.scale[beat] * sums, 0)
        np.subtract.at(self.owed, fold[came], 1)
        return fold


class Systolic(_Array):
    """Operands move right (and down) from PE to PE, partial sums down."""

    def __init__(self, program, *how):
        super().__init__(program, *how)
        shape = program.rows, program.cols
        self.recent = deque([BUBBLE] * max(shape), maxlen=max(shape))
        self.beat = np.full(shape, BUBBLE)
        self.left, self.top, self.partial = (np.zeros(shape, dtype=np.int64) for _ in range(3))

    def arrive(self, beat_in):
        """Move everything on; a row starts a cycle after the one above, columns likewise."""
        program = self.program
        self.recent.appendleft(beat_in)
        entering = np.array(self.recent)
        for_row, for_col = entering[: program.rows], entering[: program.cols]
        _shift_right(self.beat, for_row)
        _shift_right(self.left, program.left[for_row, self.pes[0][:, 0], 0])
        if program.sums_stay:
            _shift_down(self.top, program.top[for_col, self.pes[1]])
        return self.beat, self.left, self.top

    def add(self, run, beat, products):
        if self.program.sums_stay:
            return self.drain.add(run, self.owed, beat, products)
        _shift_down(self.partial, 0)
        self.partial += products
        return self._take(run, beat[-1], self.partial[-1])


class Broadcast(_Array):
    """Operands are on wires to all PEs at once, products are added in a tree for each column."""

    skewed = False

    def __init__(self, program, *how):
        super().__init__(program, *how)
        self.tree = []  # of each level: the beat, and the sums of each column
        width = program.rows
        while width > 1:
            width = (width + 1) // 2
            self.tree.append((BUBBLE, np.zeros((width, program.cols), dtype=np.int64)))

    def arrive(self, beat_in):
        program = self.program
        top = program.top[beat_in] if program.sums_stay else None
        return np.full((program.rows, program.cols), beat_in), program.left[beat_in], top

    def add(self, run, beat, products):
        if self.program.sums_stay:
            return self.drain.add(run, self.owed, beat, products)
        flow = [(beat[0, 0], products), *self.tree]
        self.tree = [(number, _pairs(terms)) for number, terms in flow[:-1]]
        number, root = flow[-1]  # what the last level holds; without levels, the product
        return self._take(run, np.full(self.program.cols, number), root[0])


class Holder:
    """The registers of the operand that stays: it moves in at the top, row behind row.

    A word that is not in its row yet moves down. ``hidden``: it does so through a second register
    in each PE, whose word the first beat of a fold uses and moves over. ``skewed``: words enter
    each column a cycle after the column before, as beats do.
    """

    def __init__(self, program, *, hidden, skewed):
        shape = program.rows, program.cols
        self.program, self.hidden, self.skewed = program, hidden, skewed
        self.used = np.full((program.words.shape[1], *shape), RUBBISH)
        self.moving = np.full_like(self.used, RUBBISH) if hidden else self.used
        self.goes_to = np.full(shape, BUBBLE)  # the row of the word in the moving register
        self.fold = np.full(shape, BUBBLE)  # and its fold
        self.waiting = np.zeros(shape, dtype=bool)  # in its row and not used yet
        self.queue = deque()
        self.next_fold = 0
        self.recent = deque([(BUBBLE, 0)] * program.cols, maxlen=program.cols)

    def ready(self, fold):
        """Return whether the first column has all its words; the others follow like the beats."""
        in_row = self.goes_to[:, 0] == np.arange(self.program.rows)
        return bool((in_row & (self.fold[:, 0] == fold)).all())

    def free(self):
        return not self.waiting[0, 0]

    def use(self, beat):
        """Return the digit that each PE multiplies by."""
        first = self.program.first[beat]
        if self.hidden:
            self.used = np.where(first, self.moving, self.used)
        self.waiting &= ~first
        return np.take_along_axis(self.used, self.program.place[beat][None], axis=0)[0]

    def load(self, beat, may_load):
        """Move words in; return the fold of the word that enters each column."""
        program = self.program
        if not self.queue and self.next_fold < program.folds and may_load(self.next_fold):
            self.queue.extend((self.next_fold, row) for row in reversed(range(program.rows)))
            self.next_fold += 1
        self.recent.appendleft(self.queue.popleft() if self.queue else (BUBBLE, 0))
        fold, row = np.array(self.recent if self.skewed else [self.recent[0]] * program.cols).T
        rows, cols = np.arange(program.rows)[:, None], np.arange(program.cols)
        moves = self.goes_to > rows
        if not (moves.any() or (fold != BUBBLE).any()):
            return fold
        arrives = np.concatenate([[fold != BUBBLE], moves[:-1]])
        if not self.hidden and (arrives & (beat != BUBBLE)).any():
            raise ClashError
        above = np.concatenate(
            [program.words[fold, :, row, cols].T[:, None], self.moving[:, :-1]], 1
        )
        self.moving[:] = np.where(arrives, above, self.moving)
        self.goes_to, self.fold = (
            np.where(arrives, np.concatenate([[new], now[:-1]]), np.where(moves, BUBBLE, now))
            for new, now in ((row, self.goes_to), (fold, self.fold))
        )
        self.waiting |= arrives & (self.goes_to == rows)
        return fold


class Drain:
    """The registers of sums that stay, and their way out.

    ``through_rows``: the bottom row's sum leaves, the others move down. ``apart``: through
    registers of their own, so that the next fold's sums may grow meanwhile.
    """

    def __init__(self, program, *, through_rows, apart):
        shape = program.rows, program.cols
        self.program, self.through_rows, self.apart = program, through_rows, apart
        self.rows_on_the_way = program.rows if through_rows and apart else 0
        self.kept = np.zeros(shape, dtype=np.int64)
        self.moving = np.zeros_like(self.kept) if apart else self.kept
        self.fold = np.full(shape, BUBBLE)  # of the sum in the moving register
        self.origin = np.zeros(shape, dtype=int)  # the row in which it grew
        self.leaves = np.full(program.cols, BUBBLE)  # the fold on its way out of each column

    def add(self, run, owed, beat, products):
        """Let sums move out and others grow; return the fold whose sums leave each column."""
        program = self.program
        left = self._move_out(run, owed) if self.through_rows else np.full(program.cols, BUBBLE)
        live, done = beat != BUBBLE, program.last[beat]
        grown = np.where(program.first[beat], 0, self.kept) + products
        self.kept[:] = np.where(live, grown, self.kept)
        if not done.any():
            return left
        rows, cols = np.nonzero(done)
        fold = program.fold[beat[rows, cols]]
        if not self.through_rows:
            self._deliver(run, owed, fold, rows, cols, self.kept[rows, cols])
            left[cols] = fold
            return left
        if self.apart and (self.fold[rows, cols] != BUBBLE).any():
            raise ClashError
        self.moving[rows, cols] = self.kept[rows, cols]
        self.fold[rows, cols], self.origin[rows, cols] = fold, rows
        return left

    def _move_out(self, run, owed):
        if (self.fold[-1] == BUBBLE).all():
            return np.full(self.program.cols, BUBBLE)
        self.leaves = np.where(self.leaves == BUBBLE, self.fold[-1], self.leaves)
        moves = (self.fold == self.leaves) & (self.leaves != BUBBLE)
        (cols,) = np.nonzero(moves[-1])
        left = np.where(moves[-1], self.leaves, BUBBLE)
        self._deliver(run, owed, left[cols], self.origin[-1, cols], cols, self.moving[-1, cols])
        self.leaves = np.where(self.origin[-1] == 0, BUBBLE, self.leaves)  # the top row was last
        arrives = np.concatenate([np.zeros_like(moves[:1]), moves[:-1]])
        for registers, empty in ((self.moving, 0), (self.origin, 0), (self.fold, BUBBLE)):
            above = np.concatenate([np.full_like(registers[:1], empty), registers[:-1]])
            registers[:] = np.where(arrives, above, np.where(moves, empty, registers))
        return left

    def _deliver(self, run, owed, fold, rows, cols, sums):
        program = self.program
        real = program.real[fold, rows, cols]
        m0, n0 = program.corner[fold].T
        run.product[m0[real] + rows[real], n0[real] + cols[real]] = sums[real]
        np.subtract.at(owed, fold, 1)


def _pairs(terms):
    sums = terms[::2].copy()
    sums[: len(terms) // 2] += terms[1::2]
    return sums


def _shift_right(registers, entering):
    registers[:, 1:] = registers[:, :-1].copy()
    registers[:, 0] = entering


def _shift_down(registers, entering):
    registers[1:] = registers[:-1].copy()
    registers[0] = entering


def decompose(weights, choices, scales, *, sign_apart=False):
    """Return the digits (P, k, n) of `weights` (k, n), each found by trying every combination."""
    digits = [
        [_digits_of(int(level), tuple(choices), tuple(scales), sign_apart) for level in row]
        for row in weights
    ]
    return np.moveaxis(np.array(digits, dtype=np.int64), -1, 0)


@cache
def _digits_of(level, choices, scales, sign_apart):
    sign = -1 if sign_apart and level < 0 else 1
    found = [
        tuple(sign * digit for digit in tried)
        for tried in itertools.product(choices, repeat=len(scales))
        if sum(d * s for d, s in zip(tried, scales, strict=True)) == sign * level
    ]
    assert len(found) == 1, f"{level} has {len(found)} codes"
    return found[0]


def level_counts(weights, fmt):
    return tuple(int((weights == level).sum()) for level in fmt.levels)
