"""What several criteria at once say: Pareto set, hypervolume, knee. Less is better in all columns.

- **Pareto set**: points that no other one dominates, that is, is nowhere larger and somewhere
  smaller (Pareto, *Cours d'économie politique*, 1896). Points that are equal stay together.
- **Hypervolume**: the volume that points dominate, up to a reference point (Zitzler & Thiele,
  PPSN V, 1998). By `moocore`, which computes it exactly.
- **Knee**: of the Pareto set of two criteria, the point that lies farthest below the straight line
  between its ends, both criteria scaled to 0 … 1 (Das, *Structural Optimization* 18, 1999).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: the reference point lies so far beyond the worst of every criterion, scaled to 0 … 1
REFERENCE = 1.1


def pareto(points: Floats) -> NDArray[np.bool_]:
    """Return which points no other dominates.

    Parameters
    ----------
    points : ndarray, shape (points, criteria)

    Examples
    --------
    >>> pareto(np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 3.0]])).tolist()
    [True, True, False]
    """
    import moocore  # noqa: PLC0415 (loads a library)

    return np.asarray(moocore.is_nondominated(points, keep_weakly=True), dtype=np.bool_)


def normalised(points: Floats, logarithmic: tuple[bool, ...]) -> Floats:
    """Return points scaled to 0 (the best of each criterion) … 1 (the worst).

    Parameters
    ----------
    points : ndarray, shape (points, criteria)
        More than 0 where a criterion is logarithmic.
    logarithmic : tuple of bool
        Whether a criterion is scaled by its logarithm, as costs are that span factors.

    Examples
    --------
    >>> normalised(np.array([[1.0], [10.0], [100.0]]), (True,)).ravel().tolist()
    [0.0, 0.5, 1.0]
    """
    taken = points.astype(np.float64)
    taken[:, logarithmic] = np.log(taken[:, logarithmic])
    least, most = taken.min(axis=0), taken.max(axis=0)
    span = np.where(most > least, most - least, 1.0)
    return np.asarray((taken - least) / span)


def hypervolume_fraction(points: Floats) -> float:
    """Return the share of the cube up to `REFERENCE` that points in 0 … 1 dominate.

    Parameters
    ----------
    points : ndarray, shape (points, criteria)
        None of them beyond `REFERENCE`.

    Examples
    --------
    A point at the middle of a square dominates (1.1 - 0.5)² of 1.1².

    >>> round(hypervolume_fraction(np.array([[0.5, 0.5]])), 6)
    0.297521
    """
    import moocore  # noqa: PLC0415 (loads a library)

    criteria = points.shape[1]
    volume = float(moocore.hypervolume(points, ref=[REFERENCE] * criteria))
    return volume / float(REFERENCE**criteria)


def knee(points: Floats) -> int | None:
    """Return the place of the knee of two criteria; None where no point lies below the line.

    Parameters
    ----------
    points : ndarray, shape (points, 2)

    Examples
    --------
    >>> knee(np.array([[0.0, 10.0], [1.0, 2.0], [10.0, 0.0]]))
    1
    >>> knee(np.array([[0.0, 1.0], [1.0, 0.0]])) is None
    True
    """
    front = np.flatnonzero(pareto(points))
    if not np.ptp(points[front], axis=0).all():
        return None  # one point, or equal ones: there is no line
    scaled = normalised(points[front], (False, False))
    below = 1.0 - scaled.sum(axis=1)  # the line runs from (0, 1) to (1, 0)
    best = int(below.argmax())
    return int(front[best]) if below[best] > 1e-12 else None  # noqa: PLR2004 (rounding)
