"""What a page says of claim (b)."""

from __future__ import annotations

from collections.abc import Sequence

from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_page import Finding, Section
from lowbit_sim.report.study_words import counted, interval_words, level_words, listed, p_words
from lowbit_sim.study.analyses.epochs import Epochs, NetworkBudgets, SizePair

_RULE = (
    "Every network trains from scratch for several budgets of epochs, and a format is compared "
    "with fp32 of the same budget. It needs, by means, the shortest budget from which on its mean "
    "loss stays within the margin; by tests, the shortest from which on it is shown not to be "
    "worse by more than the margin (paired t test, one-sided, 5 %, from the longest budget down "
    "to the first that fails). A small network needs more than the large one of its family if the "
    "large one is shown not to be worse at some budget L while the small one is not, and loses "
    "more than the large one at L (Welch's t test, one-sided, 5 % after Holm's adjustment over all "
    "pairs); it needs not more if both are shown not to be worse, the small one at the same budget "
    "or an earlier one. Supported if some pair needs more and none not more, not supported the "
    "other way round, else undecided."
)
LIMITS = (
    (
        "The learning rate rises and falls within every budget, so a short budget is a training "
        "of its own and not the beginning of a longer one."
    ),
    (
        "Budgets are as long for fp32: a format that keeps up at a short one keeps up with an "
        "fp32 network that may not have learned all it could either."
    ),
)


def findings(found: Epochs) -> tuple[Finding, ...]:
    """Return the answer with its reason."""
    return (Finding(found.answer, _reason(found), _RULE),)


def sections(found: Epochs) -> tuple[Section, ...]:
    """Return the tables of losses, of epochs needed, and of small beside large networks."""
    epochs = sorted({budget.epochs for one in found.networks for budget in one.budgets})
    header = ["network", "weights", *(counted(count, "epoch") for count in epochs)]
    header += ["needed by means", "needed by tests"]
    rows = [_row(one, name, epochs) for one in found.networks for name in one.formats]
    losses = markdown_table(header, rows, left=2) + (
        "\n\nPoints lost against fp32 of the same budget, ± half the 95 % interval; negative: the "
        "format is better. Needed: epochs from which on the loss stays within the margin."
    )
    if not found.pairs:
        return (Section("Loss against fp32 over epochs", losses),)
    columns = ["family", "weights", "small needs", "large needs", "p (small loses more)"]
    pairs = markdown_table(
        [*columns, "so the small one needs"], [_pair_row(pair) for pair in found.pairs], left=2
    )
    return (
        Section("Loss against fp32 over epochs", losses),
        Section("Small beside large", f"{pairs}\n\nNeeds are those by tests."),
    )


def _reason(found: Epochs) -> str:
    if not found.pairs:
        return "No family has finished runs of both a small and a large network to compare."
    families = dict.fromkeys(pair.family for pair in found.pairs)
    single = [one.family for one in found.networks if one.family not in families]
    needs = [pair.need for pair in found.pairs]
    said = (
        f"Small beside large networks of {listed(families)}, "
        f"{counted(len(needs), 'comparison')}: the small one needs more epochs in "
        f"{needs.count('more')}, not more in {needs.count('not more')}, undecided in "
        f"{needs.count('undecided')}. {_by_means(found)}"
    )
    if single:
        said += f" Of {listed(dict.fromkeys(single))} one size alone was trained."
    return said


def _by_means(found: Epochs) -> str:
    told = [
        f"`{one.family}_{one.scale}`: "
        + ", ".join(f"{level_words(f)} {_epochs(one.need_by_means(f))}" for f in one.formats)
        for one in found.networks
        if any(pair.family == one.family for pair in found.pairs)
    ]
    return f"By means alone they need, in epochs, {'; '.join(told)}."


def _epochs(count: int | None) -> str:
    return "more than tried" if count is None else str(count)


def _row(one: NetworkBudgets, name: str, epochs: Sequence[int]) -> list[str]:
    losses = []
    for count in epochs:
        budget = one.at(count)
        found = None if budget is None else budget.comparisons.get(name)
        losses.append(
            "" if found is None else interval_words(found.loss_fraction, found.half_width_fraction)
        )
    needs = [_epochs(one.need_by_means(name)), _epochs(one.need_by_tests(name))]
    return [f"{one.family}_{one.scale}", level_words(name), *losses, *needs]


def _pair_row(pair: SizePair) -> list[str]:
    return [
        pair.family,
        level_words(pair.weight_format),
        _epochs(pair.small_need),
        _epochs(pair.large_need),
        "" if pair.large_need is None else p_words(pair.p_small_loses_more),
        pair.need,
    ]
