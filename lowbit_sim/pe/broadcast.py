"""The folds of a product on a broadcast array: operands travel on wires, sums through trees.

R rows by C columns of processing elements (PEs); P passes; a PE that does t terms side by side
sees a sum of k' = ⌈k/t⌉ words.

    stationary  rows hold  columns hold  folds T          preload L  beats B  skew S      drain O
    weight      k'         n             ⌈k'/R⌉ · ⌈n/C⌉   R          P · m    ⌈log2 R⌉    0
    input       k'         m             ⌈k'/R⌉ · ⌈m/C⌉   R          P · n    ⌈log2 R⌉    0
    output      m          n             ⌈m/R⌉ · ⌈n/C⌉    0          P · k'   0           R or 0

- Weights (or inputs) stay: in each beat, one value for every row is broadcast along the row, and
  each column adds its R products in a binary tree of ⌈log2 R⌉ levels with a register after each
  (*dot-product lanes*). The products themselves stand before the first register.
- Outputs stay: in each beat, an input is broadcast along every row and a weight down every
  column, and each PE adds the product to its own sum (*lanes*).

- Preload and drain go through the rows as on a systolic array, but in all columns at once.

A ragged fold lasts as long as a full one. How folds follow one another: `lowbit_sim.pe.folding`.
Where sums move, those of several digits and of several folds over k are added outside the array,
below each tree, as on a systolic array.

Sources: NVDLA and CUTIE are such arrays: M. Scherer et al., "CUTIE", IEEE TCAD 41(4), 2022,
arXiv:2011.01713; DaDianNao's tree: Y. Chen et al., MICRO 2014.

Examples
--------
On 8 rows, m = 5, k = 17, n = 9 and 4 columns: 3 · 3 folds of 8 + 5 + 3 = 16 cycles.

>>> from lowbit_sim.pe.folding import Conventions, total_cycles
>>> total_cycles(broadcast_folds("weight", 8, 4, 1, m=5, k=17, n=9, drains=True), Conventions())
144
"""

from __future__ import annotations

from lowbit_sim.pe.base import Stationary
from lowbit_sim.pe.folding import Count, Folds


def broadcast_folds(
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
    """Return the folds of a product, or of many at once; parameters as for `systolic_folds`."""
    if stationary == "output":
        count = -(-m // rows) * -(-n // cols)
        return Folds(count, 0, passes * k, 0, rows if drains else 0)
    held, streamed = (n, m) if stationary == "weight" else (m, n)
    return Folds(
        -(-k // rows) * -(-held // cols), rows, passes * streamed, (rows - 1).bit_length(), 0
    )
