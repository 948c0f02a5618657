"""How numbers and names are written for a reader."""

from __future__ import annotations

import math
from typing import NamedTuple

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.units import significant


class Unit(NamedTuple):
    """A unit in which numbers are shown, and how many base units it is."""

    name: str
    base_units: float

    def words(self, amount: float) -> str:
        """Return an amount of the base unit in this one, three significant digits, no name.

        Examples
        --------
        >>> MICROJOULES.words(12_345_678)
        '12.3'
        """
        return significant(amount / self.base_units)


#: energy [pJ]
NANOJOULES, MICROJOULES = Unit("nJ", 1e3), Unit("µJ", 1e6)
ENERGIES = (MICROJOULES, Unit("mJ", 1e9), Unit("J", 1e12))
#: time [s]
TIMES = (Unit("µs", 1e-6), Unit("ms", 1e-3), Unit("s", 1.0))
#: energy times delay [pJ · s]
ENERGY_DELAYS = (
    Unit("nJ·ms", 1.0),
    Unit("µJ·ms", 1e3),
    Unit("mJ·ms", 1e6),
    Unit("J·ms", 1e9),
    Unit("J·s", 1e12),
)
#: memory [bit]
SIZES = (Unit("KiB", 2**13), Unit("MiB", 2**23), Unit("GiB", 2**33))
#: more than this reads better in a larger unit (three digits of it are 10,000)
_MOST = 9_995
#: from here on a rate is written without decimals
_MANY = 100


def fitting_unit(units: tuple[Unit, ...], most: float) -> Unit:
    """Return the first of `units`, smallest first, in which `most` has at most four digits.

    Examples
    --------
    >>> fitting_unit(ENERGIES, 9.9e9).name, fitting_unit(ENERGIES, 10e9).name
    ('µJ', 'mJ')
    """
    return next((unit for unit in units if most / unit.base_units < _MOST), units[-1])


def format_words(name: str) -> str:
    """Return what a reader calls a format.

    Examples
    --------
    >>> format_words("levels_5"), format_words("levels_7_pow2"), format_words("int8")
    ('5 levels (2.32 bit)', '7 power-of-two levels (2.81 bit)', 'int8 (8 bit)')
    """
    entropy = entropy_words(name)
    if not name.startswith("levels_"):
        return f"{name} ({entropy} bit)"
    kind = "power-of-two levels" if name.endswith("_pow2") else "levels"
    if name.endswith("_zero"):
        kind = "levels with zero"
    return f"{FORMATS[name].count} {kind} ({entropy} bit)"


def entropy_words(name: str) -> str:
    """Return a format's entropy in bit, with at most two places.

    Examples
    --------
    >>> entropy_words("levels_5"), entropy_words("levels_4")
    ('2.32', '2')
    """
    return f"{FORMATS[name].entropy_bits:.2f}".rstrip("0").rstrip(".")


def percent(fraction: float) -> str:
    """Return a fraction in per cent with one place.

    Examples
    --------
    >>> percent(0.9744)
    '97.4'
    """
    return f"{100 * fraction:.1f}"


def accuracy_words(accuracy: Accuracy) -> str:
    """Return mean and 95 % half-width in per cent, or the mean alone for a single seed."""
    half = accuracy.half_width_fraction
    mean = percent(accuracy.mean_fraction)
    return mean if math.isinf(half) else f"{mean} ± {percent(half)}"


def energy_words(energy_pj: float) -> str:
    """Return an energy with its unit, three significant digits.

    Examples
    --------
    >>> energy_words(9_650_000), energy_words(11_400_000_000)
    ('9.65 µJ', '11.4 mJ')
    """
    unit = fitting_unit(ENERGIES, energy_pj)
    return f"{unit.words(energy_pj)} {unit.name}"


def time_words(seconds: float) -> str:
    """Return a time with its unit, three significant digits.

    Examples
    --------
    >>> time_words(26.8e-6), time_words(0.0272)
    ('26.8 µs', '27.2 ms')
    """
    unit = fitting_unit(TIMES, seconds)
    return f"{unit.words(seconds)} {unit.name}"


def size_words(stored_bits: int) -> str:
    """Return a size in memory with its unit, three significant digits.

    Examples
    --------
    >>> size_words(8 * 1024 * 25), size_words(8 * 1024 * 20_480)
    ('25.0 KiB', '20.0 MiB')
    """
    unit = fitting_unit(SIZES, stored_bits)
    return f"{unit.words(stored_bits)} {unit.name}"


def rate_words(per_second: float) -> str:
    """Return a rate, in full where it is large.

    Examples
    --------
    >>> rate_words(20_001.2), rate_words(0.1532)
    ('20,001', '0.153')
    """
    return f"{per_second:,.0f}" if per_second >= _MANY else significant(per_second)
