"""Designs simulated one by one: the exact mapping, by the closed form, checked by events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.table import energy_table
from lowbit_sim.errors import SpecError
from lowbit_sim.explore.exploration import Exploration, Network, exploration_of
from lowbit_sim.study.experiment import FormatResult, confirm, simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import Shipped


@dataclass(frozen=True, slots=True)
class Row:
    """A design in one format of one network, by number and names."""

    design: int
    workload: str
    weight_format: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a design turned out to be.

    Parameters
    ----------
    row : Row
    refusal : str
        Why it cannot run the network; then all that follows is 0.
    cycles : int
        Of one inference.
    energy_pj, seconds, area_um2, dram_bits_per_s : float
    disagreement_cycles : int
        The largest difference between both engines over its operators.
    least_seconds, least_energy_pj : float
        The bounds that it was found by.
    """

    row: Row
    refusal: str = ""
    cycles: int = 0
    energy_pj: float = 0.0
    seconds: float = 0.0
    area_um2: float = 0.0
    dram_bits_per_s: float = 0.0
    disagreement_cycles: int = 0
    least_seconds: float = 0.0
    least_energy_pj: float = 0.0

    @property
    def power_nw(self) -> float:
        """Energy by time [nW]."""
        return self.energy_pj / self.seconds / 1000 if self.seconds else 0.0


def confirmed_by(asked: tuple[Path, str, Row]) -> Confirmed:
    """Return `confirmed` in a process that may not have read the space.

    Parameters
    ----------
    asked : tuple of (Path, str, Row)
        The space's file, the key of the exploration, and the row.
    """
    path, key, row = asked
    return confirmed(exploration_of(path, key), row)


def confirmed(exploration: Exploration, row: Row) -> Confirmed:
    """Return what a design turns out to be when it is simulated."""
    network = next(one for one in exploration.networks if one.name == row.workload)
    try:
        machine = exploration.space.accelerator(row.design)
    except SpecError as error:
        return Confirmed(row, str(error))
    technology = exploration.technologies[machine.technology_path]
    pricing = Pricing(machine, technology, energy_table(technology, machine))
    spec = exploration.space.spec
    shipped = _single(network, row.weight_format)
    steady = spec.regime == "steady"
    study = simulate(shipped, pricing, "closed_form", spec.objective, steady_too=steady)
    result = study.results[0]
    if result.refusal is not None:
        return Confirmed(row, result.refusal)
    found = _of_regime(result)
    return Confirmed(
        row,
        "",
        found.total_cycles,
        found.energy_pj,
        found.total_cycles / machine.clock_hz,
        sum(area_um2_by_component(technology, machine).values()),
        _dram_bits_per_s(machine),
        confirm(found),
    )


def _of_regime(result: FormatResult) -> FormatResult:
    """Return the better of a cold inference and, where weights can stay, the steady state."""
    stays = result.steady
    return result if stays is None else min((result, stays), key=_energy_delay)


def _energy_delay(result: FormatResult) -> float:
    return result.energy_delay_pj_cycles()


def _dram_bits_per_s(machine: Accelerator) -> float:
    """Return the bandwidth of the wider direction of the DRAM's port [bit/s]."""
    port = machine.dram
    return float(max(port.read_bits_per_cycle, port.write_bits_per_cycle) * machine.clock_hz)


@lru_cache(maxsize=64)
def _single(network: Network, weight_format: str) -> Shipped:
    """Return a network in one format alone."""
    workloads = tuple(one for one in network.workloads if one.weight_format == weight_format)
    return replace(network.shipped, workloads=workloads)
