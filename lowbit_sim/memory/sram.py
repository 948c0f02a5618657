"""What a bit in an SRAM costs: energy by a power law of the capacity, area and leakage by the bit.

**Formula.** With the energy E₀ of one access of w bit at capacity C₀::

    read energy per bit(C)  = E₀ · (C / C₀)^a / w
    write energy per bit(C) = read energy per bit(C) · ratio
    area(C)                 = C · area per bit
    leakage(C)              = C · leakage per bit

a = 1/2 says that half of the growth of a square array, one side of it, is switched.
The law knows no port width: a wider port is more accesses of w bit side by side.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessLaw:
    """Energy of one access as a power of the capacity.

    Parameters
    ----------
    access_pj : float
        E₀, energy of one read access at `capacity_bits` [pJ].
    access_bits : int
        w, bits that one access reads [bit].
    capacity_bits : int
        C₀, the capacity at which `access_pj` holds [bit].
    exponent : float
        a, from 0 to 1: energy never falls with capacity.

    Raises
    ------
    ValueError
        If a number is not positive or the exponent is outside 0 to 1.
    """

    access_pj: float
    access_bits: int
    capacity_bits: int
    exponent: float

    def __post_init__(self) -> None:
        if min(self.access_pj, self.access_bits, self.capacity_bits) <= 0:
            raise ValueError("energy, access width and capacity of a law are more than zero")
        if not 0 <= self.exponent <= 1:
            raise ValueError(f"the exponent of a law is 0 to 1, got {self.exponent}")


def read_pj_per_bit(capacity_bits: int, law: AccessLaw) -> float:
    """Return E₀ · (C / C₀)^a / w, the energy of reading one bit [pJ].

    Parameters
    ----------
    capacity_bits : int
        C, capacity of the memory [bit].
    law : AccessLaw
        E₀, w, C₀ and a.

    Raises
    ------
    ValueError
        If the capacity is not positive.

    Examples
    --------
    10 pJ for 64 bit at 8 KiB; at 32 KiB 10 · √4 / 64 = 0.3125 pJ/bit.

    >>> law = AccessLaw(10.0, 64, 8 * 8 * 1024, 0.5)
    >>> read_pj_per_bit(8 * 32 * 1024, law)
    0.3125
    """
    if capacity_bits <= 0:
        raise ValueError(f"an sram holds at least one bit, got {capacity_bits}")
    growth = (capacity_bits / law.capacity_bits) ** law.exponent
    return float(law.access_pj * growth / law.access_bits)


def write_pj_per_bit(capacity_bits: int, law: AccessLaw, write_over_read: float) -> float:
    """Return the energy of writing one bit [pJ]: that of reading it, times `write_over_read`.

    Examples
    --------
    >>> law = AccessLaw(10.0, 64, 8 * 8 * 1024, 0.5)
    >>> round(write_pj_per_bit(8 * 32 * 1024, law, 1.1), 6)
    0.34375
    """
    return read_pj_per_bit(capacity_bits, law) * write_over_read


def area_um2(capacity_bits: int, um2_per_bit: float) -> float:
    """Return C · area per bit, periphery included [um2].

    Examples
    --------
    >>> area_um2(8 * 1024, 0.5)
    4096.0
    """
    return capacity_bits * um2_per_bit


def leakage_nw(capacity_bits: int, nw_per_bit: float) -> float:
    """Return C · leakage per bit [nW].

    Examples
    --------
    >>> leakage_nw(8 * 1024, 0.25)
    2048.0
    """
    return capacity_bits * nw_per_bit
