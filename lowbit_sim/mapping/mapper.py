"""The mapper: the best of the stated space of `space`, by cycles, by energy or by their product.

Every candidate has a lower bound (`bounds`), computed for many at once: first for tilings, as if
each took the loop orders that move least, then, the most promising first, for tilings with loop
orders. They are unrolled and timed in the order of their bounds, until no bound is below the best
that was found: the result is the best of the space, not of a sample.

The clock (`Timer`) and the price of an action are handed in: the mapper knows neither engines
nor energies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.cost import Timing
from lowbit_sim.mapping.bounds import lower_bounds
from lowbit_sim.mapping.mapping import Mapping
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.refusal import UnmappableError, fed, too_large
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.mapping.space import Candidates, ordered, tilings
from lowbit_sim.pe.base import Product, Stationary

__all__ = ["Mapped", "Mapper", "Objective", "Timer", "UnmappableError"]

Timer = Callable[[TileSchedule], Timing]
Objective = Literal["cycles", "energy", "edp"]
Score = tuple[float, float]
#: what is looked at first, before anything is known
_FIRST_CHUNK = 64
#: prices are added up in another order than the bound adds them
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Mapped:
    """A matrix product with its mapping, schedule and memory actions."""

    mapping: Mapping
    schedule: TileSchedule
    actions: ActionCounts


@dataclass(frozen=True, slots=True)
class Best:
    """The best mapping so far."""

    score: Score
    mapped: Mapped


@dataclass(frozen=True)
class Mapper:
    """Searches mappings on one machine.

    Parameters
    ----------
    timer : callable
        Schedule to `Timing`, an engine's function.
    pj_per_action : mapping of str to float
        Energy of every action [pJ].
    leakage_pj_per_cycle : float
        Energy that the machine leaks in a cycle [pJ].
    objective : {"cycles", "energy", "edp"}
        Fewest cycles, then least energy; least energy, then fewest cycles; or least product.
    """

    timer: Timer
    pj_per_action: Table[str, float]
    leakage_pj_per_cycle: float
    objective: Objective = "edp"

    def map(self, place: Place, reserved_bits: dict[str, int]) -> Mapped:
        """Return the best mapping of `place`.

        Parameters
        ----------
        place : Place
        reserved_bits : dict of str to int
            What stays in a memory between operators, by its name [bit].

        Raises
        ------
        UnmappableError
            If no tile fits the memories, or the innermost ones cannot feed the array.
        """
        tiled = [tilings(place, reserved_bits, stays) for stays in fed(place)]
        best = self._best(
            Nest(place), [found for found in tiled if found.m.shape[1]], reserved_bits
        )
        if best is None:
            raise UnmappableError(too_large(place, reserved_bits))
        return best.mapped

    def _bounds(self, place: Place, found: Candidates) -> tuple[Any, Any]:
        cycles, energy_pj = lower_bounds(place, found, self.pj_per_action)
        energy_pj = energy_pj + self._fixed_pj(place, found.stationary)
        return self.score(cycles, energy_pj * (1 - _ROUNDING))

    def score(self, cycles: Any, dynamic_pj: Any) -> tuple[Any, Any]:
        """Return what is minimised, ties told apart, of cycles and energy without leakage."""
        total_pj = dynamic_pj + self.leakage_pj_per_cycle * cycles
        if self.objective == "cycles":
            return cycles, total_pj
        if self.objective == "energy":
            return total_pj, cycles
        return total_pj * cycles, cycles

    def _fixed_pj(self, place: Place, stationary: Stationary) -> float:
        """Return the energy that every mapping with this stationary operand takes [pJ]."""
        gemm = place.gemm
        product = Product(gemm.batch, gemm.whole, gemm.weight, gemm.activation, stationary)
        actions = place.array.pe.actions(product) + Nest(place).output_path()
        return sum(self.pj_per_action[name] * actions[name] for name in actions)

    def _best(
        self, nest: Nest, tiled: list[Candidates], reserved_bits: dict[str, int]
    ) -> Best | None:
        """Return the best of all tilings in all loop orders, the most promising tilings first."""
        if not tiled:
            return None
        place = nest.place
        bounds = [self._bounds(place, found)[0] for found in tiled]
        keys = np.concatenate(bounds).astype(np.float64)
        owner = np.repeat(np.arange(len(tiled)), [len(b) for b in bounds])
        index = np.concatenate([np.arange(len(b)) for b in bounds])
        best: Best | None = None
        for chunk in ascending(keys):
            promising = chunk if best is None else chunk[keys[chunk] <= best.score[0]]
            if not len(promising):
                break
            for which, found in enumerate(tiled):
                picked = found.take(index[promising[owner[promising] == which]])
                if picked.m.shape[1]:
                    best = self._search(nest, ordered(place, reserved_bits, picked), best)
        return best

    def _search(self, nest: Nest, found: Candidates, best: Best | None) -> Best | None:
        """Return the best of `found`, or `best` if none is better."""
        if not found.m.shape[1]:
            return best
        bounds = self._bounds(nest.place, found)
        fixed_pj = self._fixed_pj(nest.place, found.stationary)
        prices = [self.pj_per_action.get(name, 0.0) for name in nest.names()]
        for chunk in ascending(bounds[0].astype(np.float64)):
            for at in chunk:
                bound = (float(bounds[0][at]), float(bounds[1][at]))
                if best is not None and bound[0] > best.score[0]:
                    return best
                if best is not None and bound >= best.score:
                    continue
                mapping = found.mapping(int(at), nest.place.array.name)
                schedule, counts = nest.unroll(mapping)
                energy_pj = fixed_pj + sum(p * c for p, c in zip(prices, counts, strict=True))
                score = self.score(self.timer(schedule).total_cycles, energy_pj)
                if best is None or score < best.score:
                    best = Best(score, Mapped(mapping, schedule, nest.actions(counts)))
        return best


def ascending(keys: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Yield the indices of `keys` from the least upwards, chunk by chunk, larger and larger.

    Examples
    --------
    >>> [chunk.tolist() for chunk in ascending(np.array([3.0, 1.0, 2.0]))]
    [[1, 2, 0]]
    """
    above, upto = -np.inf, _FIRST_CHUNK
    while True:
        limit = np.partition(keys, upto - 1)[upto - 1] if upto < len(keys) else np.inf
        chunk = np.flatnonzero((above < keys) & (keys <= limit))  # equal keys all at once
        if len(chunk):
            yield chunk[np.argsort(keys[chunk], kind="stable")]
        if upto >= len(keys):
            return
        above, upto = limit, 8 * upto
