"""How training went: validation accuracy after every epoch, over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lowbit_sim.report.figures.style import (
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

_WIDTHS_IN, _PANEL_IN, _FRAME_IN = (5.6, 7.2, 9.0), 2.7, 0.8
#: height of a row of the legend, which has at most so many columns
_LEGEND_ROW_IN, _LEGEND_COLUMNS = 0.2, 4


@dataclass(frozen=True, slots=True)
class Band:
    """One curve with all its seeds.

    Parameters
    ----------
    name : str
    values : tuple of tuple of float
        For every seed its accuracy after each epoch, 0 to 1. A seed with fewer epochs than
        another, or with a value that is no finite number, diverged there.
    """

    name: str
    values: tuple[tuple[float, ...], ...]

    @property
    def finite(self) -> tuple[tuple[float, ...], ...]:
        """The values of every seed up to where it diverged."""
        return tuple(_until_diverged(seed) for seed in self.values)


@dataclass(frozen=True, slots=True)
class Panel:
    """A title and the bands below it."""

    title: str
    bands: tuple[Band, ...]


def curves(panels: Sequence[Panel]) -> str:
    """Return the figure of accuracy over epochs as SVG: mean, lowest to highest, diverged runs.

    The mean and the band at an epoch are those of the seeds that reached it.

    Raises
    ------
    ValueError
        If there is no panel, one without bands, or a band of which no seed finished an epoch.
    SpecError
        If matplotlib is not installed.
    """
    return to_svg(_draw(panels))


def _draw(panels: Sequence[Panel]) -> Figure:
    _check(panels)
    names = dict.fromkeys(band.name for panel in panels for band in panel.bands)
    looks = {name: look(place) for place, name in enumerate(names)}
    columns = min(len(panels), len(_WIDTHS_IN))
    rows = math.ceil(len(panels) / columns)
    legend_in = _LEGEND_ROW_IN * (len(names) // _LEGEND_COLUMNS)
    size_in = _WIDTHS_IN[columns - 1], rows * _PANEL_IN + _FRAME_IN + legend_in
    with figure(*size_in, columns, rows) as (drawn, axes):
        for panel, ax in zip(panels, axes, strict=False):
            for band in panel.bands:
                _band(ax, band, looks[band.name])
            ax.set_title(panel.title)
            ax.set_xlabel("epoch")
            ax.locator_params(axis="x", integer=True)
        for ax in axes[::columns]:
            ax.set_ylabel("validation accuracy [%]")
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        sentence(drawn, *_remarks(panels))
        shared_legend(drawn, axes[: len(panels)], _LEGEND_COLUMNS)
        settle(drawn)
    return drawn


def _check(panels: Sequence[Panel]) -> None:
    demand(panels, "panels")
    for panel in panels:
        demand(panel.bands, f"bands of {panel.title}")
        for band in panel.bands:
            demand(any(band.finite), f"epochs of {panel.title}, {band.name}")


def _remarks(panels: Sequence[Panel]) -> tuple[str, ...]:
    bands = [band for panel in panels for band in panel.bands]
    several = any(len(band.values) > 1 for band in bands)
    over = "mean over seeds, and the band from the lowest to the highest" if several else "one seed"
    diverged = any(len(seed) < _epochs(band) for band in bands for seed in band.finite)
    crosses = "A cross ends a run that diverged." if diverged else ""
    return f"Validation accuracy after every epoch: {over}.", crosses


def _epochs(band: Band) -> int:
    """Return how many epochs a run of this band has if it does not diverge."""
    return max(len(seed) for seed in band.values)


def _until_diverged(seed: tuple[float, ...]) -> tuple[float, ...]:
    end = next((epoch for epoch, value in enumerate(seed) if not math.isfinite(value)), len(seed))
    return seed[:end]


def _band(ax: Axes, band: Band, how: Look) -> None:
    longest = max(len(seed) for seed in band.finite)
    epochs = range(1, longest + 1)
    reached = [
        [100 * seed[epoch - 1] for seed in band.finite if len(seed) >= epoch] for epoch in epochs
    ]
    means = [math.fsum(there) / len(there) for there in reached]
    marks: dict[str, Any] = {
        "marker": how.marker,
        "markevery": max(1, longest // 6),
        "markersize": 3.5,
    }
    ax.plot(epochs, means, color=how.colour, linestyle=how.dash, label=band.name, **marks)
    if len(band.values) > 1:
        lowest, highest = [min(there) for there in reached], [max(there) for there in reached]
        ax.fill_between(epochs, lowest, highest, color=how.colour, alpha=0.15, linewidth=0)
    for seed in band.finite:
        if len(seed) < _epochs(band):
            _cross(ax, seed, how.colour)


def _cross(ax: Axes, seed: tuple[float, ...], colour: str) -> None:
    """Mark the last value of a seed that diverged, or the foot of the axis if it has none."""
    cross: dict[str, Any] = {
        "marker": "x",
        "color": colour,
        "markersize": 6.0,
        "mew": 1.6,
        "zorder": 4,
    }
    if seed:
        ax.plot([len(seed)], [100 * seed[-1]], **cross)
    else:
        ax.plot([1], [0.03], transform=ax.get_xaxis_transform(), **cross)
