"""Digits of base B in machine words, least significant first, for many words at once.

A word is held as 32-bit limbs in uint64, so that a limb times a factor of up to 2^32 plus a
carry never overflows. Digits enter and leave in groups whose value stays below 2^32: limb
arithmetic is done once a group, the cheap 32-bit arithmetic once a digit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.units import ceil_div

LIMB_BITS = 32
_LIMB_MASK = 2**LIMB_BITS - 1
_BLOCK_WORDS = 2**14  # the limbs of a block of words stay in the cache


def digits_per_word(count: int, word_bits: int) -> int:
    """Return the largest d with ``count**d <= 2**word_bits``, in exact integers.

    Parameters
    ----------
    count : int
        The base, at least 2.
    word_bits : int
        Width of the word in bit.

    Raises
    ------
    ValueError
        If `count` is below 2: such digits carry nothing.

    Examples
    --------
    >>> digits_per_word(3, 8), digits_per_word(5, 64)
    (5, 27)
    """
    if count < 2:  # noqa: PLR2004
        raise ValueError(f"a digit needs at least 2 levels, got {count}")
    digits, values = 0, count
    while values <= 1 << word_bits:
        digits, values = digits + 1, values * count
    return digits


def encode_words(
    digits: NDArray[np.unsignedinteger], base: int, word_bytes: int
) -> NDArray[np.uint8]:
    """Return the words ``sum_j digits[:, j] * base**j`` as little-endian bytes.

    Parameters
    ----------
    digits : ndarray of unsigned int, shape (words, digits per word)
        Digits below `base`; ``base ** digits.shape[1]`` must not exceed ``256 ** word_bytes``.
    base : int
        2 to 65,536.
    word_bytes : int
        Width of a word in byte.

    Returns
    -------
    ndarray of uint8, shape (words, word_bytes)
    """
    stream = np.empty((len(digits), word_bytes), np.uint8)
    for start in range(0, len(digits), _BLOCK_WORDS):
        block = slice(start, start + _BLOCK_WORDS)
        stream[block] = _encode_block(digits[block], base, word_bytes)
    return stream


def decode_words(
    stream: NDArray[np.uint8], base: int, digits: int
) -> tuple[NDArray[np.unsignedinteger], NDArray[np.bool_]]:
    """Return the digits of little-endian words, the inverse of `encode_words`.

    Parameters
    ----------
    stream : ndarray of uint8, shape (words, word_bytes)
        The words.
    base : int
        2 to 65,536.
    digits : int
        Digits in a word.

    Returns
    -------
    digits : ndarray of uint8 or uint16, shape (words, digits)
        Digits below `base`.
    too_large : ndarray of bool, shape (words,)
        Which words are ``base**digits`` or more, hence were never encoded.
    """
    found = np.empty((len(stream), digits), np.min_scalar_type(base - 1))
    too_large = np.empty(len(stream), np.bool_)
    for start in range(0, len(stream), _BLOCK_WORDS):
        block = slice(start, start + _BLOCK_WORDS)
        too_large[block] = _decode_block(stream[block], base, found[block])
    return found, too_large


def _groups(base: int, digits: int) -> list[range]:
    step = digits_per_word(base, LIMB_BITS)
    return [range(first, min(first + step, digits)) for first in range(0, digits, step)]


def _encode_block(
    digits: NDArray[np.unsignedinteger], base: int, word_bytes: int
) -> NDArray[np.uint8]:
    limbs = np.zeros((ceil_div(8 * word_bytes, LIMB_BITS), len(digits)), np.uint64)
    for group in reversed(_groups(base, digits.shape[1])):
        carry = _group_value(digits, base, group).astype(np.uint64)
        for limb in limbs:
            total = limb * base ** len(group) + carry
            limb[:] = total & _LIMB_MASK
            carry = total >> LIMB_BITS
    return np.ascontiguousarray(limbs.T, "<u4").view(np.uint8)[:, :word_bytes]


def _group_value(
    digits: NDArray[np.unsignedinteger], base: int, group: range
) -> NDArray[np.uint32]:
    value = digits[:, group[-1]].astype(np.uint32)
    for place in reversed(group[:-1]):
        value *= base
        value += digits[:, place]
    return value


def _decode_block(
    stream: NDArray[np.uint8], base: int, found: NDArray[np.unsignedinteger]
) -> NDArray[np.bool_]:
    words, word_bytes = stream.shape
    padded = np.zeros((words, 4 * ceil_div(8 * word_bytes, LIMB_BITS)), np.uint8)
    padded[:, :word_bytes] = stream
    limbs = np.ascontiguousarray(padded.view("<u4").T, np.uint64)
    for group in _groups(base, found.shape[1]):
        divisor = base ** len(group)
        rest = np.zeros(words, np.uint64)
        for limb in limbs[::-1]:
            total = (rest << LIMB_BITS) | limb
            limb[:] = total // divisor
            rest = total - limb * divisor
        value = rest.astype(np.uint32)
        for place in group:
            quotient = value // base
            found[:, place] = value - quotient * base
            value = quotient
    too_large: NDArray[np.bool_] = np.any(limbs, axis=0)
    return too_large
