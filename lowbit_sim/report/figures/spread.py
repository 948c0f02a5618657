"""How far seeds lie apart: every run a dot, for each level set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lowbit_sim.report.figures.labels import level_words
from lowbit_sim.report.figures.style import (
    LIGHT,
    SMALL_PT,
    Look,
    demand,
    figure,
    look,
    sentence,
    settle,
    shared_legend,
    to_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN, _PANEL_IN, _FRAME_IN = 7.0, 2.6, 0.8
#: width of all groups of a level set, and of the dots of one group, in level sets
_GROUPS, _DOTS = 0.72, 0.65
#: heights of the crosses and of the line above them, as parts of the axis
_CROSS, _FLOOR = 0.05, 0.1


@dataclass(frozen=True, slots=True)
class Strip:
    """The runs of one level set.

    Parameters
    ----------
    weight_format : str
    entropy_bits : float
        log2 of the number of levels.
    runs : Mapping[str, tuple[float or None, ...]]
        Group, as ``plain`` and ``augmented``, to the accuracy of every seed, 0 to 1; None, or no
        finite number, for a run that diverged.
    """

    weight_format: str
    entropy_bits: float
    runs: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One family of networks: a title and its level sets, from left to right."""

    title: str
    strips: tuple[Strip, ...]


def spread(panels: Sequence[Panel]) -> str:
    """Return the figure of the accuracy of every run as SVG, with the mean of those that finished.

    Raises
    ------
    ValueError
        If there is no panel, or one without level sets, groups or runs.
    SpecError
        If matplotlib is not installed.
    """
    return to_svg(_draw(panels))


def _draw(panels: Sequence[Panel]) -> Figure:
    _check(panels)
    names = dict.fromkeys(name for panel in panels for s in panel.strips for name in s.runs)
    looks = {name: look(place) for place, name in enumerate(names)}
    height_in = len(panels) * _PANEL_IN + _FRAME_IN
    with figure(_WIDTH_IN, height_in, rows=len(panels)) as (drawn, axes):
        for panel, ax in zip(panels, axes, strict=True):
            _limits(ax, panel)
            for place, strip in enumerate(panel.strips):
                for name, runs in strip.runs.items():
                    nth = list(looks).index(name)
                    middle = place + _GROUPS * ((nth + 0.5) / len(looks) - 0.5)
                    _dots(ax, runs, middle, _DOTS * _GROUPS / len(looks), (name, looks[name]))
            words = [level_words(strip.weight_format, strip.entropy_bits) for strip in panel.strips]
            ax.set_xticks(range(len(words)), labels=words, linespacing=1.15)
            ax.set_xlabel("number of levels of a weight, and below it its entropy [bit]")
            ax.set_ylabel("accuracy [%]")
            ax.set_title(panel.title)
        sentence(drawn, *_remarks(panels))
        shared_legend(drawn, axes)
        settle(drawn)
    return drawn


def _check(panels: Sequence[Panel]) -> None:
    demand(panels, "panels")
    for panel in panels:
        demand(panel.strips, f"level sets of {panel.title}")
        for strip in panel.strips:
            demand(any(strip.runs.values()), f"runs of {panel.title}, {strip.weight_format}")


def _remarks(panels: Sequence[Panel]) -> tuple[str, ...]:
    groups = [runs for panel in panels for runs in _groups(panel)]
    means = "A line is the mean." if any(len(_finished(runs)) > 1 for runs in groups) else ""
    diverged = any(_diverged(panel) for panel in panels)
    crosses = "Crosses at the foot are runs that diverged." if diverged else ""
    return "Accuracy of every run, a mark for each seed.", means, crosses


def _groups(panel: Panel) -> list[tuple[float | None, ...]]:
    return [runs for strip in panel.strips for runs in strip.runs.values()]


def _diverged(panel: Panel) -> bool:
    return any(len(_finished(runs)) < len(runs) for runs in _groups(panel))


def _finished(runs: Sequence[float | None]) -> dict[int, float]:
    """Return place to per cent of the runs that did not diverge."""
    return {
        place: 100 * run for place, run in enumerate(runs) if run is not None and math.isfinite(run)
    }


def _limits(ax: Axes, panel: Panel) -> None:
    """Let y reach over all runs, with room at the foot for crosses if there are any."""
    ends = [run for runs in _groups(panel) for run in _finished(runs).values()] or [0.0, 100.0]
    room = 0.06 * (max(ends) - min(ends)) or 1.0
    low, high = min(ends) - room, max(ends) + room
    if _diverged(panel):
        low -= _FLOOR / (1 - _FLOOR) * (high - low)
        ax.axhline(low + _FLOOR * (high - low), color=LIGHT, linewidth=0.8)
        foot: dict[str, Any] = {
            "xycoords": "axes fraction",
            "va": "center",
            "ha": "left",
            "fontsize": SMALL_PT,
        }
        ax.annotate("diverged", xy=(1.005, _CROSS), annotation_clip=False, **foot)
    ax.set_ylim(low, high)
    ax.set_xlim(-0.5, len(panel.strips) - 0.5)


def _dots(
    ax: Axes,
    runs: Sequence[float | None],
    middle: float,
    width: float,
    named: tuple[str, Look],
) -> None:
    """Draw the runs of a group side by side in the order of their seeds, and their mean."""
    name, how = named
    finished = _finished(runs)
    xs = [middle + width * ((place + 0.5) / len(runs) - 0.5) for place in range(len(runs))]
    dots: dict[str, Any] = {"color": how.colour, "linestyle": "", "zorder": 3}
    at = [xs[place] for place in finished]
    ax.plot(at, list(finished.values()), marker=how.marker, ms=3.8, alpha=0.8, label=name, **dots)
    if len(finished) > 1:
        mean = math.fsum(finished.values()) / len(finished)
        ends = [middle - width / 2, middle + width / 2]
        ax.plot(ends, [mean, mean], color=how.colour, linewidth=1.4)
    lost = [xs[place] for place in range(len(runs)) if place not in finished]
    foot = ax.get_xaxis_transform()
    ax.plot(lost, [_CROSS] * len(lost), marker="x", ms=4.5, mew=1.4, transform=foot, **dots)
