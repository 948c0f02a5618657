"""Arrays of any processing element, beat by beat: registers that move each cycle, no formula.

What a PE does in a beat is a `Datapath` (see ``datapaths.py``); here stand the wires and registers
around it. Every operand is cut into words of as many terms as a PE takes side by side, one word for
each of its passes. Words are opaque rows of small integers; the last of them says for every lane
whether it has work. The array computes the product as well as counting: a beat too few and the
sums are wrong. Edges are wires, registers belong to PEs (or to the adder tree of a column).
"""

import itertools
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

BUBBLE = -1


@dataclass
class Run:
    """What came out, and what was counted on the way."""

    product: np.ndarray
    cycles: int = 0
    actions: Counter = field(default_factory=Counter)


def run_elements(path, organisation, stationary, rows, cols, inputs, weights):
    """Return the `Run` of ``inputs (m, k) @ weights (k, n)`` on an array of `path`, fold by fold.

    Folds follow one another strictly, the preload is seen, outputs that stay leave through the
    rows: the default conventions.
    """
    m, n = len(inputs), weights.shape[1]
    input_words, weight_words = path.words(inputs, weights)  # (P, m, k', …), (P, k', n, …)
    run = Run(np.zeros((m, n), dtype=path.dtype))
    if stationary == "output":
        for m0, n0 in itertools.product(range(0, m, rows), range(0, n, cols)):
            used = input_words[:, m0 : m0 + rows], weight_words[:, :, n0 : n0 + cols]
            sums = _output_fold(run, path, organisation, rows, cols, *used)
            run.product[m0 : m0 + rows, n0 : n0 + cols] = sums
        return run
    fold = _systolic_fold if organisation == "systolic" else _tree_fold
    words = weight_words.shape[1]
    for k0, c0 in itertools.product(range(0, words, rows), range(0, _held(stationary, m, n), cols)):
        inside = slice(k0, k0 + rows), slice(c0, c0 + cols)
        if stationary == "weight":
            held = weight_words[:, inside[0], inside[1]]
            sums = fold(run, path, rows, cols, held, input_words[:, :, inside[0]], "weight")
            run.product[:, inside[1]] += sums
        else:
            held = np.moveaxis(input_words[:, inside[1], inside[0]], 1, 2)
            streamed = np.moveaxis(weight_words[:, inside[0]], 1, 2)
            sums = fold(run, path, rows, cols, held, streamed, "input")
            run.product[inside[1]] += sums.T
    return run


def _held(stationary, m, n):
    return n if stationary == "weight" else m


def _preload(run, path, rows, cols, held, stays):
    """Return what the PEs hold (P, rows, cols, …) after a row entered in each cycle."""
    passes, used_rows, used_cols, *word = held.shape
    padded = np.zeros((passes, rows, cols, *word), dtype=np.int64)
    padded[:, :used_rows, :used_cols] = held
    entering = list(reversed(range(rows)))  # the bottom row first, it moves all the way down
    built = path.build is not None and stays == "input"
    shape = path.build(padded[:1, :1, :1])[0].shape[3:] if built else word
    inside = np.full((passes, rows, cols, *shape), 99)  # rubbish until loaded
    stage = None
    for step in range(rows + built):
        row = padded[:, entering[step]] if step < rows else None
        arriving = stage if built else row
        if built and row is not None:  # a table is built in the cycle before it enters the array
            table, adds = path.build(row[:1])
            run.actions["lookup.build"] += adds
            stage = np.broadcast_to(table, (passes, *table.shape[1:]))
        if arriving is not None:
            inside[:, 1:] = inside[:, :-1].copy()
            inside[:, 0] = arriving
        run.cycles += 1
    return inside


class _Edge:
    """Words that enter one row or column after another, through a stage if there is one."""

    def __init__(self, run, path, streamed, lines, *, skewed, staged):
        beats, used, *word = streamed.shape
        self.words = np.zeros((beats, lines, *word), dtype=np.int64)
        self.words[:, :used] = streamed
        self.run, self.path, self.lines = run, path, lines
        self.delay = np.arange(lines) if skewed else np.zeros(lines, dtype=np.int64)
        self.staged = staged
        if staged:
            table, _ = path.build(self.words[0])
            self.stage = np.zeros_like(table), np.full(lines, BUBBLE)

    def next(self, clock, passes):
        """Return the words that enter at this clock, and the beat that each belongs to."""
        mine = clock - self.delay
        beat = np.where((mine >= 0) & (mine < len(self.words)), mine, BUBBLE)
        words = self.words[np.maximum(beat, 0), np.arange(self.lines)]
        words[beat == BUBBLE] = 0
        if not self.staged:
            return words, beat
        entering, table = self.stage, self.stage[0].copy()
        first = (beat != BUBBLE) & (beat % passes == 0)  # later planes read the same table
        if first.any():
            table[first], adds = self.path.build(words[first])
            self.run.actions["lookup.build"] += adds
        self.stage = table, beat
        return entering


