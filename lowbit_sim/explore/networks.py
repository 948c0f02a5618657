"""What no mapping of a whole network beats, on all designs of one structure.

Operators run one after another: their least cycles and energies add up. A network can keep its
activations on the chip or not, its weights too in the steady state; of these ways each bound takes
the least, so that it holds whichever way a design goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.explore.hot_loop import Least, least
from lowbit_sim.explore.kept import table_kept, vector_kept
from lowbit_sim.explore.prices import Prices
from lowbit_sim.explore.variants import Variants
from lowbit_sim.judge.candidate import Regime
from lowbit_sim.mapping.bounds import Rates
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.placing import Values, compute_actions, places, reserved_bits_of
from lowbit_sim.mapping.refusal import UnmappableError, feeding
from lowbit_sim.mapping.vector_schedule import VectorPlace
from lowbit_sim.pe.base import Stationary
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.liveness import peak_live_bits
from lowbit_sim.workload.op import Op

Floats = NDArray[np.float64]
#: sums of floats in another order than that of an exact energy
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Designs:
    """Designs of one structure with their prices and rates."""

    variants: Variants
    prices: Prices
    rates: Rates
    rate_of: NDArray[np.int64]


def designs_of(variants: Variants, prices: Prices) -> Designs:
    """Return designs with their rates."""
    return Designs(variants, prices, *variants.rates())


def least_of_network(designs: Designs, workload: Workload, values: Values, regime: Regime) -> Least:
    """Return what no mapping of `workload` beats on each design, leakage and arrays included.

    Infinite where a network cannot be mapped; some of the other designs may still turn out to be
    too small for it.

    Parameters
    ----------
    designs : Designs
    workload : Workload
    values : mapping of str to ndarray
        The weights' levels by operator, for arrays whose beats depend on them.
    regime : {"cold", "steady"}
    """
    shape = designs.variants.designs
    cycles, energy_pj = np.full(shape, np.inf), np.full(shape, np.inf)
    evaluations = 0
    for stays in (False, True)[: 1 + (regime == "steady")]:
        for on_chip in (True, False):
            try:
                found = _one_way(designs, workload, values, on_chip, stays)
            except UnmappableError:
                continue
            cycles = np.minimum(cycles, found.cycles)
            energy_pj = np.minimum(energy_pj, found.energy_pj)
            evaluations += found.evaluations
    sound = designs.variants.sound()
    return Least(
        np.where(sound, cycles, np.inf),
        np.where(sound, energy_pj * (1 - _ROUNDING), np.inf),
        evaluations,
    )


def _one_way(
    designs: Designs, workload: Workload, values: Values, on_chip: bool, stays: bool
) -> Least:
    machine = designs.variants.machine
    if on_chip and machine.home is None:
        raise UnmappableError("activations have no memory to stay in")
    kept = reserved_bits_of(machine, workload, peak_live_bits(workload), on_chip, stays)
    room_bits = _room_bits(designs.variants, kept)
    fitting = (room_bits >= 0).all(axis=0)
    cycles, energy_pj = (np.where(fitting, 0.0, np.inf) for _ in range(2))
    evaluations = 0
    alike: dict[Place, list[Op]] = {}
    for op, place in places(machine, workload, values, {}, on_chip, stays):
        if isinstance(place, VectorPlace):
            took, actions = vector_kept(place, designs.rates)
            spent = took[designs.rate_of]
            cycles += spent
            energy_pj += _priced(designs, actions) + spent * designs.prices.leakage_pj_per_cycle
        else:
            alike.setdefault(place, []).append(op)
    for place, ops in alike.items():
        found = list(_by_stationary(designs, place, room_bits))
        cycles += len(ops) * np.min([one.cycles for _, one in found], axis=0)
        for op in ops:
            sums = [one.energy_pj + _computed_pj(designs, op, place, s) for s, one in found]
            energy_pj += np.min(sums, axis=0)
        evaluations += sum(one.evaluations for _, one in found)
    return Least(cycles, energy_pj, evaluations)


def _room_bits(variants: Variants, kept: dict[str, int]) -> NDArray[np.int64]:
    """Return what is free of each memory of each design, shape (memories, designs) [bit]."""
    return np.stack(
        [
            variants.of_memory(index, "capacity_bits")[picks] - kept.get(level.name, 0)
            for index, (level, picks) in enumerate(
                zip(variants.machine.memories, variants.picks, strict=True)
            )
        ]
    )


def _by_stationary(
    designs: Designs, place: Place, room_bits: NDArray[np.int64]
) -> Iterator[tuple[Stationary, Least]]:
    prices = designs.prices
    for stays in place.array.pe.stationary:
        fed = np.array(True)
        for (level, side), needed in feeding(place, stays).items():
            fed = fed & (designs.rates.width_bits[level.name, side][:, 0] >= needed)
        rate_of = np.where(fed[designs.rate_of], designs.rate_of, -1)
        table = table_kept(place, stays, designs.rates)
        leakage_pj = prices.leakage_pj_per_cycle
        yield stays, least(table, rate_of, room_bits, prices.side_pj_per_bit, leakage_pj)


def _computed_pj(designs: Designs, op: Op, place: Place, stationary: Stationary) -> float:
    """Return the energy of the array and of the output path, the same on every design [pJ]."""
    actions = compute_actions(op, place, stationary) + Nest(place).output_path()
    return sum(designs.prices.pj_per_action[name] * actions[name] for name in actions)


def _priced(designs: Designs, actions: ActionCounts) -> Floats:
    """Return the energy of `actions` on each design [pJ]."""
    sides = {
        f"{level.name}.{side}_bit": 2 * index + at
        for index, level in enumerate(designs.variants.machine.memories)
        for at, side in enumerate(("read", "write"))
    }
    total: Floats = np.zeros(designs.variants.designs)
    for name in actions:
        if name in sides:
            total = total + actions[name] * designs.prices.side_pj_per_bit[sides[name]]
        else:
            total = total + actions[name] * designs.prices.pj_per_action[name]
    return total
