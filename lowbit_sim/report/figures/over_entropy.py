"""Accuracy over the entropy of a weight: level sets where they are, floats as lines across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lowbit_sim.report.figures.labels import count_words, is_variant, level_words, spaced
from lowbit_sim.report.figures.points import (
    Panel,
    Point,
    check,
    draw_curve,
    limit_accuracy,
    looks,
    remarks,
)
from lowbit_sim.report.figures.style import (
    GREY,
    SMALL_PT,
    Look,
    figure,
    sentence,
    settle,
    shared_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN, _PANEL_IN, _FRAME_IN = 7.0, 2.85, 0.8
#: between one level set of two curves, and between neighbouring labels below the axis [pt]
_ASIDE_PT, _LABEL_PT = 3.5, 23.0
#: from the axis to its labels, and to its title below labels of two lines and of three [pt]
_DOWN_PT, _TITLE_DOWN_PT = 13, (36, 47)
#: of the lines across; the first is that of the first curve's fp32
_DASHES = ((0, (7, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), (0, (3, 3)))


def draw_over_entropy(panels: Sequence[Panel]) -> Figure:
    """Return the figure; ValueError if there is no panel, or one without points."""
    check(panels)
    look_of = looks(panels)
    height = _PANEL_IN * len(panels) + _FRAME_IN
    with figure(_WIDTH_IN, height, rows=len(panels)) as (drawn, axes):
        for panel, ax in zip(panels, axes, strict=True):
            for place, (name, points) in enumerate(panel.curves.items()):
                aside_pt = (place - (len(panel.curves) - 1) / 2) * _ASIDE_PT
                levels = [point for point in points if not point.is_float]
                along = (lambda point: point.entropy_bits, aside_pt)
                draw_curve(ax, look_of[name], name, levels, along)
                _draw_floats(ax, look_of, name, points)
            _axis(ax, panel)
        all_points = [point for panel in panels for point in panel.points]
        banded = any(point.is_float and point.has_interval for point in all_points)
        what = "Accuracy over the entropy of a weight."
        sentence(drawn, what, remarks(all_points, "bars and bands" if banded else "bars"))
        shared_legend(drawn, axes)
        settle(drawn)
        for panel, ax in zip(panels, axes, strict=True):
            _label_levels(ax, panel)
    return drawn


def _draw_floats(ax: Axes, look_of: dict[str, Look], name: str, points: Sequence[Point]) -> None:
    """Draw the floats of a curve as lines across, each with its interval as a band."""
    for nth, point in enumerate(point for point in points if point.is_float):
        mean, half = 100 * point.mean_fraction, 100 * point.half_width_fraction
        place = list(look_of).index(name) + nth * len(look_of)
        dash, colour = _DASHES[place % len(_DASHES)], look_of[name].colour
        label = f"{name}, {count_words(point.weight_format)}"
        ax.axhline(mean, color=colour, linestyle=dash, linewidth=1.0, label=label, zorder=1.5)
        if point.has_interval:
            ax.axhspan(mean - half, mean + half, color=colour, alpha=0.13, lw=0, zorder=0.5)


def _axis(ax: Axes, panel: Panel) -> None:
    levels = [point for point in panel.points if not point.is_float]
    entropies = [point.entropy_bits for point in levels] or [0.0, 1.0]
    margin = 0.04 * (max(entropies) - min(entropies)) + 0.05
    ax.set_xlim(min(entropies) - margin, max(entropies) + margin)
    ax.set_xticks(sorted({point.entropy_bits for point in levels}), labels="")
    lines = any(is_variant(point.weight_format) for point in levels)
    what = "number of levels of a weight, and below it its entropy [bit]"
    ax.set_xlabel(what, labelpad=_TITLE_DOWN_PT[lines])
    limit_accuracy(ax, panel.points)
    ax.set_ylabel("accuracy [%]")
    ax.set_title(panel.title)


def _label_levels(ax: Axes, panel: Panel) -> None:
    """Write every level set below the axis, with a line to its entropy."""
    named = {(p.entropy_bits, p.weight_format) for p in panel.points if not p.is_float}
    ordered = sorted(named, key=lambda pair: (pair[0], is_variant(pair[1]), pair[1]))
    low, high = ax.get_xlim()
    wide_pt = ax.get_window_extent().width / ax.figure.dpi * 72
    gap = _LABEL_PT * (high - low) / wide_pt
    line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
    settled = spaced([entropy for entropy, _ in ordered], gap)
    for (entropy, name), place in zip(ordered, settled, strict=True):
        text = ax.annotate(
            level_words(name, entropy),
            xy=(entropy, 0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(place, -_DOWN_PT),
            textcoords=("data", "axes points"),
            ha="center",
            va="top",
            fontsize=SMALL_PT,
            linespacing=1.15,
            arrowprops={**line, "relpos": (0.5, 1.0)},
            annotation_clip=False,
        )
        text.set_in_layout(False)
