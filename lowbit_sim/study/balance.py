"""The balance of accuracy and memory: which formats no other beats, and the smallest one to take.

**Rule.** A format is beaten if another needs no more memory and is no less accurate, and is better
in one of them; accuracies are compared by their means. The smallest comparable format is chosen by
tests instead (`lowbit_sim.study.comparison`), as means alone would reward luck with the seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lowbit_sim.study.comparison import Verdict
from lowbit_sim.study.ranking import dominates


@dataclass(frozen=True, slots=True)
class BalancePoint:
    """One format's accuracy and memory.

    Parameters
    ----------
    name : str
    mean_fraction, half_width_fraction : float
        Mean accuracy over the seeds, and half its 95 % interval.
    memory_bits : int
    """

    name: str
    mean_fraction: float
    half_width_fraction: float
    memory_bits: int


def pareto(points: Iterable[BalancePoint]) -> tuple[str, ...]:
    """Return the names of the formats that no other beats, the smallest first.

    Examples
    --------
    >>> made = [("a", 0.9, 8), ("b", 0.8, 2), ("c", 0.7, 4)]
    >>> pareto(BalancePoint(name, mean, 0.01, memory) for name, mean, memory in made)
    ('b', 'a')
    """
    ordered = sorted(points, key=lambda point: (point.memory_bits, point.name))
    costs = [(float(point.memory_bits), -point.mean_fraction) for point in ordered]
    return tuple(
        point.name
        for point, cost in zip(ordered, costs, strict=True)
        if not any(dominates(other, cost) for other in costs)
    )


def smallest_comparable(
    verdicts: Mapping[str, Verdict], memory_bits: Mapping[str, int]
) -> str | None:
    """Return the comparable or better format with the least memory, or None if there is none.

    At equal memory the first name in the alphabet is returned.

    Raises
    ------
    ValueError
        If the memory of a comparable or better format is missing.
    """
    good = {name for name, verdict in verdicts.items() if verdict in {"comparable", "better"}}
    missing = sorted(good - memory_bits.keys())
    if missing:
        raise ValueError(f"no memory is given for {', '.join(missing)}")
    return min(good, key=lambda name: (memory_bits[name], name), default=None)
