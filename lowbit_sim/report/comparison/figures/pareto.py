"""Accuracy against energy × delay: all candidates of each network, and those worth a look."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lowbit_sim.judge import fronts
from lowbit_sim.judge.candidate import Candidate
from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.report.comparison.figures.shown import (
    Face,
    faces,
    first_regime,
    format_words,
    machines_of,
)
from lowbit_sim.report.figures.style import (
    BLACK,
    GREY,
    SMALL_PT,
    figure,
    sentence,
    settle,
    shared_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: of candidates that another one beats in everything
DOMINATED, _FAINT = "#bdbdbd", "#e4e4e4"
_PANEL_IN = (9.0, 2.9)


def pareto(judgement: Judgement) -> Figure:
    """Draw every candidate of the first regime, a panel for each network.

    Those that no other beats in all five criteria have the colour and marker of their format;
    a line runs along those that no other beats in accuracy and energy × delay alone.
    """
    decided = first_regime(judgement)
    named, machines = faces(decided), machines_of(decided)
    wide, high = _PANEL_IN
    with figure(wide, high * len(decided) + 1.4, rows=len(decided)) as (drawn, axes):
        for face, name in ((face, format_words(name)) for name, face in named.items()):
            how: dict[str, Any] = {"color": face.colour, "mfc": face.inside, "ms": 5.5}
            axes[0].plot([], [], face.marker, label=name, **how)
        for ax, one in zip(axes, decided, strict=True):
            _panel(ax, one, named)
            _name_winner(ax, one, machines)
        axes[-1].set_xlabel("energy × delay of one inference [pJ · s]")
        sentence(drawn, *_sentences(decided))
        shared_legend(drawn, axes, columns=7)
        settle(drawn)
    return drawn


def _sentences(decided: Sequence[Decided]) -> tuple[str, str]:
    first = (
        "In colour: candidates that no other beats in accuracy, energy, latency, memory and area "
        "at once. The line joins those that none beats in the two criteria drawn."
    )
    known = any(one.contest.losses for one in decided)
    return first, "Bars are 95 % intervals over seeds." if known else ""


def accuracy_percent(one: Candidate) -> tuple[float, float]:
    """Return mean accuracy and half its 95 % interval [%]; 0 where nothing is known."""
    if one.accuracy is None:
        return 0.0, 0.0
    half = one.accuracy.half_width_fraction
    known = half is not None and math.isfinite(half)
    return 100 * one.accuracy.mean_fraction, 100 * half if half is not None and known else 0.0


def _panel(ax: Axes, decided: Decided, named: dict[str, Face]) -> None:
    contest = decided.contest
    for name, front in itertools.product(contest.formats, (False, True)):
        found = [
            one
            for one, kept in zip(contest.candidates, decided.pareto, strict=True)
            if one.weight_format == name and bool(kept) == front
        ]
        if found:
            _points(ax, found, named[name], front=front)
    _line(ax, decided)
    ax.set_xscale("log")
    ax.set_title(contest.workload)
    if contest.losses:
        ax.set_ylabel("accuracy [%]")
    else:
        ax.set_yticks([])
        ax.set_ylabel("no accuracies known")


def _points(ax: Axes, found: Sequence[Candidate], face: Face, *, front: bool) -> None:
    """Draw candidates of one format, and their intervals."""
    xs = [one.energy_delay_pj_s for one in found]
    means, halves = zip(*(accuracy_percent(one) for one in found), strict=True)
    if any(halves):
        bars = face.colour if front else _FAINT
        order = 2.5 if front else 1.2
        ax.errorbar(xs, means, halves, fmt="none", ecolor=bars, elinewidth=0.7, zorder=order)
    ax.plot(
        xs,
        means,
        face.marker,
        color=face.colour if front else DOMINATED,
        mfc=face.inside if front else DOMINATED,
        ms=5.5 if front else 3.2,
        zorder=3 if front else 2,
        label=format_words(found[0].weight_format) if front else "dominated by another",
    )


def _line(ax: Axes, decided: Decided) -> None:
    """Join what no other candidate beats in the two criteria drawn, by steps."""
    contest = decided.contest
    found = fronts.pareto(np.column_stack([contest.mean_losses, contest.energy_delays_pj_s]))
    ends = sorted(
        (one.energy_delay_pj_s, accuracy_percent(one)[0])
        for one, kept in zip(contest.candidates, found, strict=True)
        if kept
    )
    xs, ys = [x for x, _ in ends], [y for _, y in ends]
    ax.plot(xs, ys, color=GREY, linewidth=0.9, drawstyle="steps-post", zorder=1.5)


def _name_winner(ax: Axes, decided: Decided, machines: dict[tuple[str, str], str]) -> None:
    if decided.overall.winner is None:
        ax.set_title("no candidate is accurate enough", loc="right", fontweight="normal")
        return
    one = decided.contest.candidates[decided.overall.winner]
    at = one.energy_delay_pj_s, accuracy_percent(one)[0]
    ax.plot(*at, "o", mfc="none", mec=BLACK, mew=1.2, ms=11, zorder=4)
    ax.annotate(
        f"winner: {format_words(one.weight_format)} on {machines[one.machine.key]}",
        at,
        xytext=(0.012, 0.94),
        textcoords="axes fraction",
        va="top",
        fontsize=SMALL_PT,
        arrowprops={"arrowstyle": "-", "color": BLACK, "linewidth": 0.7, "shrinkB": 5},
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
        zorder=5,
    )
