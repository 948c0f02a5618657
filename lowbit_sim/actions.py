"""Action counts: how often something that costs energy happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ActionCounts:
    """Whole numbers of actions, by name.

    An action's name is ``component.action``: ``adder.add``, ``dram.read_bit``.
    Counts add and scale; zero counts are dropped, so equal counts compare equal.

    Examples
    --------
    >>> one = ActionCounts({"adder.add": 3, "adder.skip": 0})
    >>> dict(one + one * 2)
    {'adder.add': 9}
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, count in self.counts.items():
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise ValueError(f"action {name} needs a whole count of at least 0, got {count!r}")
        kept = {name: self.counts[name] for name in sorted(self.counts) if self.counts[name]}
        object.__setattr__(self, "counts", MappingProxyType(kept))

    def __add__(self, other: ActionCounts) -> ActionCounts:
        names = self.counts.keys() | other.counts.keys()
        return ActionCounts({n: self.counts.get(n, 0) + other.counts.get(n, 0) for n in names})

    def __mul__(self, times: int) -> ActionCounts:
        return ActionCounts({name: count * times for name, count in self.counts.items()})

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts)

    def keys(self) -> list[str]:
        """Return the names with a count above zero, sorted."""
        return list(self.counts)

    def __hash__(self) -> int:
        return hash(tuple(self.counts.items()))
