"""A candidate: one network in one weight format on one machine, as counts with their prices.

Everything that a judgement needs and nothing that has to be simulated again: energies and areas
stand by the technology's rows, so that another price of a row is one multiplication.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from lowbit_sim.energy.technology import Confidence
from lowbit_sim.study.accuracy import Accuracy

#: whether weights come from the DRAM in every inference, or stayed on the chip
Regime = Literal["cold", "steady"]


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One operator of a candidate.

    Parameters
    ----------
    name, kind, unit : str
        The operator, and the array or vector unit that ran it.
    weight_format : str
        Empty where there are no weights.
    macs : int
    cycles : int
        It alone [cycle].
    energy_pj : float
    bound_by : str
        The resource that bounds it: ``compute``, or ``load``, ``store`` or ``port`` of a boundary.
    """

    name: str
    kind: str
    unit: str
    weight_format: str
    macs: int
    cycles: int
    energy_pj: float
    bound_by: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What a judgement says of a machine.

    Parameters
    ----------
    name, technology : str
    scale : str
        By what its sides were scaled, as ``5/4``.
    arrays : str
        Its arrays, as ``adders 20 × 20``.
    clock_hz : int
    dram_bits_per_cycle : int
    area_um2_by_row : Mapping[str, float]
        Area by the technology's rows [um2].
    confidences : Mapping[str, str]
        How far each row of the technology can be trusted.
    prices : Mapping[str, float]
        What a unit costs in the rows of the DRAM [pJ/bit].
    """

    name: str
    technology: str
    scale: str
    arrays: str
    clock_hz: int
    dram_bits_per_cycle: int
    area_um2_by_row: Mapping[str, float]
    confidences: Mapping[str, Confidence]
    prices: Mapping[str, float]

    @property
    def area_um2(self) -> float:
        """All of it on the chip [um2]."""
        return sum(self.area_um2_by_row.values())

    @property
    def key(self) -> tuple[str, str]:
        """What tells machines of one comparison apart."""
        return self.name, self.technology


@dataclass(frozen=True, slots=True)
class Candidate:
    """One weight format of a network on a machine.

    Parameters
    ----------
    workload : str
    machine : Machine
    regime : {"cold", "steady"}
    weight_format : str
    accuracy : Accuracy or None
    model_bits : int
        Weights as packed, and every other parameter in fp32 [bit].
    refusal : str or None
        Why the machine cannot run it; then all that follows is 0 or empty.
    cycles, macs, dram_bits : int
        Of one inference; bits that pass the DRAM's port.
    peak_macs_per_cycle : float
        Of the first array that takes the format.
    energy_pj_by_row, energy_pj_by_component : Mapping[str, float]
        By the technology's rows, and by the machine's parts [pJ].
    layers : tuple of LayerCost
    """

    workload: str
    machine: Machine
    regime: Regime
    weight_format: str
    accuracy: Accuracy | None
    model_bits: int
    refusal: str | None = None
    cycles: int = 0
    macs: int = 0
    dram_bits: int = 0
    peak_macs_per_cycle: float = 0.0
    energy_pj_by_row: Mapping[str, float] = field(default_factory=dict)
    energy_pj_by_component: Mapping[str, float] = field(default_factory=dict)
    layers: tuple[LayerCost, ...] = ()

    @property
    def energy_pj(self) -> float:
        """Energy of one inference [pJ]."""
        return sum(self.energy_pj_by_row.values())

    @property
    def seconds(self) -> float:
        """Latency of one inference [s]."""
        return self.cycles / self.machine.clock_hz

    @property
    def energy_delay_pj_s(self) -> float:
        """Energy times delay of one inference [pJ · s]."""
        return self.energy_pj * self.seconds


def to_plain(candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return the candidates of one machine as JSON data, the machine once.

    Parameters
    ----------
    candidates : sequence of Candidate
        At least one.
    """
    plain = [asdict(candidate) for candidate in candidates]
    machines = [one.pop("machine") for one in plain]
    return {"machine": machines[0], "candidates": plain}


def from_plain(plain: Mapping[str, Any]) -> tuple[Candidate, ...]:
    """Return the candidates that `to_plain` wrote.

    Raises
    ------
    TypeError, KeyError
        If the data are no candidates.
    """
    machine = Machine(**plain["machine"])
    return tuple(_candidate(machine, one) for one in plain["candidates"])


def _candidate(machine: Machine, plain: Mapping[str, Any]) -> Candidate:
    accuracy = plain["accuracy"]
    if accuracy is not None:
        fractions = {int(seed): value for seed, value in accuracy["fractions"].items()}
        accuracy = Accuracy(**{**accuracy, "fractions": fractions})
    layers = tuple(LayerCost(**layer) for layer in plain["layers"])
    return Candidate(**{**plain, "machine": machine, "accuracy": accuracy, "layers": layers})
