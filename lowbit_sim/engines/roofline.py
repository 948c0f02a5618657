"""The bound that no schedule can beat: its busiest resource.

**Formula.** ``max(Σ compute, Σ load, Σ store)``, with loads and stores added up where they share
a port; the inner schedules bound the computation in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lowbit_sim.mapping.schedule import TileSchedule

Resource = Literal["compute", "load", "store", "port"]


@dataclass(frozen=True, slots=True)
class Roofline:
    """The least possible cycles, and the resource that sets them.

    Parameters
    ----------
    bound_cycles : int
        What no engine can beat [cycle].
    bound_by : {"compute", "load", "store", "port"}
        The array, or what one boundary loads, stores, or both through one port.
    depth : int
        The boundary, counted from the DRAM; for ``compute`` the number of boundaries.
    """

    bound_cycles: int
    bound_by: Resource
    depth: int = 0


def roofline(schedule: TileSchedule) -> Roofline:
    """Return the bound of `schedule`; at equal cycles, computation is named first."""
    compute = load = store = 0
    heaviest = Roofline(0, "compute", 0)
    most_cycles = 0
    for times, step in schedule.counted():
        inner = Roofline(step.compute_cycles, "compute") if step.inner is None else None
        inner = inner or roofline(step.inner)  # type: ignore[arg-type]
        compute += times * inner.bound_cycles
        load += times * step.load_cycles
        store += times * step.store_cycles
        if times * inner.bound_cycles > most_cycles:
            most_cycles, heaviest = times * inner.bound_cycles, inner
    bounds: dict[Resource, int] = {"compute": compute, "load": load, "store": store}
    if schedule.shared_port:
        bounds["port"] = load + store
    bound_by = max(bounds, key=lambda name: bounds[name])
    if bound_by == "compute":  # what bounds the heaviest of the inner schedules
        return Roofline(compute, heaviest.bound_by, heaviest.depth + 1)
    return Roofline(bounds[bound_by], bound_by)


def busy_cycles(schedule: TileSchedule, depth: int = 0) -> dict[str, int]:
    """Return the cycles that each resource is at work: ``array``, ``load 0``, ``store 0``, ….

    Parameters
    ----------
    schedule : TileSchedule
    depth : int
        The boundary that it is of, counted from the DRAM.
    """
    found = {"array": 0, f"load {depth}": 0, f"store {depth}": 0}
    for times, step in schedule.counted():
        inner = {"array": step.compute_cycles}
        if step.inner is not None:
            inner = busy_cycles(step.inner, depth + 1)
        own = {f"load {depth}": step.load_cycles, f"store {depth}": step.store_cycles}
        for name, cycles in (*inner.items(), *own.items()):
            found[name] = found.get(name, 0) + times * cycles
    return found
