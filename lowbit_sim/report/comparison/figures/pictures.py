"""All figures of a comparison: as SVG for its page, or written as files."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowbit_sim.atomic import write_atomically
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.figures.dram import dram
from lowbit_sim.report.comparison.figures.energy import energy
from lowbit_sim.report.comparison.figures.layers import layers
from lowbit_sim.report.comparison.figures.pareto import pareto
from lowbit_sim.report.comparison.figures.roofline import roofline
from lowbit_sim.report.comparison.figures.sure import sure
from lowbit_sim.report.comparison.figures.tornado import tornado
from lowbit_sim.report.figures.style import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = Callable[[Judgement], "Figure | None"]

#: name of a file: what draws it, and what it shows
FIGURES: Mapping[str, tuple[Draw, str]] = {
    "pareto": (
        pareto,
        "Accuracy against energy times delay of every candidate, with the Pareto front.",
    ),
    "sure": (sure, "How often each weight format is the best on each machine."),
    "dram": (dram, "Which weight format wins on each machine over the energy of a DRAM bit."),
    "tornado": (tornado, "How far the lead of a winner moves with one price at a time."),
    "energy": (energy, "Where the energy of each machine's winner goes, by groups of parts."),
    "roofline": (roofline, "Rooflines of the machines, with their winners as points."),
    "layers": (layers, "Cycles of every layer of the overall winners, by what bounds them."),
}
#: endings of files, and what keeps their bytes the same from run to run
ENDINGS: Mapping[str, Mapping[str, None]] = {
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
_DOTS_PER_INCH = 200


def pictures(judgement: Judgement) -> dict[str, tuple[str, str]]:
    """Return each figure's file name with what it shows and its SVG.

    A figure that has nothing to show is left out: without a winner there is no roofline.

    Raises
    ------
    SpecError
        If matplotlib is not installed, or the table of published DRAM energies is faulty.
    ValueError
        If the judgement holds no contest.
    """
    return {f"{name}.svg": (words, to_svg(drawn)) for name, words, drawn in _drawn(judgement)}


def save(judgement: Judgement, folder: Path, ending: str) -> list[Path]:
    """Write each figure to `folder`, whole or not at all, and return the paths.

    Parameters
    ----------
    judgement : Judgement
    folder : Path
    ending : {"svg", "pdf", "png"}

    Raises
    ------
    SpecError
        As `pictures`, or if the folder cannot be written.
    ValueError
        If there is no such ending, or the judgement holds no contest.
    """
    if ending != "svg" and ending not in ENDINGS:
        raise ValueError(f"figures end in svg, {', '.join(ENDINGS)}, not in {ending!r}")
    paths = []
    for name, _, drawn in _drawn(judgement):
        paths.append(folder / f"{name}.{ending}")
        write_atomically(paths[-1], to_svg(drawn) if ending == "svg" else _bytes(drawn, ending))
    return paths


def _drawn(judgement: Judgement) -> list[tuple[str, str, Figure]]:
    found = [(name, words, draw(judgement)) for name, (draw, words) in FIGURES.items()]
    return [(name, words, drawn) for name, words, drawn in found if drawn is not None]


def _bytes(drawn: Figure, ending: str) -> bytes:
    """Return a figure as a file, the same whatever a user's own settings say."""
    import matplotlib as mpl  # noqa: PLC0415  (an extra: only figures need it)

    stream = io.BytesIO()
    how: dict[str, Any] = {"dpi": _DOTS_PER_INCH, "metadata": dict(ENDINGS[ending])}
    with mpl.rc_context():
        mpl.rcdefaults()
        drawn.savefig(stream, format=ending, **how)
    return stream.getvalue()
