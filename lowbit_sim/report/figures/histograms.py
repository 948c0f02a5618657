"""How often weights take each level."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lowbit_sim.report.figures.style import (
    SKY,
    SMALL_PT,
    VERMILION,
    demand,
    figure,
    sentence,
    settle,
    to_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS, _WIDTHS_IN, _ROW_IN, _FRAME_IN = 4, (4.6, 5.2, 7.0, 8.6), 1.9, 0.5
#: over a wider range not each level is written below its bar, but a few round ones
_MOST_TICKS, _FEW_TICKS = 8, 6
_BAR = 0.8


@dataclass(frozen=True, slots=True)
class Panel:
    """The weights of one network or layer.

    Parameters
    ----------
    title : str
    shares : Mapping[int, float]
        Level to the share of weights that take it, 0 to 1.
    """

    title: str
    shares: Mapping[int, float]


def level_shares(panels: Sequence[Panel]) -> str:
    """Return the figure of the share of weights at each level as SVG, a small panel for each.

    Raises
    ------
    ValueError
        If there is no panel, or one without levels.
    SpecError
        If matplotlib is not installed.
    """
    return to_svg(_draw(panels))


def _draw(panels: Sequence[Panel]) -> Figure:
    demand(panels, "panels")
    for panel in panels:
        demand(panel.shares, f"levels of {panel.title}")
    columns = min(len(panels), _COLUMNS)
    rows = math.ceil(len(panels) / columns)
    size_in = _WIDTHS_IN[columns - 1], rows * _ROW_IN + _FRAME_IN
    most = max(100 * share for panel in panels for share in panel.shares.values())
    with figure(*size_in, columns, rows) as (drawn, axes):
        for place, (panel, ax) in enumerate(zip(panels, axes, strict=False)):
            _bars(ax, panel)
            ax.set_ylim(0, 1.18 * (most or 1.0))
            ax.set_ylabel("" if place % columns else "weights [%]")
            ax.set_xlabel("level" if place + columns >= len(panels) else "")
            ax.set_title(panel.title)
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        zero = any(0 in panel.shares for panel in panels)
        dark = "Zero is hatched, its share written above." if zero else ""
        sentence(drawn, "Share of weights at each level.", dark)
        settle(drawn)
    return drawn


def _bars(ax: Axes, panel: Panel) -> None:
    levels = sorted(panel.shares)
    shares = [100 * panel.shares[level] for level in levels]
    step = min((high - low for low, high in itertools.pairwise(levels)), default=1)
    bars = ax.bar(levels, shares, width=_BAR * step, color=SKY, linewidth=0)
    for level, share, bar in zip(levels, shares, bars, strict=True):
        if level == 0:
            bar.set(facecolor=VERMILION, edgecolor="white", hatch="////")
            ax.annotate(
                f"{share:.1f} %",
                xy=(0, share),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=SMALL_PT,
            )
    ax.set_xlim(levels[0] - step, levels[-1] + step)
    if levels[-1] - levels[0] < _MOST_TICKS * step:
        ax.set_xticks(levels)
    else:
        ax.locator_params(axis="x", integer=True, nbins=_FEW_TICKS)
