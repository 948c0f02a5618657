"""Matrices as the words of an array's memories, and sums as a matrix again.

Operands lie in the order in which folds read them; what a ragged fold lacks is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Signal
from amaranth.lib.memory import Memory
from numpy.typing import NDArray

from lowbit_sim.rtl.growing import GrowingArray
from lowbit_sim.rtl.holding import HoldingArray
from lowbit_sim.rtl.skipping import SkippingArray, trit_masks
from lowbit_sim.units import ceil_div

Array = NDArray[Any]
#: from a memory and an address to the sum there
Read = Callable[[Memory, int], int]


@dataclass(frozen=True, slots=True)
class Stimulus:
    """What an array is given for one product.

    Parameters
    ----------
    contents : tuple of (Memory, list of int)
        The words of its memories.
    counts : tuple of (Signal, int)
        What its controller is told.
    """

    contents: tuple[tuple[Memory, list[int]], ...]
    counts: tuple[tuple[Signal, int], ...]


def stimulus(design: HoldingArray | GrowingArray, inputs: Array, levels: Array) -> Stimulus:
    """Return what `design` is given to multiply inputs (m, k) by levels (k, n).

    Raises
    ------
    ValueError
        If they do not fit its memories.
    """
    if isinstance(design, HoldingArray):
        found = _holding(design, inputs, levels)
    elif isinstance(design, SkippingArray):
        found = _skipping(design, inputs, levels)
    else:
        found = _growing(design, inputs, levels)
    for _, words in found.contents:
        if len(words) > design.layout.depth:
            raise ValueError(f"{len(words)} words do not fit a memory of {design.layout.depth}")
    return found


def _holding(design: HoldingArray, inputs: Array, levels: Array) -> Stimulus:
    layout, control = design.layout, design.control
    words = in_blocks(layout.digits.words(levels), layout.rows, layout.cols)
    loaded = words.transpose(1, 0, 2, 3)[:, :, ::-1]  # n folds, k folds, the bottom row first
    streamed = in_blocks(inputs, len(inputs), layout.rows)[0]  # k folds, m, rows
    k_folds, n_folds = words.shape[:2]
    return Stimulus(
        (
            (design.words, packed(loaded, layout.digits.word_bits)),
            (design.inputs, packed(streamed, layout.activation_bits)),
        ),
        ((control.inputs, len(inputs)), (control.k_folds, k_folds), (control.n_folds, n_folds)),
    )


def _growing(design: GrowingArray, inputs: Array, levels: Array) -> Stimulus:
    layout, (k, n) = design.layout, levels.shape
    streamed = in_blocks(inputs, layout.rows, k)[:, 0].transpose(0, 2, 1)  # m folds, k, rows
    codes = layout.digits.codes(levels).transpose(1, 0, 2).reshape(-1, n)
    walked = in_blocks(codes, len(codes), layout.cols)[0]  # n folds, k · beats, cols
    return _growing_stimulus(
        design,
        (packed(streamed, layout.activation_bits), packed(walked, layout.digits.digit_bits)),
        (k, len(streamed), len(walked)),
    )


def _skipping(design: SkippingArray, inputs: Array, levels: Array) -> Stimulus:
    layout, group = design.layout, design.group
    blocks = in_blocks(inputs, layout.rows, group)  # m folds, groups, rows, group
    m_folds, groups = blocks.shape[:2]
    streamed = blocks.reshape(m_folds, groups, -1)
    masks = trit_masks(layout.digits.codes(levels), group)
    walked = in_blocks(masks, groups, layout.cols)[0]  # n folds, groups, cols
    return _growing_stimulus(
        design,
        (packed(streamed, layout.activation_bits), packed(walked, 2 * design.positions)),
        (groups, m_folds, len(walked)),
    )


def _growing_stimulus(
    design: GrowingArray, words: tuple[list[int], list[int]], counts: tuple[int, int, int]
) -> Stimulus:
    control = design.control
    told = control.steps, control.m_folds, control.n_folds
    return Stimulus(
        ((design.inputs, words[0]), (design.digits, words[1])),
        tuple(zip(told, counts, strict=True)),
    )


def product(design: HoldingArray | GrowingArray, m: int, n: int, read: Read) -> Array:
    """Return the sums (m, n) that `design` holds, each as `read`."""
    layout = design.layout
    n_folds = ceil_div(n, layout.cols)
    if isinstance(design, HoldingArray):
        sums = [[read(foot.memory, at) for at in range(n_folds * m)] for foot in design.feet]
        blocks = np.array(sums).reshape(layout.cols, n_folds, m)
        return blocks.transpose(2, 1, 0).reshape(m, -1)[:, :n]
    m_folds, rows = ceil_div(m, layout.rows), layout.rows
    leave = rows if design.drains else 1  # sums of a fold that each way out sees
    columns = [
        [[read(way.memory, at) for at in range(m_folds * n_folds * leave)] for way in column]
        for column in design.collectors
    ]
    blocks = np.array(columns).reshape(layout.cols, -1, m_folds, n_folds, leave)
    # the bottom row leaves first, or each row by its own way
    in_rows = blocks[:, 0, :, :, ::-1] if design.drains else blocks[..., 0].transpose(0, 2, 3, 1)
    return in_rows.transpose(1, 3, 2, 0).reshape(m_folds * rows, -1)[:m, :n]


def in_blocks(matrix: Array, rows: int, cols: int) -> Array:
    """Return `matrix`, padded with zeros, as blocks (down, across, rows, cols).

    Examples
    --------
    >>> in_blocks(np.array([[1, 2, 3]]), 2, 2).tolist()
    [[[[1, 2], [0, 0]], [[3, 0], [0, 0]]]]
    """
    down, across = ceil_div(matrix.shape[0], rows), ceil_div(matrix.shape[1], cols)
    padded = np.zeros((down * rows, across * cols), matrix.dtype)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix
    return padded.reshape(down, rows, across, cols).transpose(0, 2, 1, 3)


def packed(parts: Array, width_bits: int) -> list[int]:
    """Return a word for every row of `parts` (…, count), the first part lowest, of any width.

    Examples
    --------
    >>> packed(np.array([[1, -1], [2, 0]]), 4)
    [241, 2]
    """
    mask = (1 << width_bits) - 1
    rows = parts.reshape(-1, parts.shape[-1]).tolist()
    return [
        sum((code & mask) << (place * width_bits) for place, code in enumerate(row)) for row in rows
    ]
