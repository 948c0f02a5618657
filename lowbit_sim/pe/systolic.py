"""How long a product takes on a systolic array: the two formulas that every kind shares.

The array has R rows and C columns of processing elements (PEs). The *folds* of a product run
strictly one after another, and a ragged fold lasts as long as a full one. A *beat* is one digit
(or plane) of one weight at one activation: with P passes, the edge holds each activation for P
beats, and every beat is a wavefront of its own.

**Weight-stationary**: k on the rows, n on the columns, m streams.

    ⌈k/R⌉ · ⌈n/C⌉ · (2·R + C + P·m − 2)

- R cycles load: a row of weights, with all their digits, enters at the top in each cycle.
- Beat b is at PE (r, c) b + r + c cycles after the load: a new activation row starts one cycle
  later than the row above, and partial sums run down a column. The last beat P·m − 1 is at the
  last PE after P·m − 1 + (R − 1) + (C − 1), so that streaming lasts P·m + R + C − 2 cycles.

**Output-stationary**: m on the rows, n on the columns, k streams.

    ⌈m/R⌉ · ⌈n/C⌉ · (2·R + C + P·k − 2)

- Activations enter from the left, weight digits from the top: P·k + R + C − 2 cycles likewise.
- R cycles drain: the sums move down the rows, and one row of them leaves in each cycle.

The clock starts with the first load and stops with the cycle in which the last sum is at the
array's edge: edges are wires, registers belong to PEs. Padding columns count too. Where a
register stands between the array and whatever takes its sums (it adds shifted digit sums, or
sums of several folds over k), the next fold's load hides it, save once at the very end.

Sources: H. T. Kung, "Why Systolic Architectures?", IEEE Computer 15(1), 1982; A. Samajdar et
al., "SCALE-Sim: Systolic CNN Accelerator Simulator", arXiv:1811.02883. With P = 1 its
weight-stationary count is this one; its output-stationary count is R less in each fold, since
it overlaps the drain.

Examples
--------
>>> systolic_cycles("weight", rows=32, cols=32, passes=1, m=197, k=192, n=576)
31428
>>> m, k, n = np.array([[197, 192, 576], [5, 33, 1]]).T
>>> systolic_cycles("weight", 32, 32, 1, m, k, n).tolist()
[31428, 198]
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.pe.base import Stationary

#: one shape, or many at once
Count = TypeVar("Count", int, NDArray[np.int64])


def systolic_cycles(
    stationary: Stationary, rows: int, cols: int, passes: int, m: Count, k: Count, n: Count
) -> Count:
    """Return the cycles of a product without stalls.

    Parameters
    ----------
    stationary : {"weight", "output"}
        The operand that stays in the array.
    rows, cols : int
        Processing elements along each side, at least 1.
    passes : int
        Beats that one multiplication takes, at least 1.
    m, k, n : int, or int64 arrays of one shape
        The products' dimensions, at least 1.

    Returns
    -------
    int, or int64 array of the shape of `m`
        From the first load to the last result [cycle].

    Raises
    ------
    ValueError
        If `stationary` is neither of the two.
    """
    if stationary == "weight":
        return -(-k // rows) * -(-n // cols) * (2 * rows + cols + passes * m - 2)
    if stationary == "output":
        return -(-m // rows) * -(-n // cols) * (2 * rows + cols + passes * k - 2)
    raise ValueError(f"stationary must be 'weight' or 'output', got {stationary!r}")
