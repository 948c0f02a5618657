"""A weight format for each layer: the cheapest assignment within a loss budget, exactly.

**Formula.** With x(l, f) ∈ {0, 1} and Σ_f x(l, f) = 1 for every layer l,

    minimise  Σ cost(l, f) · x(l, f)   subject to   Σ loss(l, f) · x(l, f) <= budget,

the multiple-choice knapsack problem, which HiGHS solves by branch and bound. Among the cheapest
assignments the one of least loss is taken, by a second problem with the two roles exchanged. What
the solver calls feasible within its tolerance is added up again; an assignment beyond the budget
after all is cut off, and the problem solved once more.

**Sources.** Sinha and Zoltners, The multiple-choice knapsack problem, Oper. Res. 27, 1979. Huangfu
and Hall, Parallelizing the dual revised simplex method, Math. Program. Comput. 10, 2018 (HiGHS).
Yao et al., HAWQ-V3, ICML 2021, arXiv:2011.10680 (formats of layers as an integer program).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import LowbitSimError

Floats = NDArray[np.float64]

#: sums that differ by less, relative to the numbers in them, are the same
ROUNDING = 1e-9
#: the solver's gap is absolute: the dearest choice becomes so large that it does not matter
_DEAREST = 1e4


class InfeasibleError(LowbitSimError):
    """No assignment keeps within the budget; the message says what is the least."""


def cheapest(costs: Floats, losses: Floats, budget: float) -> tuple[int, ...]:
    """Return the index of the format of every layer.

    Parameters
    ----------
    costs, losses : ndarray of float64, shape (layers, formats)
        In any unit; a choice whose cost is infinite is not offered. Losses may be negative.
    budget : float
        The largest sum of losses, in their unit.

    Raises
    ------
    InfeasibleError
        If every assignment loses more, or a layer has no choice.

    Examples
    --------
    The second layer can afford its cheap format, the first cannot.

    >>> cheapest(np.array([[1.0, 5.0], [1.0, 5.0]]), np.array([[9.0, 1.0], [2.0, 1.0]]), 4.0)
    (1, 0)
    """
    offered = np.isfinite(costs)
    if not offered.any(axis=1).all():
        raise InfeasibleError(f"layer {int(np.argmin(offered.any(axis=1)))} has no format to take")
    least = float(np.where(offered, losses, np.inf).min(axis=1).sum())
    if least > budget + _slack(losses, offered):
        raise InfeasibleError(
            f"no assignment loses {budget:.6g} or less: the least that can be lost is {least:.6g}"
        )
    first = _solved(costs, losses, budget, offered)
    cost = total(costs, first)
    return _solved(losses, costs, cost, offered)


def total(values: Floats, chosen: tuple[int, ...]) -> float:
    """Return the sum of the values that an assignment takes."""
    return math.fsum(values[range(len(chosen)), chosen])


def _slack(values: Floats, offered: NDArray[np.bool_]) -> float:
    return ROUNDING * float(np.abs(values[offered]).max(initial=0.0)) * len(values)


def _solved(
    minimised: Floats, limited: Floats, limit: float, offered: NDArray[np.bool_]
) -> tuple[int, ...]:
    """Minimise one sum while another stays within `limit`; the problem has a solution."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 (slow to import)

    layers, formats = offered.shape
    scale = float(np.abs(limited[offered]).max()) or 1.0
    dearest = float(np.abs(minimised[offered]).max()) or 1.0
    objective = np.where(offered, minimised, 0.0).ravel() * (_DEAREST / dearest)
    weights = np.where(offered, limited, 0.0).ravel() / scale
    rows = np.kron(np.eye(layers), np.ones(formats))
    constraints = [
        LinearConstraint(rows, 1, 1),
        LinearConstraint(weights.reshape(1, -1), -np.inf, limit / scale),
    ]
    while True:
        found = milp(
            objective,
            integrality=np.ones(layers * formats),
            bounds=Bounds(0, offered.ravel().astype(float)),
            constraints=constraints,
            options={"mip_rel_gap": 0.0, "presolve": False},
        )
        assert found.x is not None, found.message
        chosen = tuple(int(index) for index in found.x.reshape(layers, formats).argmax(axis=1))
        if total(limited, chosen) <= limit + _slack(limited, offered):
            return chosen
        cut = np.zeros((layers, formats))
        cut[range(layers), chosen] = 1
        constraints.append(LinearConstraint(cut.reshape(1, -1), -np.inf, layers - 1))
