"""How much accuracy each number of levels costs: claims (a) and (e).

**Rule for (a).** A family's large network shows it if a format of at most 5 levels is comparable
to fp32 or better, by the tests of its arm; it refutes it if all of them are shown to be worse. The
claim is supported if every family shows it, not supported if one refutes it, else undecided.

**Rule for (e).** In an arm five levels are *best* if they are shown to be comparable to fp32 or
better and every format of fewer levels is shown to be worse; *not best* if a smaller one is shown
to be comparable or better, or if five levels are shown to be worse; else open. The claim is
supported if they are best in more than half of all arms, not supported if not best in more than
half, else undecided; fewer than three arms decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.arm_summary import ArmSummary, summarise
from lowbit_sim.study.balance import BalancePoint, pareto, smallest_comparable
from lowbit_sim.study.claims import BALANCE, COMPARABLE, Answer, Answered, ArmNames
from lowbit_sim.study.ranking import BASELINE
from lowbit_sim.study.run_table import ArmRuns

ARM_NAMES = ArmNames(
    "<family>_small or <family>_large", re.compile(r"(?P<family>[a-z0-9_]+)_(?P<scale>small|large)")
)
FIVE = "levels_5"
#: claim (e) is one of networks in general: fewer do not decide it
FEWEST_ARMS = 3
#: levels up to which a format counts as low-bit in claim (a)
MOST_LEVELS = 5

Shown = Literal["shown", "refuted", "open"]
Best = Literal["best", "not best", "open"]


@dataclass(frozen=True, slots=True)
class ArmBalance:
    """One network.

    Parameters
    ----------
    summary : ArmSummary
    family, scale : str
    comparable : tuple of str
        Formats shown to be comparable to fp32 or better.
    low_bit : str
        What its formats of few levels say of claim (a).
    smallest : str or None
        The comparable format with the least memory.
    pareto : tuple of str
        Formats that no other beats in memory and mean accuracy, the smallest first.
    memory_factor : float or None
        How many times the memory of five levels fp32 needs; None where one of them has no run.
    five_levels : str
        What the arm says of claim (e).
    """

    summary: ArmSummary
    family: str
    scale: str
    comparable: tuple[str, ...]
    low_bit: Shown
    smallest: str | None
    pareto: tuple[str, ...]
    memory_factor: float | None
    five_levels: Best


@dataclass(frozen=True, slots=True)
class BitWidth:
    """What the study says.

    Parameters
    ----------
    arms : tuple of ArmBalance
        Those with a finished run.
    families : mapping of str to str
        What the large network of each family says of claim (a).
    comparable, balance : Answer
    """

    arms: tuple[ArmBalance, ...]
    families: dict[str, Shown]
    comparable: Answer
    balance: Answer


def analyse(arms: Sequence[ArmRuns], margin_fraction: float) -> BitWidth:
    """Answer claims (a) and (e) from all arms of the study, those without a run included."""
    found = tuple(_arm_balance(runs, margin_fraction) for runs in arms if runs.found)
    families: dict[str, Shown] = dict.fromkeys(
        (ARM_NAMES.part(runs.arm.name, "family") for runs in arms), "open"
    )
    families.update({one.family: one.low_bit for one in found if one.scale == "large"})
    fives = [one.five_levels for one in found]
    return BitWidth(
        found,
        families,
        Answer(COMPARABLE, _comparable(families)),
        Answer(BALANCE, _balance(fives, len(arms))),
    )


def _arm_balance(runs: ArmRuns, margin_fraction: float) -> ArmBalance:
    summary = summarise(runs, margin_fraction)
    verdicts = {one.weight_format: one.verdict for one in summary.formats if one.verdict}
    memory_bits = {one.weight_format: one.stored_bits for one in summary.formats}
    smallest = smallest_comparable(verdicts, memory_bits)
    points = (
        BalancePoint(one.weight_format, one.mean_fraction, one.half_width_fraction, one.stored_bits)
        for one in summary.formats
    )
    both = FIVE in memory_bits and BASELINE in memory_bits
    return ArmBalance(
        summary=summary,
        family=ARM_NAMES.part(runs.arm.name, "family"),
        scale=ARM_NAMES.part(runs.arm.name, "scale"),
        comparable=tuple(name for name, said in verdicts.items() if said in {*_GOOD}),
        low_bit=_low_bit(runs, summary),
        smallest=smallest,
        pareto=pareto(points),
        memory_factor=memory_bits[BASELINE] / memory_bits[FIVE] if both else None,
        five_levels=_five_levels(summary, smallest, memory_bits),
    )


_GOOD = ("comparable", "better")


def is_low_bit(name: str) -> bool:
    """Return whether a format has few enough levels for claim (a)."""
    return FORMATS[name].is_integer and FORMATS[name].count <= MOST_LEVELS


def _low_bit(runs: ArmRuns, summary: ArmSummary) -> Shown:
    few = [summary.of(name) for name in runs.arm.weight_formats if is_low_bit(name)]
    said = [None if one is None else one.verdict for one in few]
    if any(verdict in _GOOD for verdict in said):
        return "shown"
    return "refuted" if said and all(verdict == "worse" for verdict in said) else "open"


def _five_levels(summary: ArmSummary, smallest: str | None, memory_bits: dict[str, int]) -> Best:
    five = summary.of(FIVE)
    fewer = [fmt.name for fmt in FORMATS.values() if 0 < fmt.count < FORMATS[FIVE].count]
    found = [one for one in map(summary.of, fewer) if one is not None]
    if smallest == FIVE and found and all(one.verdict == "worse" for one in found):
        return "best"
    if five is None:
        return "open"
    smaller = smallest is not None and memory_bits[smallest] < five.stored_bits
    return "not best" if smaller or five.verdict == "worse" else "open"


def _comparable(families: dict[str, Shown]) -> Answered:
    said = set(families.values())
    if "refuted" in said:
        return "not supported"
    return "supported" if said == {"shown"} else "undecided"


def _balance(fives: Sequence[Best], arms: int) -> Answered:
    if arms < FEWEST_ARMS:
        return "undecided"
    if 2 * fives.count("best") > arms:
        return "supported"
    return "not supported" if 2 * fives.count("not best") > arms else "undecided"
