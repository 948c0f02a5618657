"""Where the time of each network's best candidate goes: cycles by layer, and what bounds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lowbit_sim.judge.candidate import Candidate, LayerCost
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.facts import overall
from lowbit_sim.report.comparison.figures.shown import (
    HATCHES,
    first_regime,
    format_words,
    machines_of,
)
from lowbit_sim.report.figures.style import (
    PALETTE,
    SMALL_PT,
    figure,
    sentence,
    settle,
    shared_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_IN = (9.0, 2.7)
#: layers up to which every one is named
_MOST_NAMES = 60


def layers(judgement: Judgement) -> Figure | None:
    """Draw the layers of every network's overall winner; None if nobody wins."""
    decided = first_regime(judgement)
    machines = machines_of(decided)
    winners = [overall(one).winner for one in decided]
    found = [one for one in winners if one is not None and one.layers]
    if not found:
        return None
    bounds = tuple(dict.fromkeys(layer.bound_by for one in found for layer in one.layers))
    wide, high = _PANEL_IN
    with figure(wide, high * len(found) + 1.2, rows=len(found)) as (drawn, axes):
        for ax, one in zip(axes, found, strict=True):
            _panel(ax, one, bounds)
            words = f"{format_words(one.weight_format)} on {machines[one.machine.key]}"
            ax.set_title(f"{one.workload}: {words}")
        what = "Cycles of every layer by what bounds it, in the best format on the best machine."
        ports = "Boundaries count inwards from 0."
        sentence(drawn, what, ports if any(" " in bound for bound in bounds) else "")
        shared_legend(drawn, axes, columns=6)
        settle(drawn)
    return drawn


def _panel(ax: Axes, one: Candidate, bounds: Sequence[str]) -> None:
    for place, bound in enumerate(bounds):
        bars = [
            (row, layer.cycles) for row, layer in enumerate(one.layers) if layer.bound_by == bound
        ]
        if not bars:
            continue
        look: dict[str, Any] = {
            "facecolor": PALETTE[place % len(PALETTE)],
            "hatch": HATCHES[place % len(HATCHES)],
            "edgecolor": "white",
            "linewidth": 0.3,
        }
        ax.bar([row for row, _ in bars], [cycles for _, cycles in bars], 0.82, label=bound, **look)
    step = -(-len(one.layers) // _MOST_NAMES)
    shown = range(0, len(one.layers), step)
    small = SMALL_PT if len(one.layers) <= _MOST_NAMES // 2 else SMALL_PT - 2
    names = [_words(one.layers[row]) for row in shown]
    ax.set_xticks(list(shown), names, rotation=90, fontsize=small)
    ax.set_xlim(-0.6, len(one.layers) - 0.4)
    ax.set_ylabel("cycles")


def _words(layer: LayerCost) -> str:
    """Return the layer's name, with its format where it has weights."""
    return f"{layer.name} {format_words(layer.weight_format)}".rstrip()