def _systolic_fold(run, path, rows, cols, held, streamed, stays):
    passes, streams = held.shape[0], streamed.shape[1]
    inside = _preload(run, path, rows, cols, held, stays)
    edge = _Edge(
        run,
        path,
        _beats(streamed),
        rows,
        skewed=True,
        staged=path.build is not None and stays == "weight",
    )
    word = beat = None
    partial = np.zeros((rows, cols), dtype=path.dtype)
    sums = np.zeros((streams, cols), dtype=path.dtype)
    clock = taken = 0
    while taken < passes * streams * cols:
        entering, beats = edge.next(clock, passes)
        word, beat = _shift_in(word, entering, cols), _shift_in(beat, beats, cols, BUBBLE)
        mine = _take(inside, beat % passes)
        products = _multiply(run, path, stays, mine, word, beat != BUBBLE)
        partial = np.concatenate([np.zeros_like(partial[:1]), partial[:-1]]) + products
        run.cycles += 1
        clock += 1
        out = np.flatnonzero(beat[-1] != BUBBLE)  # the foot of each column scales and adds
        index, plane = np.divmod(beat[-1, out], passes)
        sums[index, out] += path.scales[plane] * partial[-1, out]
        taken += len(out)
    return sums[:, : held.shape[2]]


def _tree_fold(run, path, rows, cols, held, streamed, stays):
    passes, streams = held.shape[0], streamed.shape[1]
    inside = _preload(run, path, rows, cols, held, stays)
    edge = _Edge(
        run,
        path,
        _beats(streamed),
        rows,
        skewed=False,
        staged=path.build is not None and stays == "weight",
    )
    levels = (rows - 1).bit_length()
    registers = [None] * levels  # after each level of the tree, what it holds and for which beat
    sums = np.zeros((streams, cols), dtype=path.dtype)
    clock = taken = 0
    while taken < passes * streams:
        entering, beats = edge.next(clock, passes)
        word = np.repeat(entering[:, None], cols, axis=1)  # a wire along the row
        beat = np.repeat(beats[:, None], cols, axis=1)
        mine = _take(inside, beat % passes)
        products = _multiply(run, path, stays, mine, word, beat != BUBBLE)
        wave = (products, beats[0])
        at_root = registers[-1] if levels else wave
        for level in reversed(range(1, levels)):
            registers[level] = _add_pairs(registers[level - 1])
        if levels:
            registers[0] = _add_pairs(wave)
        run.cycles += 1
        clock += 1
        if at_root is not None and at_root[1] != BUBBLE:
            index, plane = divmod(int(at_root[1]), passes)
            sums[index] += path.scales[plane] * at_root[0][0]
            taken += 1
    return sums[:, : held.shape[2]]


def _output_fold(run, path, organisation, rows, cols, input_words, weight_words):
    passes, used_rows, words = input_words.shape[:3]
    used_cols = weight_words.shape[2]
    skewed = organisation == "systolic"
    staged = path.build is not None
    streamed = np.moveaxis(input_words, 1, 2)
    left = _Edge(run, path, _beats(streamed), rows, skewed=skewed, staged=staged)
    top = _Edge(run, path, _beats(weight_words), cols, skewed=skewed, staged=False)
    word = digit = beat = None
    kept = np.zeros((rows, cols), dtype=path.dtype)
    absorbed = np.zeros((rows, cols), dtype=np.int64)
    clock = 0
    while (absorbed < passes * words).any():
        entering, beats = left.next(clock, passes)
        dropping, _ = top.next(clock - staged, passes)  # weights wait for the table
        if skewed:
            word, beat = _shift_in(word, entering, cols), _shift_in(beat, beats, cols, BUBBLE)
            digit = _shift_in(digit, dropping, rows, axis=0)
        else:
            word, beat = (np.repeat(x[:, None], cols, axis=1) for x in (entering, beats))
            digit = np.repeat(dropping[None], rows, axis=0)
        live = beat != BUBBLE
        kept += path.scales[beat % passes] * _multiply(run, path, "weight", digit, word, live)
        absorbed += live
        run.cycles += 1
        clock += 1
    leaving = []
    for _ in range(rows):  # the bottom row leaves, the others move down
        leaving.insert(0, kept[-1])
        kept = np.concatenate([np.zeros_like(kept[:1]), kept[:-1]])
        run.cycles += 1
    return np.array(leaving)[:used_rows, :used_cols]


def _multiply(run, path, stays, held, moving, live):
    """Return the products of the PEs that have a beat, and count what they do."""
    weight, activation = (held, moving) if stays == "weight" else (moving, held)
    for name, count in path.count(weight, activation, live).items():
        run.actions[name] += int(count)
    return np.where(live, path.multiply(weight, activation), 0)


def _beats(streamed):
    """Return words (P, streams, lines, …) in the order of their beats: all passes of one first."""
    passes, streams, *rest = streamed.shape
    return np.moveaxis(streamed, 0, 1).reshape(streams * passes, *rest)


def _take(inside, plane):
    rows, cols = plane.shape
    return inside[plane, np.arange(rows)[:, None], np.arange(cols)[None, :]]


def _shift_in(registers, entering, length, fill=0, axis=1):
    """Return the registers moved on by one, `entering` at the start of `axis`."""
    first = np.expand_dims(entering, axis)
    if registers is None:
        rest = np.full_like(np.repeat(first, length - 1, axis=axis), fill)
    else:
        rest = np.take(registers, range(length - 1), axis=axis)
    return np.concatenate([first, rest], axis=axis)


def _add_pairs(wave):
    if wave is None:
        return None
    sums, beat = wave
    padded = np.concatenate([sums, np.zeros_like(sums[: len(sums) % 2])])
    return padded[0::2] + padded[1::2], beat
