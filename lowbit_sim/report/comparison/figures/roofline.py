"""The roofline of every machine: how fast its DRAM traffic lets it be, and how fast it is.

Williams, Waterman & Patterson, *Communications of the ACM* 52(4), 2009; the traffic is in bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lowbit_sim.judge.candidate import Candidate
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.facts import Case
from lowbit_sim.report.comparison.figures.shown import first_regime, machines_of
from lowbit_sim.report.figures.style import figure, look, sentence, settle, shared_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_IN = (9.0, 3.1)
#: how far the axis reaches beyond the points and the ridges, as a factor
_BEYOND = 2.0


def roofline(judgement: Judgement) -> Figure | None:
    """Draw the winners of each network under their machines' roofs; None if nobody wins."""
    decided = first_regime(judgement)
    machines = machines_of(decided)
    winners = [
        [one for verdict in each.verdicts if (one := Case(each, verdict).winner) and one.dram_bits]
        for each in decided
    ]
    if not any(winners):
        return None
    wide, high = _PANEL_IN
    with figure(wide, high * len(decided) + 1.6, rows=len(decided)) as (drawn, axes):
        for ax, each, found in zip(axes, decided, winners, strict=True):
            _panel(ax, found, machines)
            ax.set_title(each.contest.workload if found else f"{each.contest.workload}: no winner")
        axes[-1].set_xlabel("MACs per bit of DRAM traffic")
        sentence(
            drawn,
            "Each machine's winner under its roof: what its DRAM lets through, and what its array",
            "does at most in the winning format.",
        )
        shared_legend(drawn, axes, columns=4)
        settle(drawn)
    return drawn


def intensity(one: Candidate) -> float:
    """Return the MACs for each bit of DRAM traffic."""
    return one.macs / one.dram_bits


def macs_per_s(one: Candidate) -> float:
    """Return the MACs that an inference does in a second."""
    return one.macs / one.seconds


def roof_macs_per_s(one: Candidate, macs_per_bit: float) -> float:
    """Return the most that a candidate could do at an intensity [MAC/s]."""
    machine = one.machine
    through = machine.dram_bits_per_cycle * macs_per_bit
    return machine.clock_hz * min(one.peak_macs_per_cycle, through)


def _ridge(one: Candidate) -> float:
    """Return the intensity from which on the array is the limit."""
    return one.peak_macs_per_cycle / one.machine.dram_bits_per_cycle


def _panel(ax: Axes, winners: Sequence[Candidate], machines: dict[tuple[str, str], str]) -> None:
    ax.set_ylabel("MACs per second")
    ax.grid(visible=True, axis="both")
    if not winners:
        return
    ends = [end for one in winners for end in (intensity(one), _ridge(one))]
    low, high = min(ends) / _BEYOND, max(ends) * _BEYOND
    for one in winners:
        face = look(list(machines).index(one.machine.key))
        xs = sorted({low, max(low, min(high, _ridge(one))), high})
        roof = [roof_macs_per_s(one, x) for x in xs]
        ax.plot(xs, roof, color=face.colour, linestyle=face.dash, linewidth=0.7)
        name = machines[one.machine.key]
        at = [intensity(one)], [macs_per_s(one)]
        how: dict[str, Any] = {"color": face.colour, "marker": face.marker, "mfc": "none"}
        ax.plot(*at, linestyle="", ms=6.5, mew=1.4, zorder=3, label=name, **how)
    ax.set_xscale("log")
    ax.set_yscale("log")
