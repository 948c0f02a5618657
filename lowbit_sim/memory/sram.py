"""What an SRAM costs: each number a power law of its capacity and of the width of its port.

**Formula.** With the number y₀ at capacity C₀ and width w₀::

    y(C, w)        = y₀ · (C / C₀)^a · (w / w₀)^b
    energy per bit = E(C, w) / w

for the energy of a read, of a write, the access time, area and leakage. For energies, a = 1/2
says that half of the growth of a square array, one side of it, is switched; b = 1 says that a
wider port is more accesses side by side. For area and leakage, a = 1 and b = 0 is a price by the
bit.

A law holds for what it was drawn from. Beyond that, a memory is built of what it holds for:

- more capacity: of parts of the largest capacity, of which an access wakes one;
- a wider port: of several accesses of the widest, side by side;
- less capacity or a narrower port: it costs what the smallest or narrowest does.

A memory has one port that reads or writes. One that is read and written in the same cycle is
priced as if it had that port alone: a second one would cost area, energy and leakage that no
number here holds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """A number as a product of powers of capacity and width.

    Parameters
    ----------
    value : float
        y₀, at `capacity_bits` and `width_bits` [any unit; results have the same].
    capacity_bits, width_bits : int
        C₀ and w₀ [bit].
    exponent : float
        a, from 0: nothing falls with capacity.
    width_exponent : float
        b; below nought for what falls as the port grows, such as the access time.

    Raises
    ------
    ValueError
        If a number is not positive or the capacity's exponent is below nought.
    """

    value: float
    capacity_bits: int
    width_bits: int
    exponent: float
    width_exponent: float

    def __post_init__(self) -> None:
        if min(self.value, self.capacity_bits, self.width_bits) <= 0:
            raise ValueError("value, capacity and width of a law are more than zero")
        if self.exponent < 0:
            raise ValueError(f"a law never falls with capacity, got {self.exponent}")

    def at(self, capacity_bits: int, width_bits: int) -> float:
        """Return y₀ · (C / C₀)^a · (w / w₀)^b.

        Examples
        --------
        3 at 8 bit; twice the capacity and half the width:

        >>> PowerLaw(3.0, 8, 8, 1.0, -1.0).at(16, 4)
        12.0
        """
        grown = self.value * self._growth(capacity_bits)
        return float(grown * (width_bits / self.width_bits) ** self.width_exponent)

    def per_bit(self, capacity_bits: int, width_bits: int) -> float:
        """Return `at` over the width, exactly the same at any width where b = 1.

        Examples
        --------
        10 pJ for 64 bit at 8 KiB, growing with the root; at 32 KiB 10 · √4 / 64 = 0.3125 pJ/bit:

        >>> law = PowerLaw(10.0, 8 * 8 * 1024, 64, 0.5, 1.0)
        >>> law.per_bit(8 * 32 * 1024, 64), law.per_bit(8 * 32 * 1024, 512)
        (0.3125, 0.3125)
        """
        own = self.value * self._growth(capacity_bits) / self.width_bits
        return float(own * (width_bits / self.width_bits) ** (self.width_exponent - 1))

    def _growth(self, capacity_bits: int) -> float:
        if capacity_bits <= 0:
            raise ValueError(f"an sram holds at least one bit, got {capacity_bits}")
        return float((capacity_bits / self.capacity_bits) ** self.exponent)


@dataclass(frozen=True, slots=True)
class LawRange:
    """Capacities and widths that laws hold for; what is left out has no end.

    Parameters
    ----------
    smallest_bits, largest_bits : int, optional
        Capacity of a part [bit].
    narrowest_bits, widest_bits : int, optional
        Width of a port [bit].

    Raises
    ------
    ValueError
        If an end lies before its beginning.
    """

    smallest_bits: int = 1
    largest_bits: int | None = None
    narrowest_bits: int = 1
    widest_bits: int | None = None

    def __post_init__(self) -> None:
        for low_bits, high_bits in (
            (self.smallest_bits, self.largest_bits),
            (self.narrowest_bits, self.widest_bits),
        ):
            if high_bits is not None and high_bits < low_bits:
                raise ValueError(f"must end after it begins, {low_bits} to {high_bits} bit")

    def holds(self, macro: Macro) -> bool:
        """Return whether `macro` lies within."""
        return self.capacity(macro) == macro.capacity_bits and self.width(macro.width_bits) == (
            macro.width_bits
        )

    def part_bits(self, capacity_bits: int) -> int:
        """Return the capacity of the parts that so much is built of [bit]."""
        return min(capacity_bits, self.largest_bits or capacity_bits)

    def capacity(self, macro: Macro) -> int:
        """Return the capacity that a part of `macro` is priced at [bit]."""
        return max(self.part_bits(macro.capacity_bits), self.smallest_bits)

    def width(self, width_bits: int) -> int:
        """Return the width of the accesses that one of `width_bits` is made of [bit]."""
        return max(min(width_bits, self.widest_bits or width_bits), self.narrowest_bits)


@dataclass(frozen=True, slots=True)
class Macro:
    """One array of cells with one port: a memory, or a bank of it.

    Parameters
    ----------
    capacity_bits, width_bits : int
        What it holds, and what one access moves [bit].
    """

    capacity_bits: int
    width_bits: int


def energy_pj_per_bit(macro: Macro, law: PowerLaw, within: LawRange) -> float:
    """Return the energy of moving one bit in an access of the macro's whole width [pJ].

    Parameters
    ----------
    macro : Macro
    law : PowerLaw
        Energy of one access [pJ].
    within : LawRange
        What the law holds for.

    Examples
    --------
    Up to 8 bit wide; one of 16 bit makes two accesses, one of 4 bit fetches 8 and uses half:

    >>> law = PowerLaw(8.0, 64, 8, 0.5, 1.0)
    >>> within = LawRange(64, 256, 8, 8)
    >>> [energy_pj_per_bit(Macro(64, width), law, within) for width in (8, 16, 4)]
    [1.0, 1.0, 2.0]
    """
    priced_bits = within.width(macro.width_bits)
    pj_per_bit = law.per_bit(within.capacity(macro), priced_bits)
    unused = max(priced_bits / macro.width_bits, 1.0)
    return pj_per_bit * unused


def amount(macro: Macro, law: PowerLaw, within: LawRange) -> float:
    """Return area or leakage of a macro, all of its parts together [unit of the law].

    Examples
    --------
    Parts of at most 256 bit: one of 512 takes twice their area.

    >>> law = PowerLaw(2.0, 64, 8, 0.5, 0.0)
    >>> amount(Macro(256, 8), law, LawRange(64, 256)), amount(Macro(512, 8), law, LawRange(64, 256))
    (4.0, 8.0)
    """
    parts = macro.capacity_bits / within.part_bits(macro.capacity_bits)
    return parts * law.at(within.capacity(macro), within.width(macro.width_bits))


def access_ns(macro: Macro, law: PowerLaw, within: LawRange) -> float:
    """Return the access time of a macro [ns], that of one of its parts.

    Examples
    --------
    >>> access_ns(Macro(512, 8), PowerLaw(1.0, 64, 8, 0.5, 0.0), LawRange(64, 256))
    2.0
    """
    return law.at(within.capacity(macro), within.width(macro.width_bits))
