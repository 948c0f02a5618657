"""Machines of equal area: each is scaled until it takes as much as it may.

**Rule.** Of the scales j / g of a machine (`lowbit_sim.arch.scaling`), the largest whose area on
the chip is within the budget is taken, found by doubling and bisection. Its sides need not suit
the layers of a network: 31 columns take three folds for 64 outputs. A machine of which even the
smallest is too large is refused, with the area that it would take.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.load import accelerator_of
from lowbit_sim.arch.scaling import grain, scaled
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.technology import Technology
from lowbit_sim.errors import LowbitSimError, SpecError
from lowbit_sim.spec_file import SpecFile

_UM2_PER_MM2 = 1e6


class TooLargeError(LowbitSimError):
    """Even the smallest machine of its kind takes more than the budget."""


def of_area(
    source: SpecFile, technology: Technology, area_um2: float
) -> tuple[Accelerator, Fraction]:
    """Return the largest machine like `source` within `area_um2`, and its scale.

    Parameters
    ----------
    source : SpecFile
        The machine's file.
    technology : Technology
        What its parts take.
    area_um2 : float
        The budget [um2].

    Raises
    ------
    TooLargeError
        If no scale fits.
    SpecError
        If the technology lacks a row for a part.
    """
    base = grain(accelerator_of(source))

    def area_at(steps: int) -> float:
        machine = scaled(source, Fraction(steps, base))
        return sum(area_um2_by_component(technology, machine).values())

    if area_at(1) > area_um2:
        least = area_at(1) / _UM2_PER_MM2
        raise TooLargeError(f"takes at least {least:.3g} mm² of {area_um2 / _UM2_PER_MM2:.3g}")
    most = 1
    while _fits(area_at, most * 2, area_um2):
        most *= 2
    low, high = most, most * 2  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(area_at, middle, area_um2) else (low, middle)
    scale = Fraction(low, base)
    return scaled(source, scale), scale


def _fits(area_at: Callable[[int], float], steps: int, area_um2: float) -> bool:
    try:
        return area_at(steps) <= area_um2
    except SpecError:  # a machine so large that it cannot be, as one of too many words
        return False
