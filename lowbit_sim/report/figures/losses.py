"""What each format costs against fp32: a forest plot, with the margin and the verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lowbit_sim.report.figures.style import (
    BLUE,
    GREEN,
    GREY,
    SMALL_PT,
    VERMILION,
    demand,
    figure,
    sentence,
    settle,
    to_svg,
)
from lowbit_sim.study.comparison import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN, _ROW_IN, _PANEL_IN, _FRAME_IN = 6.6, 0.19, 0.75, 0.4
#: colour and marker of each verdict
_LOOKS: dict[Verdict, tuple[str, str]] = {
    "comparable": (GREEN, "o"),
    "worse": (VERMILION, "v"),
    "better": (BLUE, "^"),
    "undecided": (GREY, "D"),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """One row.

    Parameters
    ----------
    name : str
        What is compared with fp32, as it is to be written.
    loss_fraction, half_width_fraction : float
        Mean of fp32 less this, and half its 95 % interval (infinite for one seed: no bar).
    verdict : {"comparable", "worse", "better", "undecided"}
    """

    name: str
    loss_fraction: float
    half_width_fraction: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Panel:
    """A title, the margin within which a loss does not matter, and rows from top to bottom."""

    title: str
    margin_fraction: float
    losses: tuple[Loss, ...]


def losses(panels: Sequence[Panel]) -> str:
    """Return the forest plot of losses against fp32 as SVG, the panels one below another.

    Raises
    ------
    ValueError
        If there is no panel, or one without rows.
    SpecError
        If matplotlib is not installed.
    """
    return to_svg(_draw(panels))


def _draw(panels: Sequence[Panel]) -> Figure:
    demand(panels, "panels")
    for panel in panels:
        demand(panel.losses, f"losses of {panel.title}")
    heights = [_PANEL_IN + _ROW_IN * len(panel.losses) for panel in panels]
    height_in = sum(heights) + _FRAME_IN
    with figure(_WIDTH_IN, height_in, 1, len(panels), heights) as (drawn, axes):
        for panel, ax in zip(panels, axes, strict=True):
            _forest(ax, panel)
        limits = [limit for ax in axes for limit in ax.get_xlim()]
        for ax in axes:
            ax.set_xlim(min(limits), max(limits))
        sentence(drawn, *_remarks(panels))
        settle(drawn)
    return drawn


def _remarks(panels: Sequence[Panel]) -> tuple[str, ...]:
    rows = [row for panel in panels for row in panel.losses]
    known = [math.isfinite(row.half_width_fraction) for row in rows]
    margins = dict.fromkeys(f"{100 * panel.margin_fraction:g}" for panel in panels)
    shade = f"The shade is the margin of ±{' or ±'.join(margins)} points."
    if not any(known):
        return "Loss of accuracy against fp32 with one seed; right is worse.", shade
    what = "Loss of accuracy against fp32 with its 95 % interval; right is worse."
    return what, shade, "" if all(known) else "A point without a bar is a single seed."


def _forest(ax: Axes, panel: Panel) -> None:
    margin = 100 * panel.margin_fraction
    ax.axvspan(-margin, margin, color=GREEN, alpha=0.13, linewidth=0, zorder=0.5)
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    for place, row in enumerate(panel.losses):
        colour, marker = _LOOKS[row.verdict]
        loss, half = 100 * row.loss_fraction, 100 * row.half_width_fraction
        if math.isfinite(half):
            bar: dict[str, Any] = {
                "fmt": "none",
                "ecolor": colour,
                "elinewidth": 1.3,
                "capsize": 2.0,
            }
            ax.errorbar([loss], [place], xerr=[half], **bar)
        ax.plot([loss], [place], color=colour, marker=marker, linestyle="", zorder=3)
        ax.annotate(
            row.verdict,
            xy=(1.015, place),
            xycoords=ax.get_yaxis_transform(),
            va="center",
            color=colour,
            fontsize=SMALL_PT,
            annotation_clip=False,
        )
    ax.set_yticks(range(len(panel.losses)), labels=[row.name for row in panel.losses])
    ax.set_ylim(len(panel.losses) - 0.4, -0.6)
    ax.set_xlabel("loss of accuracy against fp32 [points]")
    ax.set_title(panel.title)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
