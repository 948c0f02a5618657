"""How numbers and names are written for a reader."""

from __future__ import annotations

import math

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.units import significant


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


def microjoules(energy_pj: float) -> str:
    """Return an energy in µJ with three significant digits.

    Examples
    --------
    >>> microjoules(12_345_678)
    '12.3'
    """
    return significant(energy_pj / 1e6)


def kibibytes(stored_bits: int) -> str:
    """Return bits in KiB with three significant digits.

    Examples
    --------
    >>> kibibytes(8 * 1024 * 25)
    '25.0'
    """
    return significant(stored_bits / 8192)
