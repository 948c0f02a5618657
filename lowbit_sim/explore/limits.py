"""Budgets and objectives of a space, as they meet bounds and exact results.

Area, bandwidth and leakage are exact from the beginning; a design whose least energy, least
latency or leakage is beyond its budget is out. Power is energy by time, and a bound of neither
bounds their ratio: of what a design takes beside leakage, only its simulation tells. Yet within a
budget of power an inference takes at least as long as its least energy does at that power; with
this latency a design is compared, and all that takes more than the budget of power is out once it
is simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.explore.confirming import Confirmed
from lowbit_sim.explore.space_spec import ConstraintsSpec, SpaceSpec

Floats = NDArray[np.float64]
_S_PER_NS = 1e-9
_NW_PER_PJ_PER_S = 1e-3
#: a quotient of floats may lie above another that it should equal
_ROUNDING = 1e-12
#: what `budgets`, `bounds_of` and the like read of every row
COLUMNS = (
    "design",
    "weight_format",
    "workload",
    "accuracy_fraction",
    "area_um2",
    "leakage_nw",
    "dram_bits_per_s",
    "least_seconds",
    "least_energy_pj",
)


def budgets(spec: ConstraintsSpec, rows: Mapping[str, Any]) -> Iterator[tuple[str, float, Floats]]:
    """Yield each budget's key, its limit, and what every row takes of it at least."""
    for key, limit, taken in (
        ("area", spec.area_um2, rows["area_um2"]),
        ("power", spec.power_nw, rows["leakage_nw"]),
        ("dram_bandwidth", spec.dram_bits_per_s, rows["dram_bits_per_s"]),
        ("latency", spec.latency_ns, rows["least_seconds"] / _S_PER_NS),
        ("energy", spec.energy_pj, rows["least_energy_pj"]),
    ):
        if limit is not None:
            yield key, limit, taken


def slowed(spec: ConstraintsSpec, rows: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return rows with the least latency that they have within the budget of power."""
    if spec.power_nw is None:
        return rows
    within_power = rows["least_energy_pj"] * _NW_PER_PJ_PER_S / spec.power_nw * (1 - _ROUNDING)
    return {**rows, "least_seconds": np.maximum(rows["least_seconds"], within_power)}


def within_budgets(spec: ConstraintsSpec, rows: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return which rows can be mapped and may keep every budget."""
    found = np.isfinite(rows["least_seconds"])
    for _, limit, taken in budgets(spec, slowed(spec, rows)):
        found = found & (taken <= limit)
    return np.asarray(found)


def keeps(spec: ConstraintsSpec, one: Confirmed) -> bool:
    """Return whether a confirmed row keeps every budget."""
    return all(share <= 0 for share in overshoots(spec, one).values())


def overshoots(spec: ConstraintsSpec, one: Confirmed) -> dict[str, float]:
    """Return by how much a confirmed row is beyond each budget, as a share of it."""
    return {key: value / limit - 1 for key, (limit, value) in taken_of(spec, one).items()}


def taken_of(spec: ConstraintsSpec, one: Confirmed) -> dict[str, tuple[float, float]]:
    """Return each budget's limit, and what a confirmed row takes of it."""
    taken = {
        "area": (spec.area_um2, one.area_um2),
        "power": (spec.power_nw, one.power_nw),
        "dram_bandwidth": (spec.dram_bits_per_s, one.dram_bits_per_s),
        "latency": (spec.latency_ns, one.seconds / _S_PER_NS),
        "energy": (spec.energy_pj, one.energy_pj),
    }
    return {key: (limit, value) for key, (limit, value) in taken.items() if limit is not None}


def bounds_of(spec: SpaceSpec, rows: Mapping[str, Any]) -> Floats:
    """Return what no row that keeps the budgets beats, shape (rows, objectives)."""
    rows = slowed(spec.constraints, rows)
    by = {
        "area": rows["area_um2"],
        "energy": rows["least_energy_pj"],
        "latency": rows["least_seconds"],
        "accuracy": 1 - rows["accuracy_fraction"],
    }
    return np.column_stack([by[name] for name in spec.objectives])


def exact_of(spec: SpaceSpec, one: Confirmed, accuracy_fraction: float) -> Floats:
    """Return the objectives of a confirmed row, shape (objectives,)."""
    by = {
        "area": one.area_um2,
        "energy": one.energy_pj,
        "latency": one.seconds,
        "accuracy": 1 - accuracy_fraction,
    }
    return np.array([by[name] for name in spec.objectives])


def tolerance(spec: SpaceSpec) -> Floats:
    """Return by which factor, less 1, each objective may be missed; accuracy is never."""
    return np.array(
        [0.0 if name == "accuracy" else spec.within_fraction for name in spec.objectives]
    )
