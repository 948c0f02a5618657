"""Formats as points of a curve: what accuracy figures draw, and how one curve is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lowbit_sim.report.figures.labels import is_variant
from lowbit_sim.report.figures.style import Look, demand, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: a float has at least so many bits, a set of levels fewer
_FLOAT_BITS = 16
#: how far an open marker stands beside a full one at the same place [pt]
_VARIANT_PT = 4.0
#: where a curve has x, and how far beside it is drawn [pt]
Along = tuple[Callable[["Point"], float], float]


@dataclass(frozen=True, slots=True)
class Point:
    """One format of a curve.

    Parameters
    ----------
    weight_format : str
    entropy_bits : float
        log2 of the number of levels; 32 for fp32.
    memory_bits : int
        Of all weights.
    mean_fraction, half_width_fraction : float
        Mean accuracy over seeds, and half its 95 % interval (infinite for one seed: no bar).
    """

    weight_format: str
    entropy_bits: float
    memory_bits: int
    mean_fraction: float
    half_width_fraction: float

    @property
    def is_float(self) -> bool:
        """Whether this is no set of levels."""
        return self.entropy_bits >= _FLOAT_BITS

    @property
    def has_interval(self) -> bool:
        """Whether there is more than one seed behind the mean."""
        return math.isfinite(self.half_width_fraction)


@dataclass(frozen=True, slots=True)
class Panel:
    """One family of networks: a title, and for every curve's name its points."""

    title: str
    curves: Mapping[str, tuple[Point, ...]]

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of all curves."""
        return tuple(point for points in self.curves.values() for point in points)


def check(panels: Sequence[Panel]) -> None:
    """Demand panels, each with curves, each with points; ValueError if any is empty."""
    demand(panels, "panels")
    for panel in panels:
        demand(panel.curves, f"curves of {panel.title}")
        for name, points in panel.curves.items():
            demand(points, f"points of {panel.title}, {name}")


def looks(panels: Sequence[Panel]) -> dict[str, Look]:
    """Return one look for each curve's name, the same in all panels."""
    names = dict.fromkeys(name for panel in panels for name in panel.curves)
    return {name: look(place) for place, name in enumerate(names)}


def remarks(points: Sequence[Point], marks: str) -> str:
    """Return the sentences that say what a point, its `marks` and their absence mean."""
    if not any(point.has_interval for point in points):
        return "Every point is a single seed."
    means = f"Points are means over seeds, {marks} 95 % intervals."
    single = any(not point.has_interval for point in points)
    return f"{means} A point without one is a single seed." if single else means


def limit_accuracy(ax: Axes, points: Sequence[Point], margin: float = 0.06) -> None:
    """Let y reach over all means and intervals, and `margin` of that range beyond."""
    ends = []
    for point in points:
        half = point.half_width_fraction if point.has_interval else 0.0
        ends += [100 * (point.mean_fraction - half), 100 * (point.mean_fraction + half)]
    room = margin * (max(ends) - min(ends)) or 1.0
    ax.set_ylim(min(ends) - room, max(ends) + room)


def draw_curve(ax: Axes, how: Look, name: str, points: Sequence[Point], along: Along) -> None:
    """Draw a line through the plain level sets, open markers for the others, and the intervals.

    Parameters
    ----------
    ax : Axes
    how : Look
    name : str
        Its label in the legend.
    points : sequence of Point
    along : tuple
        What gives the x of a point, and how many points of 1/72 inch beside it it is drawn.
    """
    x_of, aside_pt = along
    ordered = sorted(points, key=x_of)
    plain = [point for point in ordered if not is_variant(point.weight_format)]
    other = [point for point in ordered if is_variant(point.weight_format)]
    if plain:
        _draw(ax, plain, along, {"label": name, "linestyle": how.dash}, how)
    if other:
        beside = (x_of, aside_pt + math.copysign(_VARIANT_PT, aside_pt) if aside_pt else 0.0)
        label = f"{name}, other level set"
        _draw(ax, other, beside, {"label": label, "linestyle": "", "mfc": "white"}, how)


def _draw(
    ax: Axes, points: Sequence[Point], along: Along, style: dict[str, Any], how: Look
) -> None:
    from matplotlib.transforms import ScaledTranslation  # noqa: PLC0415  (an extra)

    x_of, aside_pt = along
    moved = ax.transData + ScaledTranslation(aside_pt / 72, 0, ax.figure.dpi_scale_trans)
    known = [point for point in points if point.has_interval]
    if known:
        xs, means = [x_of(p) for p in known], [100 * p.mean_fraction for p in known]
        halves = [100 * p.half_width_fraction for p in known]
        bars: dict[str, Any] = {
            "fmt": "none",
            "elinewidth": 1.0,
            "capsize": 2.0,
            "transform": moved,
        }
        ax.errorbar(xs, means, halves, ecolor=how.colour, **bars)
    xs, means = [x_of(p) for p in points], [100 * p.mean_fraction for p in points]
    style = {"color": how.colour, "marker": how.marker, "transform": moved, **style}
    ax.plot(xs, means, zorder=3, **style)
