"""How sure each choice is: in what share of the samples each format is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.report.comparison.figures.shown import (
    Face,
    faces,
    first_regime,
    format_words,
    height,
    legend_of_formats,
    machines_of,
    shares_by_format,
)
from lowbit_sim.report.figures.style import GREY, LIGHT, SMALL_PT, figure, sentence, settle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN = 9.0
#: a share in which a name fits, and one that is worth a place in the legend
_NAMED, _SEEN = 0.13, 0.005


def sure(judgement: Judgement) -> Figure:
    """Draw, for each network a panel and for each machine a bar, who is the best how often."""
    decided = first_regime(judgement)
    named, machines = faces(decided), machines_of(decided)
    rows = max(len(one.verdicts) for one in decided)
    with figure(_WIDTH_IN, height(rows, len(decided)), rows=len(decided)) as (drawn, axes):
        used: set[str] = set()
        for ax, one in zip(axes, decided, strict=True):
            used |= _panel(ax, one, named, machines)
        axes[-1].set_xlabel("share of the samples in which the format is the best [%]")
        samples = judgement.comparison.spec.doubt.samples
        sentence(
            drawn,
            f"How often each format is the best on a machine, in {samples:,} draws of prices and",
            "accuracies. White within a dashed edge: no format is accurate enough.",
        )
        legend_of_formats(drawn, named, used)
        settle(drawn)
    return drawn


def _panel(
    ax: Axes, decided: Decided, named: dict[str, Face], machines: dict[tuple[str, str], str]
) -> set[str]:
    """Draw the bars of one network, and return the formats that are seen in them."""
    used = set()
    for row, verdict in enumerate(decided.verdicts):
        shares = shares_by_format(decided.contest, verdict.best_fractions)
        left = 0.0
        for name in (*named, None):
            share = shares.get(name, 0.0)
            if share <= 0:
                continue
            _bar(ax, row, (left, share), None if name is None else named[name])
            if name is not None and share >= _SEEN:
                used.add(name)
            if share >= _NAMED:
                words = "none" if name is None else format_words(name)
                _words(ax, row, left + share / 2, words)
            left += share
    ax.set_yticks(
        range(len(decided.verdicts)), [machines[one.machine.key] for one in decided.verdicts]
    )
    ax.set_ylim(len(decided.verdicts) - 0.4, -0.6)
    ax.set_xlim(0, 100)
    ax.grid(visible=False)
    ax.set_title(decided.contest.workload)
    return used


def _bar(ax: Axes, row: int, where: tuple[float, float], face: Face | None) -> None:
    left, share = where
    if face is None:
        look: dict[str, Any] = {"facecolor": "white", "edgecolor": GREY, "linestyle": "--"}
    else:
        look = {"facecolor": face.colour, "hatch": face.hatch, "edgecolor": LIGHT}
    ax.barh(row, 100 * share, 0.78, 100 * left, linewidth=0.5, **look)


def _words(ax: Axes, row: int, middle: float, words: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    how: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SMALL_PT - 1.0}
    ax.text(100 * middle, row, words, bbox=box, **how)
