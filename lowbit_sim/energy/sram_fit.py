"""Power laws drawn from simulated SRAM macros by least squares, and how far off they are.

**Formula.** Over the points i, with value yᵢ at capacity Cᵢ and width wᵢ, and the number y₀ at C₀
and w₀::

    minimise over y₀, a, b:  Σᵢ (ln y₀ + a · ln(Cᵢ / C₀) + b · ln(wᵢ / w₀) - ln yᵢ)²
    residual of point i   =  | y₀ · (Cᵢ / C₀)^a · (wᵢ / w₀)^b / yᵢ - 1 |

Logarithms make an error of a tenth count as much in a small macro as in a large one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lowbit_sim.energy.sram_points import SramPoint
from lowbit_sim.memory.sram import Macro, PowerLaw

#: what a technology's rows are drawn from, by the key of the row
COLUMNS: Mapping[str, Callable[[SramPoint], float]] = {
    "read": lambda point: point.read_pj,
    "write": lambda point: point.write_pj,
    "area": lambda point: point.area_um2,
    "leakage": lambda point: point.leakage_nw,
    "access_time": lambda point: point.access_ns,
}


@dataclass(frozen=True, slots=True)
class LawFit:
    """A law and how far the points lie from it.

    Parameters
    ----------
    law : PowerLaw
    residual_median_fraction, residual_largest_fraction : float
        Of |law / point - 1| over the points.
    points : int
        How many there are.
    """

    law: PowerLaw
    residual_median_fraction: float
    residual_largest_fraction: float
    points: int


def fit_law(
    values: npt.ArrayLike,
    capacities_bits: npt.ArrayLike,
    widths_bits: npt.ArrayLike,
    at: Macro,
) -> LawFit:
    """Return the law of least squares in logarithms.

    Parameters
    ----------
    values, capacities_bits, widths_bits : array_like, shape (points,)
        The points: what is fitted [any unit], at which capacity [bit] and port width [bit].
    at : Macro
        C₀ and w₀: where the law's value is told.

    Raises
    ------
    ValueError
        If the points do not tell capacity, width and value apart: fewer than three, or all of
        them on one line of capacities and widths.

    Examples
    --------
    Points of 2 · (C / 8) · √(w / 4) are met exactly:

    >>> fit = fit_law([2, 4, 4, 8], [8, 16, 8, 16], [4, 4, 16, 16], Macro(8, 4))
    >>> [round(n, 9) for n in (fit.law.value, fit.law.exponent, fit.law.width_exponent)]
    [2.0, 1.0, 0.5]
    >>> round(fit.residual_largest_fraction, 9), fit.points
    (0.0, 4)
    """
    y = np.log(np.asarray(values, dtype=float))
    capacity = np.log(np.asarray(capacities_bits, dtype=float) / at.capacity_bits)
    width = np.log(np.asarray(widths_bits, dtype=float) / at.width_bits)
    terms = np.column_stack([np.ones_like(y), capacity, width])
    solution, _, rank, _ = np.linalg.lstsq(terms, y, rcond=None)
    if rank < terms.shape[1]:
        raise ValueError("a law of capacity and width needs points that differ in both")
    residuals = np.abs(np.exp(terms @ solution - y) - 1)
    value, a, b = (float(number) for number in solution)
    return LawFit(
        PowerLaw(float(np.exp(value)), at.capacity_bits, at.width_bits, a, b),
        float(np.median(residuals)),
        float(residuals.max()),
        len(y),
    )


def fit_points(points: Mapping[Macro, SramPoint], at: Macro) -> dict[str, LawFit]:
    """Return the law of every row of a technology's cell, by the row's key in `COLUMNS`.

    Parameters
    ----------
    points : Mapping[Macro, SramPoint]
        The macros of one cell at one temperature.
    at : Macro
        Where the laws' values are told.
    """
    capacities_bits = [macro.capacity_bits for macro in points]
    widths_bits = [macro.width_bits for macro in points]
    return {
        key: fit_law([column(p) for p in points.values()], capacities_bits, widths_bits, at)
        for key, column in COLUMNS.items()
    }
