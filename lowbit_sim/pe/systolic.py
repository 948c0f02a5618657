"""The folds of a product on a systolic array: operands and sums move from PE to PE.

The array has R rows and C columns of processing elements (PEs). A *beat* is one digit (or
plane) of one weight at one activation: with P passes, the edge holds each activation for P
beats, and every beat is a wavefront of its own. A PE that does t terms side by side sees a sum of
k' = ⌈k/t⌉ words.

    stationary  rows hold  columns hold  folds T          preload L  beats B  skew S     drain O
    weight      k'         n             ⌈k'/R⌉ · ⌈n/C⌉   R          P · m    R + C − 2  0
    input       k'         m             ⌈k'/R⌉ · ⌈m/C⌉   R          P · n    R + C − 2  0
    output      m          n             ⌈m/R⌉ · ⌈n/C⌉    0          P · k'   R + C − 2  R or 0

- Preload: a row of the operand that stays, with all its digits, enters at the top in each cycle,
  the bottom row first; a word moves down until it is in its row. Words enter a column one cycle
  later than the column before, as beats do, so that words and beats never wait for each other's
  way through the array. (Were all columns loaded at once, L would have to count as R + C − 1
  wherever folds overlap.)
- Beat b is at PE (r, c) b + r + c cycles after the first: a new row starts one cycle later than
  the row above, and partial sums run down a column (or, where outputs stay, the other operand
  does). The last beat B − 1 is at the last PE after B − 1 + (R − 1) + (C − 1), so that streaming
  lasts B + S cycles.
- Drain, where outputs stay: the sums move down the rows, one row of them leaves in each cycle.

A ragged fold lasts as long as a full one. The clock starts with the first preload and stops with
the cycle in which the last sum is at the array's edge: edges are wires, registers belong to PEs.
How folds follow one another: `lowbit_sim.pe.folding`; with its default, the weight-stationary
total is ``⌈k'/R⌉ · ⌈n/C⌉ · (2·R + C + P·m − 2)``.

Where sums move, those of several digits and of several folds over k are added outside the array,
at the foot of each column: an adder and a memory of m (or n) sums that is read, added to and
written within a cycle, since digits of one sum follow each other without a pause. A register in
front of it costs a cycle once, at the very end; that one is not counted.

Sources: H. T. Kung, "Why Systolic Architectures?", IEEE Computer 15(1), 1982; A. Samajdar et
al., "SCALE-Sim: Systolic CNN Accelerator Simulator", arXiv:1811.02883.

Examples
--------
>>> from lowbit_sim.pe.folding import NAMED_CONVENTIONS, total_cycles
>>> qkv = systolic_folds("weight", 32, 32, 1, m=197, k=192, n=576, drains=True)
>>> total_cycles(qkv, NAMED_CONVENTIONS["scale_sim"])
31428
"""

from __future__ import annotations

from lowbit_sim.pe.base import Stationary
from lowbit_sim.pe.folding import Count, Folds


def systolic_folds(
    stationary: Stationary,
    rows: int,
    cols: int,
    passes: int,
    m: Count,
    k: Count,
    n: Count,
    *,
    drains: bool,
) -> Folds:
    """Return the folds of a product, or of many at once.

    Parameters
    ----------
    stationary : {"weight", "output", "input"}
        The operand that stays in the array.
    rows, cols : int
        Processing elements along each side, at least 1.
    passes : int
        Beats that one multiplication takes, at least 1.
    m, k, n : int, or int64 arrays of one shape
        The products' dimensions, at least 1; k in words of as many terms as a PE takes.
    drains : bool
        Whether outputs that stayed leave through the rows.
    """
    skew = rows + cols - 2
    if stationary == "output":
        count = -(-m // rows) * -(-n // cols)
        return Folds(count, 0, passes * k, skew, rows if drains else 0)
    held, streamed = (n, m) if stationary == "weight" else (m, n)
    return Folds(-(-k // rows) * -(-held // cols), rows, passes * streamed, skew, 0)
