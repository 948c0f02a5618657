"""Arithmetic of kinds that take several products as one word: tables of sums, counters of bits.

Each function has the arguments of `lowbit_sim.pe.arithmetic.dot`. The last word of a sum may have
fewer products than the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.formats.digits import planes
from lowbit_sim.formats.number_format import NumberFormat

Array = NDArray[Any]
Formats = tuple[NumberFormat, NumberFormat]


def lookup_table(element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    """Return sums of table entries, picked by the bit planes of the weights."""
    digits, scales = planes(levels, formats[0], "twos_complement")
    read = _read_signed if formats[0].is_bipolar else _read
    total = np.zeros((), np.int64)
    for word in _words(inputs.shape[-1], element.terms(*formats)):
        table = _table(inputs[..., word], signed=formats[0].is_bipolar)
        for plane, scale in zip(digits[..., word, :], scales, strict=True):
            total = total + scale * read(table, plane)
    return total


def _table(activations: Array, *, signed: bool) -> Array:
    """Return the sums of each set of activations (…, t) in all 2^t entries.

    Entry S has bit j where activation j is in the set. `signed`: the first one always is, entry S
    has bit j − 1 where activation j is added and not subtracted.
    """
    sums = activations[..., :1] if signed else np.zeros_like(activations[..., :1])
    for lane in range(int(signed), activations.shape[-1]):
        one = activations[..., lane, None]
        without = sums - one if signed else sums
        sums = np.concatenate([without, sums + one], axis=-1)
    return sums


def _read(table: Array, plane: Array) -> Array:
    places = 1 << np.arange(plane.shape[-2])
    return _pick(table, (plane * places[:, None]).sum(axis=-2))


def _read_signed(table: Array, plane: Array) -> Array:
    flip = plane[..., :1, :]  # flipping all signs flips the sum
    places = 1 << np.arange(plane.shape[-2] - 1)
    chosen = (plane * flip)[..., 1:, :] == 1
    return flip * _pick(table, (chosen * places[:, None]).sum(axis=-2))


def _pick(table: Array, index: Array) -> Array:
    return np.take_along_axis(table, index[..., None, :], axis=-1)


def xnor_popcount(element: Any, inputs: Array, levels: Array, _formats: Formats) -> Array:
    """Return sums of products of ±1: equal bits less unequal ones, word by word."""
    total = np.zeros((), np.int64)
    for word in _words(inputs.shape[-1], element.lanes):
        a, w = _packed(inputs[..., word] > 0, levels[..., word, :] > 0)
        unequal = _popcount(a ^ w)  # padding is 0 on both sides
        total = total + (word.stop - word.start) - 2 * unequal
    return total


def ternary_popcount(element: Any, inputs: Array, levels: Array, _formats: Formats) -> Array:
    """Return sums of products of trits: those that are 1 less those that are −1."""
    total = np.zeros((), np.int64)
    for word in _words(inputs.shape[-1], element.lanes):
        a_plus, w_plus = _packed(inputs[..., word] == 1, levels[..., word, :] == 1)
        a_minus, w_minus = _packed(inputs[..., word] == -1, levels[..., word, :] == -1)
        plus = _popcount(w_plus & a_plus | w_minus & a_minus)
        total = total + plus - _popcount(w_plus & a_minus | w_minus & a_plus)
    return total


def _words(k: int, terms: int) -> list[slice]:
    return [slice(start, min(start + terms, k)) for start in range(0, k, terms)]


def _packed(inputs: Array, weights: Array) -> tuple[Array, Array]:
    """Return bits (…, m, lanes) and (…, lanes, n) as bytes, (…, m, 1, B) and (…, 1, n, B)."""
    rows = np.packbits(inputs, axis=-1)[..., :, None, :]
    return rows, np.packbits(np.swapaxes(weights, -1, -2), axis=-1)[..., None, :, :]


def _popcount(words: Array) -> NDArray[np.int64]:
    ones: NDArray[np.int64] = np.bitwise_count(words).sum(axis=-1, dtype=np.int64)
    return ones
