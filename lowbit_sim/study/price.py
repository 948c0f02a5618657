"""Schedules become costs: an engine's cycles, the actions' energy, the leakage meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.cost import Cost, Timing
from lowbit_sim.energy.energy import energy_pj_by_component, leakage_pj
from lowbit_sim.energy.table import EnergyTable
from lowbit_sim.energy.technology import Technology
from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.mapping.schedule import TileSchedule

LEAKAGE = "leakage"


@dataclass(frozen=True, slots=True)
class Pricing:
    """A machine with its technology and energy table."""

    machine: Accelerator
    technology: Technology
    table: EnergyTable

    @property
    def pj_per_action(self) -> Mapping[str, float]:
        """Energy of every action [pJ]."""
        return MappingProxyType({name: row.energy_pj for name, row in self.table.rows.items()})

    @property
    def leakage_pj_per_cycle(self) -> float:
        """Energy that the whole chip leaks in a cycle [pJ]."""
        return leakage_pj(self.technology, self.machine, 1)


def cost_of(
    mapped: MappedOp, pricing: Pricing, timer: Callable[[TileSchedule], Timing], engine: str
) -> Cost:
    """Return the cost of one mapped operator.

    Parameters
    ----------
    mapped : MappedOp
    pricing : Pricing
    timer : callable
        Schedule to `Timing`.
    engine : str
        The name of the engine behind `timer`.
    """
    timing = timer(mapped.schedule)
    energy_pj = energy_pj_by_component(mapped.actions, pricing.table)
    energy_pj[LEAKAGE] = leakage_pj(pricing.technology, pricing.machine, timing.total_cycles)
    return Cost(timing, mapped.actions, energy_pj, mapped.op.macs, engine)
