"""The front of an exploration: rows bounded before are confirmed until all are settled.

Parts are read one after another, so that memory does not grow with the space: first the most
promising rows of each part are settled among themselves, then all rows that these leave unsettled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.explore.confirming import Confirmed, Row, confirmed_by
from lowbit_sim.explore.exploration import Exploration, Network
from lowbit_sim.explore.frames import read
from lowbit_sim.explore.limits import (
    COLUMNS,
    bounds_of,
    exact_of,
    keeps,
    tolerance,
    within_budgets,
)
from lowbit_sim.explore.nothing import nothing_left
from lowbit_sim.explore.records import Records
from lowbit_sim.explore.scheduling import Work
from lowbit_sim.explore.settling import picks, settle, settled
from lowbit_sim.judge.fronts import pareto

Floats = NDArray[np.float64]
Rows = Mapping[str, NDArray[Any]]
#: rows of each part that are settled before all others
_ANCHORS = 4
#: rows confirmed in a round, for each process
_ROUND = 4


@dataclass(frozen=True, slots=True)
class Means:
    """By what rows are confirmed.

    Parameters
    ----------
    exploration : Exploration
    records : Records
        What was confirmed before; grows.
    jobs : int
        How many rows are simulated side by side.
    work : callable
        Of `lowbit_sim.explore.scheduling.workers`.
    tell : callable
        Told the front so far after each round, how many rows are settled, and of how many.
    """

    exploration: Exploration
    records: Records
    jobs: int
    work: Work
    tell: Callable[[Front, int, int], None] = lambda _front, _settled, _of: None


@dataclass(frozen=True, slots=True)
class Front:
    """What an exploration found for one network.

    Parameters
    ----------
    network : Network
    rows : tuple of Confirmed
        Which no confirmed row dominates, from the smallest area up.
    confirmed : tuple of Confirmed
        All rows that were simulated.
    """

    network: Network
    rows: tuple[Confirmed, ...]
    confirmed: tuple[Confirmed, ...]

    @property
    def disagreement_cycles(self) -> int:
        """The largest difference between both engines over an operator."""
        return max((one.disagreement_cycles for one in self.confirmed), default=0)

    @property
    def above_bounds(self) -> tuple[float, float]:
        """The largest ratios of exact latency and energy to their bounds."""
        ran = [one for one in self.confirmed if not one.refusal and one.least_seconds]
        latencies = (one.seconds / one.least_seconds for one in ran)
        energies = (one.energy_pj / one.least_energy_pj for one in ran)
        return max(latencies, default=1.0), max(energies, default=1.0)


def front_of(means: Means, network: Network) -> Front:
    """Confirm rows of one network until all are settled, and return the front.

    Raises
    ------
    SpecError
        If no row keeps the budgets; says which, or what the nearest one takes.
    """
    spec = means.exploration.space.spec
    within = tolerance(spec)
    first = []
    for rows in _parts(means, network):
        chosen = picks(bounds_of(spec, rows), within, _ANCHORS)
        first.append({name: column[chosen] for name, column in rows.items()})
    if not first:
        raise nothing_left(means.exploration.space, means.records, network)
    _settle(means, network, _joined(first))
    left = []
    exact = _exact(means, network)[1]
    for rows in _parts(means, network):
        open_rows = ~settled(bounds_of(spec, rows), exact, within)
        left.append({name: column[open_rows] for name, column in rows.items()})
    _settle(means, network, _joined(left))
    return best_of(means, network)


def best_of(means: Means, network: Network) -> Front:
    """Return the front of the rows of one network that were simulated.

    Raises
    ------
    SpecError
        If none of them keeps the budgets.
    """
    found = so_far(means, network)
    if not found.rows:
        raise nothing_left(means.exploration.space, means.records, network)
    return found


def so_far(means: Means, network: Network) -> Front:
    """Return `best_of`, without rows where none of those that were simulated keeps the budgets."""
    ran, exact = _exact(means, network)
    best = [one for one, kept in zip(ran, pareto(exact), strict=True) if kept] if ran else []
    best.sort(key=lambda one: (one.area_um2, one.energy_pj, one.row.design))
    mine = [one for one in means.records.known.values() if one.row.workload == network.name]
    return Front(network, tuple(best), tuple(mine))


def _parts(means: Means, network: Network) -> Iterator[Rows]:
    """Yield the rows of each part that may keep every budget, where there are any."""
    limits = means.exploration.space.spec.constraints
    for path in means.records.store.paths().values():
        rows = read(path, COLUMNS)
        kept = within_budgets(limits, rows) & (rows["workload"] == network.name)
        if kept.any():
            yield {name: column[kept] for name, column in rows.items()}


def _joined(tables: Sequence[Rows]) -> Rows:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _exact(means: Means, network: Network) -> tuple[list[Confirmed], Floats]:
    """Return the confirmed rows that keep every budget, and their objectives."""
    spec = means.exploration.space.spec
    ran = [
        one
        for one in means.records.known.values()
        if one.row.workload == network.name and not one.refusal and keeps(spec.constraints, one)
    ]
    accuracies = network.accuracy_fractions
    exact = [exact_of(spec, one, accuracies.get(one.row.weight_format, np.nan)) for one in ran]
    return ran, np.array(exact).reshape(len(ran), len(spec.objectives))


def _settle(means: Means, network: Network, rows: Rows) -> None:
    """Confirm some of `rows` until all of them are settled."""
    spec = means.exploration.space.spec

    def confirm(chosen: NDArray[np.int64]) -> list[Floats | None]:
        _confirm(means, {name: column[chosen] for name, column in rows.items()})
        ran, exact = _exact(means, network)
        found = {one.row: values for one, values in zip(ran, exact, strict=True)}
        return [found.get(_row(rows, at)) for at in chosen]

    most, count = _ROUND * max(means.jobs, 1), len(rows["design"])
    for waiting in settle(bounds_of(spec, rows), tolerance(spec), most, confirm):
        means.tell(so_far(means, network), count - waiting, count)


def _row(rows: Rows, at: int) -> Row:
    return Row(int(rows["design"][at]), str(rows["workload"][at]), str(rows["weight_format"][at]))


def _confirm(means: Means, rows: Rows) -> None:
    """Simulate what was not simulated before, and keep it."""
    count = len(rows["design"])
    bounds = {
        _row(rows, at): (float(rows["least_seconds"][at]), float(rows["least_energy_pj"][at]))
        for at in range(count)
    }
    path, key = means.exploration.space.path.resolve(), means.exploration.key
    asked = [(path, key, row) for row in bounds if row not in means.records.known]
    found = [one for _, one in means.work(confirmed_by, asked)]
    if found:
        means.records.add(
            [
                replace(one, least_seconds=bounds[one.row][0], least_energy_pj=bounds[one.row][1])
                for one in found
            ]
        )
