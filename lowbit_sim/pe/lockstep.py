"""Lanes that walk different numbers of digits, and wait for each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lowbit_sim.pe.base import Frame, Product
from lowbit_sim.units import ceil_div


def in_groups(
    values: NDArray[Any], length: int, join: np.ufunc, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Join every `length` rows of `values`; the last group may have fewer.

    Parameters
    ----------
    values : ndarray, shape (k, n)
        At least one row.
    length : int
        Rows of a group.
    join : ufunc
        As ``np.maximum``.
    dtype : dtype, optional
        Of the result.

    Returns
    -------
    ndarray, shape (⌈k/length⌉, n)

    Examples
    --------
    >>> in_groups(np.array([[1, 2], [3, 4], [5, 6]]), 2, np.add).tolist()
    [[4, 6], [5, 6]]
    """
    rows, cols = values.shape
    whole = rows - rows % length
    joined = join.reduce(values[:whole].reshape(-1, length, cols), axis=1, dtype=dtype)
    if whole == rows:
        return np.asarray(joined)
    last = join.reduce(values[whole:], axis=0, dtype=dtype, keepdims=True)
    return np.concatenate([joined, last])


def slowest(beats: NDArray[Any], cols: int) -> NDArray[np.int64]:
    """Return the beats of the slowest column of each fold, at least 1.

    Parameters
    ----------
    beats : ndarray, shape (groups, n)
        What each column of the product takes by itself.
    cols : int
        Columns of the array.

    Returns
    -------
    ndarray of int64, shape (groups, ⌈n/cols⌉)

    Examples
    --------
    >>> slowest(np.array([[1, 3, 2], [0, 0, 5]]), 2).tolist()
    [[3, 2], [1, 5]]
    """
    most = in_groups(beats.T, cols, np.maximum).T
    return np.asarray(np.maximum(most, 1), np.int64)


def activation_bits_written(product: Product, frame: Frame, places: int = 1) -> int:
    """Return the register bits that the activations of a broadcast array take [bit].

    Each is written once for all the columns of a fold, and stays while its digits are walked.

    Parameters
    ----------
    product : Product
        The whole product.
    frame : Frame
        The array.
    places : int
        Registers of an activation: one, or one for each digit's place that it is scaled to.
    """
    tile = product.tile
    words = product.batch * tile.m * tile.k * ceil_div(tile.n, frame.cols) * places
    return words * product.activation.field_bits


def digit_bits_written(product: Product, frame: Frame, digits: int, digit_bits: int) -> int:
    """Return the register bits that walked digits take, each once for all rows of a fold [bit].

    Parameters
    ----------
    product : Product
        The whole product.
    frame : Frame
        The array.
    digits : int
        Digits of all multiplications that are walked.
    digit_bits : int
        What names one of them.
    """
    m = product.tile.m
    return ceil_div(digits * ceil_div(m, frame.rows), m) * digit_bits


def selected_bits(adds: int, choices: int, word_bits: int) -> int:
    """Return the bits that pass a 2:1 multiplexer where every add chooses one of some words.

    Parameters
    ----------
    adds : int
        How often a word is chosen, by a tree of ⌈log2 choices⌉ levels whose others stay quiet.
    choices : int
        Words to choose from.
    word_bits : int
        Width of a word [bit].
    """
    return adds * (choices - 1).bit_length() * word_bits


def shifted_bits(adds: int, positions: int, word_bits: int) -> int:
    """Return the bits that pass a 2:1 multiplexer where every add shifts a word.

    Stage i shifts by 0 or 2^i, and hands on a word that is wider by all shifts so far.

    Parameters
    ----------
    adds : int
        How often a word is shifted.
    positions : int
        Shifts by 0 … positions − 1.
    word_bits : int
        Width of a word [bit].

    Examples
    --------
    Eight positions are stages of 9, 11 and 15 bit for a word of 8.

    >>> shifted_bits(1, 8, 8)
    35
    """
    stages = range((positions - 1).bit_length())
    return adds * sum(word_bits + (2 << stage) - 1 for stage in stages)
