"""What running something costs: `Timing` in cycles, and `Cost` with actions and energy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lowbit_sim.actions import ActionCounts


@dataclass(frozen=True, slots=True)
class Timing:
    """Cycles of a run, split by what the array was doing.

    ``total = fill + compute + stall_load + stall_store + drain`` holds by construction: the
    total is never stored.

    Parameters
    ----------
    fill_cycles : int
        Before the array may start: the first loads.
    compute_cycles : int
        The array at work.
    stall_load_cycles : int
        The array idle between steps because the next operands have not arrived.
    stall_store_cycles : int
        The array idle between steps because no output buffer is free.
    drain_cycles : int
        After the array's last cycle, until the last result is stored.

    Raises
    ------
    ValueError
        If one of them is no whole number of at least 0.
    """

    fill_cycles: int = 0
    compute_cycles: int = 0
    stall_load_cycles: int = 0
    stall_store_cycles: int = 0
    drain_cycles: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"{name} must be a whole number of at least 0, got {value!r}")

    @property
    def total_cycles(self) -> int:
        """All cycles, from the first load to the last store."""
        return sum(getattr(self, name) for name in self.__slots__)

    def __add__(self, other: Timing) -> Timing:
        return Timing(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))

    def __mul__(self, times: int) -> Timing:
        return Timing(*(getattr(self, n) * times for n in self.__slots__))


@dataclass(frozen=True, slots=True)
class Cost:
    """Timing, actions and energy of one operator or of a whole workload.

    Parameters
    ----------
    timing : Timing
        Cycles by cause.
    actions : ActionCounts
        What was counted.
    energy_pj_by_component : Mapping[str, float]
        Energy in pJ of each component, leakage included under ``leakage``.
    macs : int
        Multiply-accumulates done.
    engine : str
        The engine that made the timing; ``mixed`` once costs of several are added.

    Raises
    ------
    ValueError
        If `macs` is no whole number, or an energy not finite, or either below 0.
    """

    timing: Timing
    actions: ActionCounts
    energy_pj_by_component: Mapping[str, float]
    macs: int
    engine: str

    def __post_init__(self) -> None:
        if not isinstance(self.macs, int) or isinstance(self.macs, bool) or self.macs < 0:
            raise ValueError(f"macs must be a whole number of at least 0, got {self.macs!r}")
        for name, energy_pj in self.energy_pj_by_component.items():
            if not math.isfinite(energy_pj) or energy_pj < 0:
                raise ValueError(f"{name} needs a finite energy of at least 0, got {energy_pj!r}")

    @property
    def energy_pj(self) -> float:
        """Energy in pJ, all components together."""
        return sum(self.energy_pj_by_component.values(), 0.0)

    def __add__(self, other: Cost) -> Cost:
        mine, theirs = self.energy_pj_by_component, other.energy_pj_by_component
        return Cost(
            self.timing + other.timing,
            self.actions + other.actions,
            {n: mine.get(n, 0.0) + theirs.get(n, 0.0) for n in sorted({*mine, *theirs})},
            self.macs + other.macs,
            self.engine if self.engine == other.engine else "mixed",
        )
