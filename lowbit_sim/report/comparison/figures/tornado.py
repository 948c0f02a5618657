"""How far the lead of a winner moves with one price at a time, for the verdicts most in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.judge.sensitivity import Sensitivity
from lowbit_sim.report.comparison.facts import Case, cases, overturned
from lowbit_sim.report.comparison.figures.shown import first_regime, format_words, machines_of
from lowbit_sim.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SMALL_PT,
    figure,
    sentence,
    settle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: so many verdicts, and so many rows of each
VERDICTS, ROWS = 2, 8
_WIDTH_IN, _ROW_IN, _FRAME_IN = 9.0, 0.28, 1.1


def tornado(judgement: Judgement) -> Figure | None:
    """Draw the lead at both ends of the band of every row; None if no verdict has a rival."""
    decided = first_regime(judgement)
    found = most_in_doubt(judgement)
    if not found:
        return None
    machines = machines_of(decided)
    rows = max(min(len(case.verdict.sensitivities), ROWS) for case in found)
    high = len(found) * (rows * _ROW_IN + _FRAME_IN) + 1.2
    with figure(_WIDTH_IN, high, rows=len(found)) as (drawn, axes):
        for ax, case in zip(axes, found, strict=True):
            _panel(ax, case, machines[case.verdict.machine.key])
        axes[-1].set_xlabel("lead: energy × delay of the best other format over the winner's")
        sentence(
            drawn,
            "How far a winner's lead moves if one price alone is as low or as high as it may be:",
            "the verdicts most in doubt. Left of the black line another format wins.",
            "* and hatched: the price is assumed.",
        )
        handles = _handles()
        drawn.legend(handles=handles, loc="outside lower center", ncols=len(handles))
        settle(drawn)
    return drawn


def most_in_doubt(judgement: Judgement) -> list[Case]:
    """Return the cases that most rows overturn, then those whose leads move most, in order."""
    regime = first_regime(judgement)[0].contest.regime
    found = [case for case in cases(judgement, regime) if case.verdict.sensitivities]
    return sorted(found, key=_doubt, reverse=True)[:VERDICTS]


def _doubt(case: Case) -> tuple[int, float]:
    return len(overturned(case)), case.verdict.sensitivities[0].swing


def _panel(ax: Axes, case: Case, machine: str) -> None:
    shown = case.verdict.sensitivities[:ROWS]
    for row, one in enumerate(shown):
        _bars(ax, row, one)
    lead = shown[0].lead
    ax.axvline(1.0, color=BLACK, linewidth=1.4, zorder=4)
    ax.axvline(lead, color=GREY, linewidth=0.9, zorder=4)
    ax.set_yticks(range(len(shown)), [_words(one) for one in shown])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ends = [1.0, *(end for one in shown for end in (one.lead_low, one.lead_high, one.lead))]
    room = 0.12 * (max(ends) - min(ends)) or 0.1
    ax.set_xlim(min(ends) - room, max(ends) + room)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    winner = "" if case.winner is None else f": {format_words(case.winner.weight_format)} leads"
    network = case.decided.contest.workload
    ax.set_title(f"{network} on {machine}{winner} by {lead:.3f}")


def _words(one: Sensitivity) -> str:
    _, _, row = one.row.partition(" ")
    return f"{row}{' *' if one.confidence == 'assumed' else ''} (×÷ {one.band:g})"


def _bars(ax: Axes, row: int, one: Sensitivity) -> None:
    hatch = "////" if one.confidence == "assumed" else ""
    low_is_left = one.lead_low <= one.lead_high
    for end, colour, left in (
        (one.lead_low, BLUE, low_is_left),
        (one.lead_high, ORANGE, not low_is_left),
    ):
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "white"}
        aside = 0.2 if left else -0.2
        ax.barh(row + aside, end - one.lead, 0.4, one.lead, linewidth=0.4, zorder=3, **look)
        ax.annotate(
            f"{end:.3f}",
            (end, row + aside),
            xytext=(-3 if end < one.lead else 3, 0),
            textcoords="offset points",
            ha="right" if end < one.lead else "left",
            va="center",
            fontsize=SMALL_PT - 2,
        )


def _handles() -> list[Any]:
    from matplotlib.lines import Line2D  # noqa: PLC0415  (an extra)
    from matplotlib.patches import Patch  # noqa: PLC0415

    return [
        Patch(facecolor=BLUE, label="price low"),
        Patch(facecolor=ORANGE, label="price high"),
        Patch(facecolor=GREY, hatch="////", edgecolor="white", label="assumed"),
        Line2D([], [], color=GREY, linewidth=0.9, label="lead as judged"),
        Line2D([], [], color=BLACK, linewidth=1.4, label="level"),
    ]
