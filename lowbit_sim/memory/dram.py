"""What a bit in a DRAM costs: the same wherever it lies.

**Formula.** With the energy E of one access of w bit::

    energy per bit = E / w

It stands for streaming: activating a row is spread over the row and is part of E. A DRAM is off
the chip: it takes no area of it, and its standby and refresh power are not counted.
"""

from __future__ import annotations


def pj_per_bit(access_pj: float, access_bits: int) -> float:
    """Return E / w, the energy of moving one bit [pJ].

    Parameters
    ----------
    access_pj : float
        E, energy of one access, interface included [pJ].
    access_bits : int
        w, bits that one access moves [bit].

    Raises
    ------
    ValueError
        If either is not positive.

    Examples
    --------
    >>> pj_per_bit(1300.0, 64)
    20.3125
    """
    if access_pj <= 0 or access_bits <= 0:
        raise ValueError("energy and width of an access are more than zero")
    return access_pj / access_bits
