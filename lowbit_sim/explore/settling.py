"""The front of a design space from bounds and a few exact results, with a guarantee.

Every row (a design in a format) has bounds b that it cannot beat. A confirmed row has an exact
result c. With a tolerance e, a row is *settled* by a confirmed one if::

    c_i <= (1 + e) · b_i   for every objective i

Whatever it may turn out to be, it is then nowhere better than the confirmed one by more than e.
Unsettled rows are confirmed until there is none: then the front of the confirmed rows is, up to e,
the front of the space. With e = 0 it is the front itself.

The next row to be confirmed is the unsettled one with the least product of its bounds; those that
it would settle if its bounds were exact wait until its result is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Steps = NDArray[np.int64]


def settled(bounds: Floats, exact: Floats, within: Floats) -> NDArray[np.bool_]:
    """Return which rows a confirmed one settles.

    Parameters
    ----------
    bounds : ndarray, shape (rows, objectives)
    exact : ndarray, shape (confirmed, objectives)
    within : ndarray, shape (objectives,)
        The tolerance e, of each objective.

    Examples
    --------
    >>> bounds = np.array([[1.0, 1.0], [2.0, 1.0], [0.9, 3.0]])
    >>> settled(bounds, np.array([[1.05, 1.0]]), np.zeros(2)).tolist()
    [False, True, False]
    >>> settled(bounds, np.array([[1.05, 1.0]]), np.full(2, 0.1)).tolist()
    [True, True, False]
    """
    found = np.zeros(len(bounds), bool)
    for one in exact:
        left = np.flatnonzero(~found)
        found[left[(one <= (1 + within) * bounds[left]).all(axis=1)]] = True
    return found


def picks(bounds: Floats, within: Floats, most: int) -> Steps:
    """Return rows to be confirmed next, at most `most`, none of which one before would settle.

    Parameters
    ----------
    bounds : ndarray, shape (rows, objectives)
    within : ndarray, shape (objectives,)
    most : int
    """
    order = np.argsort(np.log(bounds).sum(axis=1), kind="stable")
    left = bounds[order]
    chosen: list[int] = []
    while len(order) and len(chosen) < most:
        chosen.append(int(order[0]))
        rest = ~(left[0] <= (1 + within) * left).all(axis=1)
        rest[0] = False
        order, left = order[rest], left[rest]
    return np.array(chosen, np.int64)


def settle(
    bounds: Floats,
    within: Floats,
    most: int,
    confirm: Callable[[Steps], Sequence[Floats | None]],
) -> Iterator[int]:
    """Confirm rows until all are settled; yield how many are left after each round.

    Parameters
    ----------
    bounds : ndarray, shape (rows, objectives)
    within : ndarray, shape (objectives,)
    most : int
        Rows confirmed in one round.
    confirm : callable
        Rows to their exact objectives; None for a row that settles nothing, as one that is
        refused or breaks a limit.
    """
    alive = np.arange(len(bounds))
    while len(alive):
        chosen = alive[picks(bounds[alive], within, most)]
        exact = [one for one in confirm(chosen) if one is not None]
        alive = alive[~np.isin(alive, chosen)]
        if exact:
            alive = alive[~settled(bounds[alive], np.array(exact), within)]
        yield len(alive)
