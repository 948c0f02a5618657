"""A systolic array, beat by beat: registers that move each cycle, and no formula.

The array computes the product as well as counting, so that a count cannot be right by luck: a
beat too few and the sums are wrong. A weight is a stack of digits, ``weight = Σ scale_p ·
digit_p``, one digit per beat; activations are held at the edge for as many beats as there are
digits. Edges are wires, registers belong to the processing elements.
"""

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np

BUBBLE = -1


@dataclass
class Run:
    """What came out, and what was counted on the way."""

    product: np.ndarray
    cycles: int = 0
    adds: int = 0
    slots: int = 0


def run_array(stationary, rows, cols, inputs, digits, scales):
    """Return the `Run` of ``inputs (m, k) @ Σ scales (P,) · digits (P, k, n)``, fold by fold."""
    m, k = inputs.shape
    n = digits.shape[2]
    run = Run(np.zeros((m, n), dtype=np.int64))
    if stationary == "weight":
        for k0, n0 in itertools.product(range(0, k, rows), range(0, n, cols)):
            used = digits[:, k0 : k0 + rows, n0 : n0 + cols]
            sums = _weight_fold(run, rows, cols, inputs[:, k0 : k0 + rows], used, scales)
            run.product[:, n0 : n0 + cols] += sums
    else:
        for m0, n0 in itertools.product(range(0, m, rows), range(0, n, cols)):
            used = digits[:, :, n0 : n0 + cols]
            sums = _output_fold(run, rows, cols, inputs[m0 : m0 + rows], used, scales)
            run.product[m0 : m0 + rows, n0 : n0 + cols] = sums
    return run


def _weight_fold(run, rows, cols, inputs, digits, scales):
    passes, k, n = digits.shape
    m = len(inputs)
    padded = np.zeros((passes, rows, cols), dtype=np.int64)
    padded[:, :k, :n] = digits
    held = np.full((passes, rows, cols), 99)  # rubbish until loaded
    for row in reversed(range(rows)):  # the bottom row enters first and moves all the way down
        held[:, 1:] = held[:, :-1].copy()
        held[:, 0] = padded[:, row]
        run.cycles += 1
    activation = np.zeros((rows, cols), dtype=np.int64)
    beat = np.full((rows, cols), BUBBLE)  # which beat the activation register belongs to
    partial = np.zeros((rows, cols), dtype=np.int64)
    sums = np.zeros((m, cols), dtype=np.int64)
    clock = taken = 0
    while taken < passes * m * cols:
        activation, beat = _shift_right(activation), _shift_right(beat)
        for row in range(rows):
            mine = clock - row  # each row starts a cycle after the row above
            inside = 0 <= mine < passes * m
            beat[row, 0] = mine if inside else BUBBLE
            activation[row, 0] = inputs[mine // passes, row] if inside and row < k else 0
        live = beat != BUBBLE
        digit = np.take_along_axis(held, (beat % passes)[None], axis=0)[0]
        partial = _shift_down(partial) + np.where(live, digit * activation, 0)
        run.slots += int(live[:k, :n].sum())
        run.adds += int((live & (digit != 0))[:k, :n].sum())
        run.cycles += 1
        for col in range(cols):  # the foot of each column scales and adds what arrives
            if live[-1, col]:
                index, plane = divmod(beat[-1, col], passes)
                sums[index, col] += scales[plane] * partial[-1, col]
                taken += 1
        clock += 1
    return sums[:, :n]


def _output_fold(run, rows, cols, inputs, digits, scales):
    passes, k, n = digits.shape
    m = len(inputs)
    activation = np.zeros((rows, cols), dtype=np.int64)
    digit = np.zeros((rows, cols), dtype=np.int64)
    beat = np.full((rows, cols), BUBBLE)
    kept = np.zeros((rows, cols), dtype=np.int64)
    absorbed = np.zeros((rows, cols), dtype=np.int64)
    clock = 0
    while (absorbed < passes * k).any():
        activation, beat = _shift_right(activation), _shift_right(beat)
        digit = _shift_down(digit)
        for row in range(rows):
            mine = clock - row
            inside = 0 <= mine < passes * k
            beat[row, 0] = mine if inside else BUBBLE
            real = inside and row < m  # the edge scales the activation to the digit's place
            scaled = inputs[row, mine // passes] * scales[mine % passes] if real else 0
            activation[row, 0] = scaled
        for col in range(cols):
            mine = clock - col
            real = 0 <= mine < passes * k and col < n
            digit[0, col] = digits[mine % passes, mine // passes, col] if real else 0
        live = beat != BUBBLE
        kept += np.where(live, digit * activation, 0)
        absorbed += live
        run.slots += int(live[:m, :n].sum())
        run.adds += int((live & (digit != 0))[:m, :n].sum())
        run.cycles += 1
        clock += 1
    left = []
    for _ in range(rows):  # the bottom row leaves, the others move down
        left.insert(0, kept[-1])
        kept = _shift_down(kept)
        run.cycles += 1
    return np.array(left)[:m, :n]


def _shift_right(registers):
    moved = np.zeros_like(registers)
    moved[:, 1:] = registers[:, :-1]
    return moved


def _shift_down(registers):
    moved = np.zeros_like(registers)
    moved[1:] = registers[:-1]
    return moved


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


def random_case(rng, fmt):
    """Return a small array and a product on it: rows, cols, inputs (m, k), weights (k, n)."""
    rows, cols = (int(x) for x in rng.integers(1, 6, size=2))
    m, k, n = (int(x) for x in rng.integers(1, 10, size=3))
    return rows, cols, rng.integers(-128, 128, size=(m, k)), rng.choice(fmt.levels, size=(k, n))


def level_counts(weights, fmt):
    return tuple(int((weights == level).sum()) for level in fmt.levels)
