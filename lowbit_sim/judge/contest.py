"""A contest: all candidates of one network under one regime, as arrays.

**Standing.** A candidate is *eligible* if its machine runs it and the accuracy that its format
loses against fp32, averaged over the seeds that both have, is at most the margin. It is *eligible
with confidence* if the one-sided upper confidence limit of that mean is, by Student's t::

    mean loss + t(confidence, n - 1) · s / √n  <=  margin

so one seed, or a published accuracy, is never enough. The baseline loses nothing and is always
eligible. A network without accuracies has no losses, and every candidate that runs is eligible;
where only some formats have an accuracy, the others take no part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.energy.technology import Confidence, weakest
from lowbit_sim.errors import LowbitSimError
from lowbit_sim.judge.candidate import Candidate, Machine, Regime
from lowbit_sim.study.shipped import BASELINE

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contest:
    """All candidates of a network under one regime.

    Parameters
    ----------
    workload : str
    regime : {"cold", "steady"}
    candidates : tuple of Candidate
        Those that their machines run, at least one.
    refused : tuple of Candidate
        Those that their machines do not run, or of which alone no accuracy is known.
    losses : dict of str to ndarray
        Accuracy lost against fp32 by weight format, a value for each shared seed; empty without
        accuracies.
    """

    workload: str
    regime: Regime
    candidates: tuple[Candidate, ...]
    refused: tuple[Candidate, ...]
    losses: dict[str, Floats]

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """Weight formats that some machine runs, in the order of the candidates."""
        return tuple(dict.fromkeys(one.weight_format for one in self.candidates))

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """The machines that run some format."""
        return tuple({one.machine.key: one.machine for one in self.candidates}.values())

    def of_machine(self, machine: Machine) -> list[int]:
        """Return the places of the candidates on `machine`."""
        places = enumerate(self.candidates)
        return [place for place, one in places if one.machine.key == machine.key]

    def mean_loss_fraction(self, weight_format: str) -> float:
        """Return the mean accuracy that a format loses against fp32; 0 without accuracies."""
        return float(self.losses[weight_format].mean()) if self.losses else 0.0

    def upper_loss_fraction(self, weight_format: str, confidence_fraction: float) -> float:
        """Return the one-sided upper confidence limit of the mean loss; infinite for one seed."""
        if not self.losses or weight_format == BASELINE:
            return 0.0
        from scipy.special import stdtrit  # noqa: PLC0415 (scipy is slow to import)

        sample = self.losses[weight_format]
        if len(sample) == 1:
            return math.inf
        error = float(sample.std(ddof=1)) / math.sqrt(len(sample))
        return float(sample.mean() + stdtrit(len(sample) - 1, confidence_fraction) * error)

    @cached_property
    def mean_losses(self) -> Floats:
        """The mean loss of every candidate."""
        return np.array([self.mean_loss_fraction(one.weight_format) for one in self.candidates])

    def eligible(self, margin_fraction: float) -> NDArray[np.bool_]:
        """Return which candidates lose no more than the margin, by their means."""
        return np.asarray(self.mean_losses <= margin_fraction + 1e-12)

    @cached_property
    def seconds(self) -> Floats:
        """Latency of every candidate [s]."""
        return np.array([one.seconds for one in self.candidates])

    @cached_property
    def energies_pj(self) -> Floats:
        """Energy of every candidate [pJ]."""
        return np.array([one.energy_pj for one in self.candidates])

    @cached_property
    def energy_delays_pj_s(self) -> Floats:
        """Energy times delay of every candidate [pJ · s]."""
        return self.energies_pj * self.seconds

    @cached_property
    def objectives(self) -> Floats:
        """Loss, energy [pJ], latency [s], memory [bit], area [um2]: a row for each candidate."""
        memory = [float(one.model_bits) for one in self.candidates]
        area = [one.machine.area_um2 for one in self.candidates]
        return np.column_stack([self.mean_losses, self.energies_pj, self.seconds, memory, area])

    @cached_property
    def row_confidences(self) -> dict[str, Confidence]:
        """The rows that energies rest on (``cmos_45nm dram.read``), with the weakest confidence."""
        found: dict[str, Confidence] = {}
        for machine in self.machines:
            mine = [self.candidates[place].energy_pj_by_row for place in self.of_machine(machine)]
            for row in dict.fromkeys(row for one in mine for row in one):
                name, own = f"{machine.technology} {row}", machine.confidences[row]
                found[name] = weakest(found.get(name, own), own)
        return found

    @cached_property
    def energies_pj_by_row(self) -> Floats:
        """The energy of every candidate by `row_confidences` [pJ], shape (candidates, rows)."""
        columns = {name: column for column, name in enumerate(self.row_confidences)}
        matrix = np.zeros((len(self.candidates), len(columns)))
        for place, one in enumerate(self.candidates):
            for row, energy_pj in one.energy_pj_by_row.items():
                matrix[place, columns[f"{one.machine.technology} {row}"]] = energy_pj
        return matrix


#: what the columns of `Contest.objectives` are called
OBJECTIVES = ("accuracy", "energy", "latency", "memory", "area")


def contests(candidates: Sequence[Candidate]) -> tuple[Contest, ...]:
    """Return the contests of some candidates, in their order; empty ones are left out.

    Raises
    ------
    LowbitSimError
        If a network has accuracies but none for fp32, or a format shares no seed with it.
    """
    found = []
    for workload, regime in dict.fromkeys((one.workload, one.regime) for one in candidates):
        mine = [_told(one, candidates) for one in candidates if one.workload == workload]
        here = [one for one in mine if one.regime == regime]
        runs = tuple(one for one in here if one.refusal is None)
        refused = tuple(one for one in here if one.refusal is not None)
        if runs:
            found.append(Contest(workload, regime, runs, refused, _losses(workload, mine)))
    return tuple(found)


def _told(one: Candidate, candidates: Sequence[Candidate]) -> Candidate:
    """Refuse a candidate without an accuracy where other formats of its network have one."""
    if one.accuracy is not None or one.refusal is not None:
        return one
    others = (other.accuracy for other in candidates if other.workload == one.workload)
    if all(accuracy is None for accuracy in others):
        return one
    return replace(one, refusal=f"no accuracy of {one.weight_format} is known")


def _losses(workload: str, candidates: Sequence[Candidate]) -> dict[str, Floats]:
    """Return the losses of every format of a network, seed by seed."""
    accuracies = {one.weight_format: one.accuracy for one in candidates}
    if all(accuracy is None for accuracy in accuracies.values()):
        return {}
    baseline = accuracies.get(BASELINE)
    if baseline is None:
        raise LowbitSimError(f"{workload}: a comparison needs accuracies of {BASELINE}")
    found = {}
    for name, accuracy in accuracies.items():
        if accuracy is None:
            continue
        shared = sorted(accuracy.fractions.keys() & baseline.fractions.keys())
        if not shared:
            raise LowbitSimError(f"{workload}: {name} and {BASELINE} share no seed")
        pairs = [baseline.fractions[seed] - accuracy.fractions[seed] for seed in shared]
        found[name] = np.array(pairs)
    return found
