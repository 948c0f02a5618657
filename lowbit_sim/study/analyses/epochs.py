"""How many epochs a low-bit network needs to come within a margin of fp32: claim (b).

**Rule.** A network trains from scratch for several budgets of epochs; at each one a format is
compared with fp32 of the same budget. It *needs by means* the smallest budget from which on its
mean loss stays within the margin, and *needs by tests* the smallest from which on it is shown not
to be worse by more than the margin (one-sided, 5 %). Testing goes down from the longest budget and
stops at the first that fails, so budgets need no further adjustment.

A small and a large network of one family are compared for each format. The small one needs *more*
if the large one is shown not to be worse at some budget L, and the small one is not, and loses more
than the large one at L (Welch, one-sided, 5 % after Holm's adjustment over all such pairs); *not
more* if both are shown not to be worse, the small one at the same budget or an earlier one than the
large one. The claim is supported if some pair needs more and none not more, not supported if some
needs not more and none more, else undecided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lowbit_sim.study.claims import EPOCHS, Answer, Answered, ArmNames
from lowbit_sim.study.comparison import Comparison, compare, holm
from lowbit_sim.study.ranking import BASELINE
from lowbit_sim.study.run_table import ArmRuns
from lowbit_sim.study.two_samples import welch_above

ARM_NAMES = ArmNames(
    "<family>_small_<epochs> or <family>_large_<epochs>",
    re.compile(r"(?P<family>[a-z0-9_]+)_(?P<scale>small|large)_(?P<epochs>[0-9]+)"),
)
_SIGNIFICANCE = 0.05

Need = Literal["more", "not more", "undecided"]


@dataclass(frozen=True, slots=True)
class Budget:
    """One network trained for one number of epochs.

    Parameters
    ----------
    epochs : int
    comparisons : mapping of str to Comparison
        By weight format, with fp32 of the same budget.
    losses : mapping of str to tuple of float
        The losses behind them, by seed.
    """

    epochs: int
    comparisons: Mapping[str, Comparison]
    losses: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class NetworkBudgets:
    """One network with all its budgets, the shortest first."""

    family: str
    scale: str
    budgets: tuple[Budget, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that were compared at some budget."""
        return tuple(dict.fromkeys(name for one in self.budgets for name in one.comparisons))

    def need_by_means(self, name: str) -> int | None:
        """Return the epochs from which on the mean loss stays within the margin, or None."""
        return self._need(name, lambda one: one.loss_fraction <= one.margin_fraction)

    def need_by_tests(self, name: str) -> int | None:
        """Return the epochs from which on the format is shown not to be worse, or None."""
        return self._need(name, lambda one: one.p_not_worse < _SIGNIFICANCE)

    def at(self, epochs: int | None) -> Budget | None:
        """Return the budget of so many epochs, if there is one."""
        return next((one for one in self.budgets if one.epochs == epochs), None)

    def _need(self, name: str, holds: Callable[[Comparison], bool]) -> int | None:
        """Go down from the longest budget at which the format was compared."""
        need = None
        for budget in reversed(self.budgets):
            if name in budget.comparisons:
                if not holds(budget.comparisons[name]):
                    break
                need = budget.epochs
        return need


@dataclass(frozen=True, slots=True)
class SizePair:
    """The small and the large network of a family in one format.

    Parameters
    ----------
    family, weight_format : str
    small_need, large_need : int or None
        Epochs that each needs by tests.
    p_small_loses_more : float
        At the budget that the large network needs, after adjustment; 1 where there is none.
    need : str
        What the small network needs, beside the large one.
    """

    family: str
    weight_format: str
    small_need: int | None
    large_need: int | None
    p_small_loses_more: float
    need: Need


@dataclass(frozen=True, slots=True)
class Epochs:
    """What the study says."""

    networks: tuple[NetworkBudgets, ...]
    pairs: tuple[SizePair, ...]
    answer: Answer


def analyse(arms: Sequence[ArmRuns], margin_fraction: float) -> Epochs:
    """Answer claim (b) from the arms that have a finished run."""
    grouped: dict[tuple[str, str], list[Budget]] = {}
    for runs in arms:
        if runs.found:
            parts = [ARM_NAMES.part(runs.arm.name, part) for part in ("family", "scale")]
            grouped.setdefault((parts[0], parts[1]), []).append(_budget(runs, margin_fraction))
    networks = tuple(
        NetworkBudgets(*names, tuple(sorted(budgets, key=lambda one: one.epochs)))
        for names, budgets in grouped.items()
    )
    pairs = _size_pairs(networks)
    return Epochs(networks, pairs, Answer(EPOCHS, _answered({pair.need for pair in pairs})))


def _budget(runs: ArmRuns, margin_fraction: float) -> Budget:
    recipe = runs.arm.spec.recipe
    baseline = runs.fractions(BASELINE)
    comparisons: dict[str, Comparison] = {}
    losses: dict[str, tuple[float, ...]] = {}
    for name in runs.runs:
        fractions = runs.fractions(name)
        shared = sorted(fractions.keys() & baseline.keys())
        if name != BASELINE and shared:
            comparisons[name] = compare(name, fractions, BASELINE, baseline, margin_fraction)
            losses[name] = tuple(baseline[seed] - fractions[seed] for seed in shared)
    return Budget(recipe.pretraining.epochs + recipe.finetuning.epochs, comparisons, losses)


def _size_pairs(networks: Sequence[NetworkBudgets]) -> tuple[SizePair, ...]:
    by_name = {(one.family, one.scale): one for one in networks}
    found = [
        (small, by_name[family, "large"], name)
        for (family, scale), small in by_name.items()
        if scale == "small" and (family, "large") in by_name
        for name in small.formats
        if name in by_name[family, "large"].formats
    ]
    adjusted = holm([_p_small_loses_more(*pair) for pair in found])
    return tuple(_size_pair(*pair, p) for pair, p in zip(found, adjusted, strict=True))


def _p_small_loses_more(small: NetworkBudgets, large: NetworkBudgets, name: str) -> float:
    epochs = large.need_by_tests(name)
    budgets = (small.at(epochs), large.at(epochs))
    losses = [() if one is None else one.losses.get(name, ()) for one in budgets]
    return welch_above(*losses)


def _size_pair(small: NetworkBudgets, large: NetworkBudgets, name: str, p: float) -> SizePair:
    needs = (small.need_by_tests(name), large.need_by_tests(name))
    return SizePair(small.family, name, *needs, p, _need(*needs, p))


def _need(small: int | None, large: int | None, p: float) -> Need:
    if small is not None and large is not None and small <= large:
        return "not more"
    return "more" if large is not None and p < _SIGNIFICANCE else "undecided"


def _answered(needs: set[Need]) -> Answered:
    if "more" in needs:
        return "undecided" if "not more" in needs else "supported"
    return "not supported" if "not more" in needs else "undecided"
