"""The map of an exploration, and its front: area against energy, coloured by precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.report.exploration.regions import Map, Member
from lowbit_sim.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    figure,
    sentence,
    settle,
)
from lowbit_sim.report.wording import format_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_UM2_PER_MM2, _PJ_PER_UJ = 1e6, 1e6
_COLOURS = (SKY, BLUE, GREEN, ORANGE, VERMILION, PURPLE, BLACK, GREY)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")


def colours(members: Sequence[Member]) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for each format, in the order of the numbers of levels."""
    names = sorted({str(one["weight_format"]) for one in members}, key=_entropy)
    return {
        name: (_COLOURS[at % len(_COLOURS)], _MARKERS[at % len(_MARKERS)])
        for at, name in enumerate(names)
    }


def _entropy(name: str) -> tuple[float, str]:
    from lowbit_sim.formats.catalogue import FORMATS  # noqa: PLC0415 (kept with its only use)

    return FORMATS[name].entropy_bits, name


def map_figure(found: Sequence[Map]) -> Figure:
    """Draw a panel for each network and rule."""
    named = colours([one for each in found for one in each.members])
    workloads = list(dict.fromkeys(one.workload for one in found))
    columns = len(found) // len(workloads)
    with figure(9.0, 3.1 * len(workloads) + 1.0, columns, len(workloads)) as (drawn, axes):
        for ax, one in zip(axes, found, strict=True):
            _region(ax, one, named)
        for ax in axes[-columns:]:
            ax.set_xlabel("area budget [mm²]")
        for ax in axes[::columns]:
            ax.set_ylabel("energy budget [µJ]")
        sentence(drawn, "Which precision wins within an area and an energy budget.")
        _legend(drawn, named)
        settle(drawn)
    return drawn


def _region(ax: Axes, one: Map, named: dict[str, tuple[str, str]]) -> None:
    from matplotlib.collections import PolyCollection  # noqa: PLC0415  (an extra)

    runs = list(_runs(one))
    colours_of = [named[name][0] for name, _ in runs]
    corners = [
        [(left, low), (right, low), (right, high), (left, high)]
        for _, (left, right, low, high) in runs
    ]
    drawn = PolyCollection(corners, facecolors=colours_of, edgecolors=colours_of, linewidths=0.3)
    ax.add_collection(drawn)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(one.area_um2[0] / _UM2_PER_MM2, one.area_um2[-1] / _UM2_PER_MM2)
    ax.set_ylim(one.energy_pj[0] / _PJ_PER_UJ, one.energy_pj[-1] / _PJ_PER_UJ)
    ax.grid(visible=False)
    ax.set_title(f"{one.workload}: {one.rule_words}")
    _plain_ticks(ax)


def _runs(one: Map) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Yield each run of budgets with one winner: its format, and its sides [mm², µJ]."""
    areas, energies = _sides(one.area_um2 / _UM2_PER_MM2), _sides(one.energy_pj / _PJ_PER_UJ)
    names = np.array(["", *(str(member["weight_format"]) for member in one.members)])
    for row, found in enumerate(names[one.winners + 1]):
        ends = [0, *(np.flatnonzero(found[1:] != found[:-1]) + 1), len(found)]
        for begin, end in pairwise(ends):
            if found[begin]:
                sides = (areas[begin], areas[end], energies[row], energies[row + 1])
                yield str(found[begin]), sides


def _sides(budgets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the cells of a map begin and end: each begins at its budget."""
    return np.append(budgets, budgets[-1] * budgets[-1] / budgets[-2])


def front_figure(members: Sequence[Member]) -> Figure:
    """Draw the members of each network's front, area against energy × delay."""
    named = colours(members)
    workloads = list(dict.fromkeys(str(one["workload"]) for one in members))
    with figure(9.0, 4.2, len(workloads)) as (drawn, axes):
        for ax, workload in zip(axes, workloads, strict=True):
            for name, (colour, marker) in named.items():
                own = [
                    one
                    for one in members
                    if one["workload"] == workload and one["weight_format"] == name
                ]
                areas = [one["area_um2"] / _UM2_PER_MM2 for one in own]
                energy_delays = [one["energy_pj"] * one["seconds"] for one in own]
                ax.plot(areas, energy_delays, marker, color=colour, ms=4.5)
            ax.set_xscale("log")
            ax.set_yscale("log")
            ax.set_title(workload)
            ax.set_xlabel("area [mm²]")
            _plain_ticks(ax)
        axes[0].set_ylabel("energy × delay of one inference [pJ · s]")
        sentence(drawn, "Designs that no other beats in area, energy, latency and accuracy.")
        _legend(drawn, named, markers=True)
        settle(drawn)
    return drawn


def _plain_ticks(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: PLC0415  (an extra)

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        low, high = axis.get_view_interval()
        if high / low < 10:  # noqa: PLR2004 (less than a decade shows no major tick)
            axis.set_ticks([float(f"{tick:.2g}") for tick in np.geomspace(low * 1.02, high, 4)])
        axis.set_minor_formatter(NullFormatter())


def _legend(drawn: Figure, named: dict[str, tuple[str, str]], *, markers: bool = False) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415  (an extra)

    handles = [
        Line2D([], [], ls="", marker=marker if markers else "s", color=colour, ms=6,
               label=format_words(name))
        for name, (colour, marker) in named.items()
    ]  # fmt: skip
    drawn.legend(handles=handles, loc="outside lower center", ncols=4)
