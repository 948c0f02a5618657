"""What one processing element of each kind does in a beat, gate by gate, in its own arithmetic.

A `Datapath` cuts operands into words, one for each pass, and multiplies two words. A word is an
array (lanes, channels) whose last channel says whether the lane has work. Digits are found by
trying every code (`oracles.decompose`), never by the formulas under test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from oracles import decompose

ABSENT = 9  # a plane that the last beat of a weight lacks
TRITS = {1: 1, 4: 2, 13: 3, 40: 4, 121: 5, 364: 6}  # levels within the reach of so many digits
BIPOLAR = {"levels_2": 1, "levels_4": 2}


@dataclass(frozen=True)
class Datapath:
    """How words are made of operands, multiplied, and counted; `scales` are the passes'."""

    words: Callable
    multiply: Callable
    count: Callable
    scales: np.ndarray
    build: Callable | None = None
    dtype: type = np.int64


def _weight_words(digits, terms):
    """Return words (P, k', n, lanes, channels) of digits (P, k, n, channels)."""
    cut = _input_words(np.moveaxis(digits, 2, 1), terms)
    return np.moveaxis(cut, 1, 2)


def _input_words(digits, terms):
    """Return words (P, m, k', lanes, channels) of digits (P, m, k, channels)."""
    passes, m, k, channels = digits.shape
    words = np.zeros((passes, m, -(-k // terms) * terms, channels + 1), dtype=np.int64)
    words[:, :, :k, :-1] = digits
    words[:, :, :k, -1] = 1
    return words.reshape(passes, m, -1, terms, channels + 1)


def _same_each_pass(values, passes):
    return np.repeat(values[None, ..., None], passes, axis=0)


def _work(weight, activation, live):
    """Return which lanes have work, (rows, cols, lanes)."""
    return (weight[..., -1] * activation[..., -1]).astype(bool) & live[..., None]


def _words(weight, activation, live):
    """Return in how many PEs a word has work, to be added to their sums."""
    return int(_work(weight, activation, live).any(axis=-1).sum())


def _added(digit, value):
    """An adder that adds, subtracts or skips."""
    return np.where(digit == 1, value, 0) - np.where(digit == -1, value, 0)


def _planes(values, fmt, encoding):
    """Return planes (P, …) of −1, 0, 1 whose scales are 1, 2, 4 and so on."""
    if fmt.name in BIPOLAR:
        return decompose(values, (-1, 1), tuple(2**p for p in range(BIPOLAR[fmt.name])))
    if encoding == "sign_magnitude":
        scales = _powers(lambda p: max(map(abs, fmt.levels)) < 2**p)
        return decompose(values, (0, 1), scales, sign_apart=True)
    scales = _powers(lambda p: -(2**p) <= 2 * fmt.levels[0] and 2 * fmt.levels[-1] < 2**p)
    planes = decompose(values, (0, 1), (*scales[:-1], -scales[-1]))
    planes[-1] *= -1  # the sign plane subtracts
    return planes


def _powers(reached_with):
    return tuple(2**p for p in range(next(p for p in range(1, 20) if reached_with(p))))


def _beats_of(planes, at_once):
    """Return (beats, …, planes of a beat), the planes that the last beat lacks marked."""
    beats = -(-len(planes) // at_once)
    padded = np.full((beats * at_once, *planes.shape[1:]), ABSENT)
    padded[: len(planes)] = planes
    return np.moveaxis(padded.reshape(beats, at_once, *planes.shape[1:]), 1, -1)


def _adds_and_skips(component):
    def count(weight, activation, live):
        digits = weight[..., :-1]
        work = _work(weight, activation, live)[..., None]
        adds = int((work & (abs(digits) == 1)).sum())
        return {
            f"{component}.add": adds,
            f"{component}.skip": int((work & (digits == 0)).sum()),
        }

    return count


def ternary(fmt):
    reach = max(abs(level) for level in fmt.levels)
    passes = next(digits for most, digits in TRITS.items() if most >= reach)
    scales = tuple(3**p for p in range(passes))

    def words(inputs, weights):
        digits = decompose(weights, (-1, 0, 1), scales)[..., None]
        return _input_words(_same_each_pass(inputs, passes), 1), _weight_words(digits, 1)

    def multiply(weight, activation):
        return _added(weight[..., 0], activation[..., 0]).sum(axis=-1)

    return Datapath(words, multiply, _adds_and_skips("adder"), np.array(scales))


def bit_serial(fmt, encoding, at_once=1):
    beats = len(_beats_of(_planes(np.array([[fmt.levels[0]]]), fmt, encoding), at_once))

    def words(inputs, weights):
        digits = _beats_of(_planes(weights, fmt, encoding), at_once)
        return _input_words(_same_each_pass(inputs, beats), 1), _weight_words(digits, 1)

    def multiply(weight, activation):
        planes = range(at_once)
        return sum(_added(weight[..., p], activation[..., 0] << p) for p in planes).sum(axis=-1)

    scales = np.array([2 ** (at_once * beat) for beat in range(beats)])
    return Datapath(words, multiply, _adds_and_skips("adder"), scales)


@cache
def _fewest_terms(value, reach):
    """Return the fewest signed powers of two (sign, shift) that give `value`, found by search."""
    shifts = range(reach.bit_length() + 1)
    terms = [(sign, shift) for shift in shifts for sign in (1, -1)]
    found = {0: ()}
    while value not in found:
        longer = {
            total + (sign << shift if sign > 0 else -(1 << shift)): (*chosen, (sign, shift))
            for total, chosen in found.items()
            for sign, shift in terms
        }
        found = longer | found
    return found[value]


def shift_add(fmt):
    reach = max(abs(level) for level in fmt.levels)
    passes = max(len(_fewest_terms(level, reach)) for level in fmt.levels)

    def words(inputs, weights):
        digits = np.zeros((passes, *weights.shape, 2), dtype=np.int64)  # sign, shift
        for place in np.ndindex(weights.shape):
            for index, term in enumerate(_fewest_terms(int(weights[place]), reach)):
                digits[(index, *place)] = term
        return _input_words(_same_each_pass(inputs, passes), 1), _weight_words(digits, 1)

    def multiply(weight, activation):
        return _added(weight[..., 0], activation[..., 0] << weight[..., 1]).sum(axis=-1)

    def count(weight, activation, live):
        without_shift = weight[..., [0, -1]]
        return _adds_and_skips("shift_adder")(without_shift, activation, live)

    return Datapath(words, multiply, count, np.ones(passes, dtype=np.int64))


def bit_serial_both(weight_fmt, activation_fmt, encoding, lanes, weight_planes, activation_planes):
    def beats(values, fmt, at_once):
        return _beats_of(_planes(values, fmt, encoding), at_once)

    weight_beats = len(beats(np.array([[1]]), weight_fmt, weight_planes))
    activation_beats = len(beats(np.array([[1]]), activation_fmt, activation_planes))

    def words(inputs, weights):
        w = beats(weights, weight_fmt, weight_planes)
        a = beats(inputs, activation_fmt, activation_planes)
        paired_w = np.repeat(w, activation_beats, axis=0)
        paired_a = np.tile(a, (weight_beats, 1, 1, 1))
        return _input_words(paired_a, lanes), _weight_words(paired_w, lanes)

    def gates(weight, activation):
        """Return every pair of bits (…, lanes, planes, planes), and whether it exists."""
        w, a = weight[..., :-1, None], activation[..., None, :-1]
        return w * a, (w != ABSENT) & (a != ABSENT)

    def multiply(weight, activation):
        pairs, exists = gates(weight, activation)
        places = np.add.outer(np.arange(weight_planes), np.arange(activation_planes))
        return (np.where(exists, pairs, 0) << places).sum(axis=(-1, -2, -3))

    def count(weight, activation, live):
        work = _work(weight, activation, live)[..., None, None]
        pairs = int((work & gates(weight, activation)[1]).sum())
        return {"bit_pair.add": pairs, "adder.add": _words(weight, activation, live)}

    scales = np.multiply.outer(
        2 ** (weight_planes * np.arange(weight_beats)),
        2 ** (activation_planes * np.arange(activation_beats)),
    )
    return Datapath(words, multiply, count, scales.reshape(-1))


def bit_brick(weight_fmt, activation_fmt, bricks):
    def width(fmt):
        return next(w for w in (2, 4, 8) if all(-(2**w) <= 2 * x < 2**w for x in fmt.levels))

    across, down = width(weight_fmt) // 2, width(activation_fmt) // 2
    terms = bricks // (across * down)

    def split(values, count):
        """Return the 2-bit digits of two's complement codes, the top one signed."""
        code = values & ((1 << 2 * count) - 1)
        parts = [(code >> 2 * place) & 3 for place in range(count)]
        parts[-1] = parts[-1] - 4 * (parts[-1] >> 1)
        return np.stack(parts, axis=-1)[None]

    def words(inputs, weights):
        return _input_words(split(inputs, down), terms), _weight_words(
            split(weights, across), terms
        )

    def multiply(weight, activation):
        total = 0
        for i in range(across):
            for j in range(down):
                total = total + ((weight[..., i] * activation[..., j]) << 2 * (i + j))
        return total.sum(axis=-1)

    def count(weight, activation, live):
        products = int(_work(weight, activation, live).sum())
        return {
            "bit_brick.multiply": products * across * down,
            "bit_brick.add": _words(weight, activation, live),
        }

    return Datapath(words, multiply, count, np.ones(1, dtype=np.int64))


def lookup_table(fmt, group):
    bipolar = fmt.name in BIPOLAR
    terms = group + bipolar
    one = _planes(np.array([[fmt.levels[0]]]), fmt, "twos_complement")
    passes, entries = len(one), 2**group

    def words(inputs, weights):
        digits = _planes(weights, fmt, "twos_complement")[..., None]
        return _input_words(_same_each_pass(inputs, passes), terms), _weight_words(digits, terms)

    def build(words):
        """Return tables (…, entries and a flag) of words (…, lanes, 2), and the adds they took."""
        a, real = words[..., 0], words[..., 1].astype(bool)
        sums = [a[..., 0]] if bipolar else [np.zeros_like(a[..., 0])]
        adds = 0
        for lane in range(int(bipolar), terms):
            first = a[..., lane]
            if bipolar:  # each sum so far, minus and plus the next activation
                adds += 2 * len(sums) * int(real[..., lane].sum())
                sums = [s - first for s in sums] + [s + first for s in sums]
            else:  # each set so far, without and with the next one; alone it needs no add
                adds += (len(sums) - 1) * int(real[..., lane].sum())
                sums = sums + [s + first for s in sums]
        assert len(sums) == entries
        flag = real.any(axis=-1).astype(np.int64)
        return np.stack([*sums, flag], axis=-1), adds

    def multiply(weight, table):
        digits, real = weight[..., 0], weight[..., 1].astype(bool)
        places = 2 ** np.arange(terms)
        if not bipolar:
            sign = np.where((digits == -1).any(axis=-1), -1, 1)  # the sign plane
            return sign * _pick(table, (abs(digits) * places).sum(axis=-1))
        signs = np.where(real, digits, 1)
        flip = signs[..., 0]
        index = (((signs * flip[..., None])[..., 1:] == 1) * places[:-1]).sum(axis=-1)
        return flip * _pick(table, index)

    def count(weight, table, live):
        reads = int((weight[..., -1].any(axis=-1) & table[..., -1].astype(bool) & live).sum())
        return {"lookup.read": reads, "adder.add": reads}

    return Datapath(words, multiply, count, 2 ** np.arange(passes), build)


def _pick(table, index):
    return np.take_along_axis(table, index[..., None], axis=-1)[..., 0]


def xnor_popcount(lanes):
    def words(inputs, weights):
        bits = ((weights + 1) // 2)[None, ..., None], ((inputs + 1) // 2)[None, ..., None]
        return _input_words(bits[1], lanes), _weight_words(bits[0], lanes)

    def multiply(weight, activation):
        real = weight[..., -1] & activation[..., -1]
        equal = 1 - (weight[..., 0] ^ activation[..., 0])
        return 2 * (equal & real).sum(axis=-1) - real.sum(axis=-1)

    def count(weight, activation, live):
        return {
            "xnor_popcount.term": int(_work(weight, activation, live).sum()),
            "adder.add": _words(weight, activation, live),
        }

    return Datapath(words, multiply, count, np.ones(1, dtype=np.int64))


def ternary_popcount(lanes):
    def split(values):
        return np.stack([values == 1, values == -1], axis=-1).astype(np.int64)[None]

    def words(inputs, weights):
        return _input_words(split(inputs), lanes), _weight_words(split(weights), lanes)

    def multiply(weight, activation):
        w_plus, w_minus = weight[..., 0], weight[..., 1]
        a_plus, a_minus = activation[..., 0], activation[..., 1]
        plus = (w_plus & a_plus) | (w_minus & a_minus)
        minus = (w_plus & a_minus) | (w_minus & a_plus)
        return plus.sum(axis=-1) - minus.sum(axis=-1)

    def count(weight, activation, live):
        work = _work(weight, activation, live)
        silent = (weight[..., 0] | weight[..., 1]) == 0
        return {
            "ternary_popcount.term": int((work & ~silent).sum()),
            "ternary_popcount.skip": int((work & silent).sum()),
            "adder.add": _words(weight, activation, live),
        }

    return Datapath(words, multiply, count, np.ones(1, dtype=np.int64))


def multiplier(action, dtype=np.int64):
    """A multiplier and an adder, of integers or of 32-bit floats (exact below 2^24)."""

    def words(inputs, weights):
        return _input_words(inputs[None, ..., None], 1), _weight_words(weights[None, ..., None], 1)

    def multiply(weight, activation):
        return (weight[..., 0].astype(dtype) * activation[..., 0].astype(dtype)).sum(axis=-1)

    def count(weight, activation, live):
        return {action: int(_work(weight, activation, live).sum())}

    return Datapath(words, multiply, count, np.ones(1, dtype=dtype), dtype=dtype)
