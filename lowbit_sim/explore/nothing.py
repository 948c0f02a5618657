"""Why no design of a space is left: which budgets none keeps, or why none can run at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lowbit_sim.errors import SpecError, spec_error
from lowbit_sim.explore.chunks import REASONS
from lowbit_sim.explore.exploration import Network
from lowbit_sim.explore.frames import read, told_by
from lowbit_sim.explore.limits import COLUMNS, budgets, slowed, taken_of, within_budgets
from lowbit_sim.explore.records import Records
from lowbit_sim.explore.space import Space
from lowbit_sim.explore.space_spec import ConstraintsSpec
from lowbit_sim.units import UNITS, significant

#: dimensions of what `lowbit_sim.explore.limits.budgets` yields
_DIMENSIONS = {
    "area": "um2",
    "power": "nw",
    "dram_bandwidth": "bits_per_s",
    "latency": "ns",
    "energy": "pj",
}
_DIGITS = 4
#: a tenth of a unit is still told in it
_MOST_UNITS = 10


@dataclass(frozen=True, slots=True)
class _Near:
    """The nearest design among some, and the least that any of them takes of each budget."""

    design: int
    weight_format: str
    taken: dict[str, float]
    least: dict[str, float]
    limits: dict[str, float]

    @property
    def beyond(self) -> float:
        """Its largest overshoot, as a share of the budget."""
        return max(self.taken[key] / limit for key, limit in self.limits.items()) - 1


def nothing_left(space: Space, records: Records, network: Network) -> SpecError:
    """Return why no design is left, all that may keep the budgets being simulated."""
    spec = space.spec.constraints
    near = [*_bounded(spec, records, network), *_simulated(spec, records, network)]
    tried = " that was tried" if space.spec.search else ""
    reason = f"no design{tried} can run {network.name}"
    if not near:
        told = "; ".join([*_reasons(records, network)][:REASONS])
        return spec_error(f"{reason}: {told}" if told else reason, space.path)
    limits = near[0].limits
    least = {key: min(one.least[key] for one in near) for key in limits}
    lacking = [
        f"{key} is limited to {_words(key, limit)}, none takes less than {_words(key, least[key])}"
        for key, limit in limits.items()
        if least[key] > limit
    ]
    told = "; ".join(lacking) or _together(limits, min(near, key=lambda one: one.beyond))
    return spec_error(f"{reason} within the constraints: {told}", space.path, key="constraints")


def _reasons(records: Records, network: Network) -> dict[str, None]:
    """Return why designs cannot be built, or run a network."""
    found: dict[str, None] = {}
    for path in records.store.paths().values():
        lines = told_by(path)["refusal"].splitlines()
        own = ("cannot be built", f"cannot run {network.name} in ")
        found |= {one: None for one in lines if one.startswith(own)}
    for one in records.known.values():
        if one.row.workload == network.name and one.refusal:
            found[f"cannot run {network.name} in {one.row.weight_format}: {one.refusal}"] = None
    return found


def _together(limits: dict[str, float], nearest: _Near) -> str:
    limited = ", ".join(f"{key} {_words(key, limit)}" for key, limit in limits.items())
    taken = ", ".join(f"{key} {_words(key, nearest.taken[key])}" for key in limits)
    return (
        f"each may be kept alone, not all together ({limited}); the nearest design, "
        f"{nearest.design} with {nearest.weight_format}, would take at least: {taken}"
    )


def _words(key: str, amount: float) -> str:
    units = sorted(UNITS[_DIMENSIONS[key]].items(), key=lambda one: one[1])
    name, size = ([one for one in units if one[1] <= _MOST_UNITS * amount] or units[:1])[-1]
    return f"{significant(amount / float(size), _DIGITS)} {name}"


def _bounded(spec: ConstraintsSpec, records: Records, network: Network) -> Iterator[_Near]:
    """Yield the nearest design of each part among those that bounds alone leave out."""
    for path in records.store.paths().values():
        rows = read(path, COLUMNS)
        left_out = (rows["workload"] == network.name) & ~within_budgets(spec, rows)
        left_out &= np.isfinite(rows["least_seconds"])
        if not left_out.any():
            continue
        rows = {name: column[left_out] for name, column in rows.items()}
        least = {key: float(taken.min()) for key, _, taken in budgets(spec, rows)}
        asked = {key: (limit, taken) for key, limit, taken in budgets(spec, slowed(spec, rows))}
        shares = [taken / limit for limit, taken in asked.values()]
        at = int(np.max(shares, axis=0).argmin())
        yield _Near(
            int(rows["design"][at]),
            str(rows["weight_format"][at]),
            {key: float(taken[at]) for key, (_, taken) in asked.items()},
            least,
            {key: limit for key, (limit, _) in asked.items()},
        )


def _simulated(spec: ConstraintsSpec, records: Records, network: Network) -> Iterator[_Near]:
    for one in records.known.values():
        if one.row.workload == network.name and not one.refusal:
            asked = taken_of(spec, one)
            taken = {key: amount for key, (_, amount) in asked.items()}
            limits = {key: limit for key, (limit, _) in asked.items()}
            yield _Near(one.row.design, one.row.weight_format, taken, taken, limits)
