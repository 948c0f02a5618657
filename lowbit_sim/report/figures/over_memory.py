"""Accuracy over the memory of all weights, every point with its number of levels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lowbit_sim.report.figures.labels import count_words, is_variant
from lowbit_sim.report.figures.placing import Box, Wanted, places
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
    from matplotlib.text import Annotation

_KIB_BITS = 2**13
_WIDTH_IN, _PANEL_IN, _FRAME_IN = 7.0, 2.8, 0.8
_MOST_TICKS = 10
#: half the side of what a marker covers, and of a piece of a line [pt]
_MARKER_PT, _PIECE_PT = 3.0, 1.0


def draw_over_memory(panels: Sequence[Panel]) -> Figure:
    """Return the figure; ValueError if there is no panel, or one without points."""
    check(panels)
    look_of = looks(panels)
    height = _PANEL_IN * len(panels) + _FRAME_IN
    with figure(_WIDTH_IN, height, rows=len(panels)) as (drawn, axes):
        for panel, ax in zip(panels, axes, strict=True):
            for name, points in panel.curves.items():
                draw_curve(ax, look_of[name], name, points, (_kib, 0.0))
            _axis(ax, panel)
        all_points = [point for panel in panels for point in panel.points]
        what = "Accuracy over the memory of all weights."
        numbers = "The number at a point is that of its levels."
        sentence(drawn, what, numbers, remarks(all_points, "bars"))
        shared_legend(drawn, axes)
        settle(drawn)
        for panel, ax in zip(panels, axes, strict=True):
            _label_points(ax, panel, look_of)
    return drawn


def _kib(point: Point) -> float:
    return point.memory_bits / _KIB_BITS


def _axis(ax: Axes, panel: Panel) -> None:
    """Make x logarithmic, with few enough powers of two as ticks."""
    kibs = [_kib(point) for point in panel.points]
    ax.set_xscale("log", base=2)
    low, high = math.floor(math.log2(min(kibs))), math.ceil(math.log2(max(kibs)))
    step = math.ceil((high - low + 1) / _MOST_TICKS)
    ticks = [2.0**power for power in range(low, high + 1, step)]
    ax.set_xticks(ticks, labels=[f"{tick:,.10g}" for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_xlim(min(kibs) / 1.25, max(kibs) * 1.25)
    limit_accuracy(ax, panel.points, margin=0.16)
    ax.set_xlabel("memory of all weights [KiB], logarithmic")
    ax.set_ylabel("accuracy [%]")
    ax.set_title(panel.title)


def _label_points(ax: Axes, panel: Panel, look_of: dict[str, Look]) -> None:
    """Write beside every point its number of levels, in the colour of its curve."""
    texts: list[tuple[Annotation, Wanted]] = []
    obstacles: list[Box] = []
    point_px = ax.figure.dpi / 72
    for name, points in panel.curves.items():
        ordered = sorted(points, key=_kib)
        obstacles += _covered(ax, ordered, point_px)
        texts += [_label(ax, point, look_of[name].colour) for point in ordered]
    inside = Box(*ax.get_window_extent().extents)
    found = places([wanted for _, wanted in texts], obstacles, inside, point_px)
    for (text, _), (right, up) in zip(texts, found, strict=True):
        text.set_position((right / point_px, up / point_px))


def _label(ax: Axes, point: Point, colour: str) -> tuple[Annotation, Wanted]:
    """Write a label on its point, and say what room it wants."""
    from matplotlib.text import Text  # noqa: PLC0415  (an extra: only figures need it)

    at = (_kib(point), 100 * point.mean_fraction)
    text = ax.annotate(
        count_words(point.weight_format),
        xy=at,
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SMALL_PT,
        color=colour,
        arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.5, "shrinkA": 0, "shrinkB": 2},
        zorder=4,
    )
    text.set_in_layout(False)
    extent = Text.get_window_extent(text)  # without its line
    x, y = ax.transData.transform(at).tolist()
    return text, Wanted(x, y, extent.width, extent.height)


def _covered(ax: Axes, points: Sequence[Point], point_px: float) -> Iterator[Box]:
    """Give what a curve covers: markers with their bars, and the line in short pieces."""
    corners = []
    for point in points:
        x, mean = _kib(point), 100 * point.mean_fraction
        half = 100 * point.half_width_fraction if point.has_interval else 0.0
        ends = ax.transData.transform([(x, mean - half), (x, mean), (x, mean + half)])
        (left, low), (_, middle), (_, high) = ends.tolist()
        room = _MARKER_PT * point_px
        yield Box(left - room, min(low, middle - room), left + room, max(high, middle + room))
        if not is_variant(point.weight_format):
            corners.append((left, middle))
    room = _PIECE_PT * point_px
    for (left, low), (right, high) in itertools.pairwise(corners):
        pieces = math.ceil(math.hypot(right - left, high - low) / (2 * room)) or 1
        for piece in range(pieces):
            x = left + (piece + 0.5) / pieces * (right - left)
            y = low + (piece + 0.5) / pieces * (high - low)
            yield Box(x - room, y - room, x + room, y + room)
