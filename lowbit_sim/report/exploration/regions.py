"""Which precision wins within which budgets: the map of an exploration.

For an area and an energy budget, of all members of the front that keep both:

- *most accurate*: the highest accuracy, of equal ones the least latency;
- *quickest*: the least latency of the formats that lose at most `MARGIN_FRACTION`, or the space's
  own margin if that is narrower, against the best accuracy of the network on this front.

Every design of the space is nearly matched by a member of the front (by the tolerance of the
exploration), so that a border between two regions may lie that much aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Rule = Literal["most_accurate", "quickest"]
RULES: tuple[Rule, ...] = ("most_accurate", "quickest")
#: what a format may lose where the quickest is asked for: half a point, as everywhere
MARGIN_FRACTION = 0.005
#: budgets along each side of the map
STEPS = 48

Member = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Map:
    """Who wins within which budgets.

    Parameters
    ----------
    workload : str
    rule : str
    area_um2, energy_pj : ndarray, shape (STEPS,)
        The budgets, ascending.
    winners : ndarray of int64, shape (STEPS, STEPS)
        By energy and area: the place of the winner among `members`; -1 where no design keeps
        both budgets.
    members : tuple of mapping
        The front of the network.
    margin_fraction : float
        What a format may lose where the quickest is asked for.
    """

    workload: str
    rule: Rule
    area_um2: NDArray[np.float64]
    energy_pj: NDArray[np.float64]
    winners: NDArray[np.int64]
    members: tuple[Member, ...]
    margin_fraction: float

    @property
    def rule_words(self) -> str:
        """What is asked for, as ``quickest within half a point``."""
        if self.rule == "most_accurate":
            return "most accurate"
        half = self.margin_fraction == MARGIN_FRACTION
        return f"quickest within {'half a' if half else f'{100 * self.margin_fraction:g}'} point"

    def shares(self) -> dict[str, float]:
        """Return which share of the map each format wins, of the part where any design is."""
        names = [str(one["weight_format"]) for one in self.members]
        won = [names[at] for at in self.winners.ravel() if at >= 0]
        return {name: won.count(name) / len(won) for name in dict.fromkeys(names) if name in won}


def maps(members: Sequence[Member], margin_fraction: float | None = None) -> Iterator[Map]:
    """Yield the map of each network by each rule, of those with an accuracy in every format.

    Parameters
    ----------
    members : sequence of mapping
        Rows of ``front.csv``, numbers as numbers.
    margin_fraction : float or None
        Of the space.
    """
    margin = min(MARGIN_FRACTION, MARGIN_FRACTION if margin_fraction is None else margin_fraction)
    for workload in dict.fromkeys(str(one["workload"]) for one in members):
        own = tuple(one for one in members if one["workload"] == workload)
        if any(one["accuracy_fraction"] == "" for one in own):
            continue
        areas, energies = (_budgets([one[key] for one in own]) for key in ("area_um2", "energy_pj"))
        for rule in RULES:
            order = _best_first(own, rule, margin)
            winners = np.array([[_winner(own, order, a, e) for a in areas] for e in energies])
            yield Map(workload, rule, areas, energies, winners, own, margin)


def _budgets(values: Sequence[float]) -> NDArray[np.float64]:
    """Return budgets from the least value to a little beyond the largest, by equal factors."""
    return np.geomspace(min(values) * 1.0001, max(values) * 1.05, STEPS)


def _best_first(members: Sequence[Member], rule: Rule, margin_fraction: float) -> list[int]:
    if rule == "most_accurate":
        keys = [(-one["accuracy_fraction"], one["seconds"]) for one in members]
        return sorted(range(len(members)), key=keys.__getitem__)
    needed = max(one["accuracy_fraction"] for one in members) - margin_fraction
    kept = [at for at, one in enumerate(members) if one["accuracy_fraction"] >= needed]
    return sorted(kept, key=lambda at: members[at]["seconds"])


def _winner(
    members: Sequence[Member], order: Sequence[int], area_um2: float, energy_pj: float
) -> int:
    for at in order:
        one = members[at]
        if one["area_um2"] <= area_um2 and one["energy_pj"] <= energy_pj:
            return at
    return -1
