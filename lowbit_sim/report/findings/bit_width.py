"""What a page says of claims (a) and (e)."""

from __future__ import annotations

from collections.abc import Sequence

from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_page import Finding, Section
from lowbit_sim.report.study_words import level_list, level_words, listed
from lowbit_sim.report.wording import size_words
from lowbit_sim.study.analyses.bit_width import FIVE, MOST_LEVELS, ArmBalance, BitWidth, is_low_bit

_RULE_COMPARABLE = (
    f"A family's large network shows it if a format of at most {MOST_LEVELS} levels is shown to be "
    "comparable to fp32 or better, and refutes it if all of them are shown to be worse. Supported "
    "if every family shows it, not supported if one refutes it, else undecided."
)
_RULE_BALANCE = (
    "In an arm, five levels are best if they are shown to be comparable to fp32 or better and "
    "every format of fewer levels is shown to be worse; not best if a smaller format is shown to "
    "be comparable or better, or if five levels are shown to be worse; else open. Supported if "
    "best in more than half of all arms, not supported if not best in more than half, else "
    "undecided; fewer than three arms decide nothing."
)
LIMITS = (
    (
        "Memory is that of all weights, each layer packed in words of 64 bit; biases, scales and "
        "norms are left out. What packing and arithmetic cost on a machine is another question, "
        "that of `lowbit-sim run`."
    ),
    (
        "Layers that a workload keeps in int8 (see above) have 8 bit in every low-bit format, in "
        "memory as in accuracy."
    ),
)


def findings(found: BitWidth, arms: int) -> tuple[Finding, ...]:
    """Return both answers with their reasons; `arms` is how many arms the study has."""
    return (
        Finding(found.comparable, _comparable(found), _RULE_COMPARABLE),
        Finding(found.balance, _balance(found.arms, arms), _RULE_BALANCE),
    )


def sections(found: BitWidth) -> tuple[Section, ...]:
    """Return the table of memory and accuracy."""
    header = ["arm", "comparable to fp32 or better", "the smallest of them", "not beaten (Pareto)"]
    header += ["fp32 memory", "5 levels' memory", "factor"]
    rows = [_row(one) for one in found.arms]
    text = markdown_table(header, rows, left=4) + (
        "\n\nComparable or better: as tests show it. Not beaten: no other format has as little "
        "memory and as high a mean accuracy, and less or more in one of them; means alone, so "
        "chance among seeds counts there."
    )
    return (Section("Memory and accuracy", text),)


def _comparable(found: BitWidth) -> str:
    large = {one.family: one for one in found.arms if one.scale == "large"}
    said = [f"{family}: {_family(large.get(family))}" for family in found.families]
    counts = [
        f"{len(one.comparable)} of {_low_formats(one)} in `{one.summary.name}`"
        for one in found.arms
    ]
    return (
        f"Formats of at most {MOST_LEVELS} levels in the large networks: {'; '.join(said)}. Of all "
        f"formats below fp32, comparable or better are {listed(counts)}."
    )


def _low_formats(one: ArmBalance) -> int:
    return sum(summary.verdict is not None for summary in one.summary.formats)


def _family(one: ArmBalance | None) -> str:
    """Return what the tests say of every format of few levels in a large network."""
    if one is None:
        return "no finished run"
    by_verdict: dict[str, list[str]] = {}
    for summary in one.summary.formats:
        if is_low_bit(summary.weight_format) and summary.verdict is not None:
            by_verdict.setdefault(summary.verdict, []).append(summary.weight_format)
    return ", ".join(f"{level_list(names)} {verdict}" for verdict, names in by_verdict.items()) or (
        "nothing to compare"
    )


def _balance(found: Sequence[ArmBalance], arms: int) -> str:
    said = [one.five_levels for one in found]
    factors = sorted(one.memory_factor for one in found if one.memory_factor is not None)
    unbeaten = sum(FIVE in one.pareto for one in found)
    text = (
        f"Of {arms} {'arm' if arms == 1 else 'arms'}, five levels are best in "
        f"{said.count('best')} and not best in {said.count('not best')}. By means "
        f"alone, no other format has as little memory and is as accurate in {unbeaten} of them."
    )
    if factors:
        ends = dict.fromkeys(f"{factor:.1f}" for factor in (factors[0], factors[-1]))
        text += f" fp32 needs {' to '.join(ends)} times the memory of five levels."
    return text


def _row(one: ArmBalance) -> list[str]:
    memory_bits = {summary.weight_format: summary.stored_bits for summary in one.summary.formats}
    sizes = [size_words(memory_bits[name]) if name in memory_bits else "" for name in _SIZED]
    return [
        one.summary.name,
        level_list(one.comparable),
        "none" if one.smallest is None else level_words(one.smallest),
        level_list(one.pareto),
        *sizes,
        "" if one.memory_factor is None else f"{one.memory_factor:.1f}",
    ]


_SIZED = ("fp32", FIVE)
