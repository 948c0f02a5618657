"""Where the energy of each machine's winner goes, by groups of its technology's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.report.comparison.facts import Case
from lowbit_sim.report.comparison.figures.shown import (
    first_regime,
    format_words,
    height,
    machines_of,
)
from lowbit_sim.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    SMALL_PT,
    VERMILION,
    figure,
    sentence,
    settle,
    shared_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: colour and hatch of every group, in the order of the bars
GROUPS: Mapping[str, tuple[str, str]] = {
    "DRAM": (BLUE, ""),
    "SRAM": (ORANGE, "////"),
    "arrays": (GREEN, "||||"),
    "registers": (VERMILION, "++++"),
    "vector unit": (PURPLE, "\\\\\\\\"),
    "decoder": (BLACK, "xxxx"),
    "leakage": (SKY, "----"),
}
_WIDTH_IN = 9.0
_PJ_PER_UJ = 1e6


def energy(judgement: Judgement) -> Figure:
    """Draw a bar of the winner's energy for each machine, a panel for each network."""
    decided = first_regime(judgement)
    machines = machines_of(decided)
    rows = max(len(one.verdicts) for one in decided)
    with figure(_WIDTH_IN, height(rows, len(decided)), rows=len(decided)) as (drawn, axes):
        for ax, one in zip(axes, decided, strict=True):
            _panel(ax, one, machines)
        axes[-1].set_xlabel("energy of one inference [µJ]")
        sentence(
            drawn, "Where the energy of one inference goes, in the best format of each machine."
        )
        shared_legend(drawn, axes, columns=len(GROUPS))
        settle(drawn)
    return drawn


def group_of(row: str) -> str:
    """Return the group of a row of a technology.

    Examples
    --------
    >>> group_of("dram.read"), group_of("sram.lstp.leakage"), group_of("actions.adder.add")
    ('DRAM', 'leakage', 'arrays')
    """
    if row.endswith(".leakage"):
        return "leakage"
    starts = {
        "dram.": "DRAM",
        "sram.": "SRAM",
        "actions.vector.": "vector unit",
        "actions.decoder.": "decoder",
        "actions.register.": "registers",
    }
    return next((name for at, name in starts.items() if row.startswith(at)), "arrays")


def energies_pj(energy_pj_by_row: Mapping[str, float]) -> dict[str, float]:
    """Return the energy of every group [pJ], 0 where it has none."""
    found = dict.fromkeys(GROUPS, 0.0)
    for row, energy_pj in energy_pj_by_row.items():
        found[group_of(row)] += energy_pj
    return found


def _panel(ax: Axes, decided: Decided, machines: dict[tuple[str, str], str]) -> None:
    winners = [Case(decided, verdict).winner for verdict in decided.verdicts]
    parts = [None if one is None else energies_pj(one.energy_pj_by_row) for one in winners]
    lefts = [0.0] * len(winners)
    for name, (colour, hatch) in GROUPS.items():
        widths = [0.0 if part is None else part[name] / _PJ_PER_UJ for part in parts]
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "white"}
        ax.barh(range(len(widths)), widths, 0.78, lefts, label=name, linewidth=0.4, **look)
        lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
    for row, (one, end) in enumerate(zip(winners, lefts, strict=True)):
        words = "no winner" if one is None else format_words(one.weight_format)
        ax.annotate(
            words,
            (end, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_PT - 1,
            color=GREY if one is None else BLACK,
        )
    ax.set_yticks(range(len(winners)), [machines[one.machine.key] for one in decided.verdicts])
    ax.set_ylim(len(winners) - 0.4, -0.6)
    ax.set_xlim(0, 1.12 * max(lefts) or 1.0)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_title(decided.contest.workload)
