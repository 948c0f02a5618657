"""What an array is made of."""

from __future__ import annotations

from dataclasses import dataclass

from lowbit_sim.pe.folding import Conventions
from lowbit_sim.rtl.digits import Digits


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that decides an array, before it is described in gates.

    Parameters
    ----------
    digits : Digits
        How its PEs take weights.
    rows, cols : int
        PEs along each side.
    activation_bits, sum_bits : int
        Widths [bit].
    conventions : Conventions
        How folds follow one another.
    depth : int
        Words of each memory.
    """

    digits: Digits
    rows: int
    cols: int
    activation_bits: int
    sum_bits: int
    conventions: Conventions
    depth: int
