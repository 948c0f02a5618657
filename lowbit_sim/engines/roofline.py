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
    """The least possible cycles, and the resource that sets them."""

    bound_cycles: int
    bound_by: Resource


def roofline(schedule: TileSchedule) -> Roofline:
    """Return the bound of `schedule`; at equal cycles, computation is named first."""
    inner = [0 if part is None else roofline(part).bound_cycles for part in schedule.inner]
    columns = zip(
        schedule.repeat,
        map(max, schedule.compute_cycles, inner),
        schedule.load_cycles,
        schedule.store_cycles,
        strict=True,
    )
    sums = [0, 0, 0]
    for times, *cycles in columns:
        sums = [total + times * one for total, one in zip(sums, cycles, strict=True)]
    compute, load, store = sums
    bounds: dict[Resource, int] = {"compute": compute, "load": load, "store": store}
    if schedule.shared_port:
        bounds["port"] = load + store
    bound_by = max(bounds, key=lambda name: bounds[name])
    return Roofline(bounds[bound_by], bound_by)
