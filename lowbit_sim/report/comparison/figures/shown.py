"""What all figures of a comparison share: its first regime, and the faces of its formats."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lowbit_sim.judge.candidate import Machine
from lowbit_sim.judge.contest import Contest
from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.report.figures.labels import count_words, is_variant
from lowbit_sim.report.figures.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: of lines alone: dots would make an SVG ten times as large
HATCHES = (
    *("", "////", "----", "\\\\\\\\", "||||", "xxxx", "++++", "//--", "\\\\||"),
    *("//||", "\\\\--", "xx--", "xx||"),
)
#: markers, after which they come again hollow
_MARKERS = 9


class Face(NamedTuple):
    """How one format is told from the others: by colour, and by marker or hatch without it.

    A hollow marker is `inside` white.
    """

    colour: str
    marker: str
    inside: str
    hatch: str


def first_regime(judgement: Judgement) -> tuple[Decided, ...]:
    """Return the contests under the regime of the first, one for each network.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not judgement.decided:
        raise ValueError("there are no contests to draw")
    regime = judgement.decided[0].contest.regime
    return tuple(one for one in judgement.decided if one.contest.regime == regime)


def faces(decided: Sequence[Decided]) -> dict[str, Face]:
    """Return one face for each format, the same in all panels; 13 differ without their colour."""
    names = dict.fromkeys(name for one in decided for name in one.contest.formats)
    return {name: _face(place) for place, name in enumerate(names)}


def _face(place: int) -> Face:
    colour, marker, _ = look(place)
    inside = colour if place // _MARKERS % 2 == 0 else "white"
    return Face(colour, marker, inside, HATCHES[place % len(HATCHES)])


def format_words(weight_format: str) -> str:
    """Return a short name that reads by itself.

    Examples
    --------
    >>> format_words("levels_3"), format_words("levels_7_pow2"), format_words("int8")
    ('3 levels', '7 levels pow2', 'int8')
    """
    short = count_words(weight_format)
    if short == weight_format:
        return short
    count, _, kind = short.partition(" ")
    return f"{count} levels {kind}" if is_variant(weight_format) else f"{count} levels"


def machines_of(decided: Sequence[Decided]) -> dict[tuple[str, str], str]:
    """Return the key of every machine with its name, and its technology where names repeat."""
    found: dict[tuple[str, str], Machine] = {}
    for one in decided:
        found |= {machine.key: machine for machine in one.contest.machines}
    names = [machine.name for machine in found.values()]
    return {
        key: name if names.count(name) == 1 else f"{name} ({technology})"
        for key, (name, technology) in zip(found, found, strict=True)
    }


def height(rows: int, panels: int, of_row_in: float = 0.2) -> float:
    """Return how high a figure of `panels` below each other is that has `rows` in each [in]."""
    return panels * (rows * of_row_in + 0.75) + 1.5


def shares_by_format(
    contest: Contest, fractions: Mapping[int | None, float]
) -> dict[str | None, float]:
    """Return how often each format is the best; None stands for no eligible one."""
    found: dict[str | None, float] = {}
    for place, fraction in fractions.items():
        name = None if place is None else contest.candidates[place].weight_format
        found[name] = found.get(name, 0.0) + fraction
    return found


def legend_of_formats(drawn: Figure, named: Mapping[str, Face], used: Collection[str]) -> None:
    """Write a legend of the formats in `used` below all panels, as hatched patches."""
    from matplotlib.patches import Patch  # noqa: PLC0415  (an extra)

    patches = [
        Patch(facecolor=face.colour, hatch=face.hatch, edgecolor="white", label=format_words(name))
        for name, face in named.items()
        if name in used
    ]
    columns = math.ceil(len(patches) / math.ceil(len(patches) / 7)) if patches else 1
    drawn.legend(handles=patches, loc="outside lower center", ncols=columns, handlelength=2.2)
