"""Which format wins over the energy of a bit of the DRAM, and what others publish of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lowbit_sim.judge.judgement import DRAM_SPAN, Decided, Judgement, Verdict
from lowbit_sim.judge.published_dram import PublishedDram, read_published_dram
from lowbit_sim.report.comparison.figures.shown import (
    Face,
    faces,
    first_regime,
    format_words,
    height,
    legend_of_formats,
    machines_of,
)
from lowbit_sim.report.figures.labels import spaced
from lowbit_sim.report.figures.style import (
    BLACK,
    GREY,
    LIGHT,
    SMALL_PT,
    figure,
    sentence,
    settle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN = 9.0
_PRICE = "dram.read"
_THREAD = {"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0}
#: part of the panel's width that a name needs, and how far names on the upper edge stand apart
_NAMED, _APART = 0.09, 0.016


def dram(judgement: Judgement) -> Figure:
    """Draw, for each network a panel and for each machine a bar, who wins at which energy."""
    decided = first_regime(judgement)
    named, machines = faces(decided), machines_of(decided)
    path = judgement.comparison.published_dram
    published = () if path is None else read_published_dram(path)
    rows = max(len(one.verdicts) for one in decided)
    high = height(rows, len(decided)) + (0.9 if published else 0.0)
    with figure(_WIDTH_IN, high, rows=len(decided)) as (drawn, axes):
        used: set[str] = set()
        for ax, one in zip(axes, decided, strict=True):
            used |= _panel(ax, one, named, machines)
            _lines(ax, published)
        axes[-1].set_xlabel("energy of a bit read from the DRAM [pJ/bit], logarithmic")
        told = "Dotted lines: published energies, ranges by both ends." if published else ""
        what = "Which format wins if the DRAM cost more or less, everything else as it is."
        sentence(drawn, what, "Black strokes: the price judged by.", told)
        legend_of_formats(drawn, named, used)
        drawn.draw_without_rendering()
        _names(axes[0], published)
        settle(drawn)
    return drawn


def spans(verdict: Verdict) -> list[tuple[float, float, int]]:
    """Return from and to which energy [pJ/bit] which place of the contest wins.

    At the price judged by it is the winner: of formats that cost exactly the same, that one.
    """
    price = verdict.machine.prices.get(_PRICE, 0.0)
    found = []
    for reign in verdict.dram if price else ():
        judged = reign.low <= 1 <= reign.high and verdict.winner is not None
        place = verdict.winner if judged and verdict.winner is not None else reign.place
        found.append((reign.low * price, reign.high * price, place))
    return found


def _panel(
    ax: Axes, decided: Decided, named: dict[str, Face], machines: dict[tuple[str, str], str]
) -> set[str]:
    used = set()
    prices = [
        one.machine.prices[_PRICE] for one in decided.verdicts if _PRICE in one.machine.prices
    ]
    limits = DRAM_SPAN[0] * min(prices, default=1.0), DRAM_SPAN[1] * max(prices, default=1.0)
    ax.set_xscale("log")
    ax.set_xlim(*limits)
    for row, verdict in enumerate(decided.verdicts):
        found = spans(verdict)
        if not found:
            words = "no winner" if _PRICE in verdict.machine.prices else "no DRAM"
            middle = (limits[0] * limits[1]) ** 0.5
            ax.text(middle, row, words, ha="center", va="center", fontsize=SMALL_PT, color=GREY)
            continue
        for low, high, place in found:
            name = decided.contest.candidates[place].weight_format
            used.add(name)
            _bar(ax, row, (low, high), name, named[name])
        price = verdict.machine.prices[_PRICE]
        ax.plot([price, price], [row - 0.39, row + 0.39], color=BLACK, linewidth=2.2, zorder=6)
    ax.set_yticks(
        range(len(decided.verdicts)), [machines[one.machine.key] for one in decided.verdicts]
    )
    ax.set_ylim(len(decided.verdicts) - 0.4, -0.6)
    ax.grid(visible=False)
    ax.set_title(decided.contest.workload)
    return used


def _bar(ax: Axes, row: int, ends: tuple[float, float], name: str, face: Face) -> None:
    low, high = ends
    look: dict[str, Any] = {"facecolor": face.colour, "hatch": face.hatch, "edgecolor": LIGHT}
    ax.barh(row, high - low, 0.78, low, linewidth=0.5, **look)
    across = math.log(high / low) / math.log(ax.get_xlim()[1] / ax.get_xlim()[0])
    if across >= _NAMED:
        ax.annotate(
            format_words(name),
            (low, row),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_PT - 1.0,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            zorder=5,
        )


def _ends(one: PublishedDram) -> tuple[float, ...]:
    ends = one.low_pj_per_bit, one.high_pj_per_bit
    return tuple(dict.fromkeys(ends))


def _lines(ax: Axes, published: Sequence[PublishedDram]) -> None:
    low, high = ax.get_xlim()
    for end in sorted({end for one in published for end in _ends(one)}):
        if low <= end <= high:
            ax.axvline(end, color=BLACK, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=3)


def _names(ax: Axes, published: Sequence[PublishedDram]) -> None:
    """Write what is published above a panel, each energy once, clear of each other."""
    low, high = ax.get_xlim()
    at: dict[float, list[str]] = {}
    for one in published:
        for end in _ends(one):
            if low <= end <= high:
                at.setdefault(end, []).append(one.name)
    if not at:
        return
    frame = ax.transAxes.inverted()
    ends = sorted(at)
    wanted = [float(frame.transform(ax.transData.transform((end, 0)))[0]) for end in ends]
    for end, true, place in zip(ends, wanted, spaced(wanted, _APART), strict=True):
        ax.annotate(
            f"{', '.join(at[end])} {end:g}",
            (true, 1.0),
            xytext=(place, 1.06),
            xycoords="axes fraction",
            textcoords="axes fraction",
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=SMALL_PT - 1.5,
            arrowprops=_THREAD,
        )
