"""One look for all figures, and SVG that depends on nothing but the numbers drawn.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which colour-blind readers tell
apart; the marker and the dash of a curve differ as well, so that it reads in grey. Letters are
drawn as outlines: a figure looks the same wherever it is opened.
"""

from __future__ import annotations

import contextlib
import io
import math
import textwrap
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from lowbit_sim.errors import spec_error

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, GREY, LIGHT = "#000000", "#595959", "#d9d9d9"
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY = "#CC79A7", "#56B4E9"
#: Okabe and Ito's without yellow, which is lost on white
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "h")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))

#: points of a letter's height: sentence above the figure, text, smallest text
TITLE_PT, TEXT_PT, SMALL_PT = 10.0, 9.0, 8.0
#: characters of the sentence above the figure that fit an inch
_LETTERS_PER_INCH = 13.5

_SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelsize": TEXT_PT,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": TEXT_PT,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.09,
    "figure.facecolor": "white",
    "figure.titlesize": TITLE_PT,
    "font.family": ["DejaVu Sans"],  # the one that matplotlib brings along
    "font.size": TEXT_PT,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.fontsize": TEXT_PT,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "lowbit-sim",
    "xtick.color": GREY,
    "xtick.labelcolor": BLACK,
    "xtick.labelsize": SMALL_PT,
    "ytick.color": GREY,
    "ytick.labelcolor": BLACK,
    "ytick.labelsize": SMALL_PT,
}


class Look(NamedTuple):
    """How one curve is told from its neighbours, by colour and without it."""

    colour: str
    marker: str
    dash: Any


def look(place: int) -> Look:
    """Return the look of the curve at `place`; the first 28 differ in colour or dash.

    Examples
    --------
    >>> look(0)
    Look(colour='#0072B2', marker='o', dash='-')
    """
    dash = _DASHES[place % len(_DASHES)]
    return Look(PALETTE[place % len(PALETTE)], _MARKERS[place % len(_MARKERS)], dash)


@contextlib.contextmanager
def figure(
    width_in: float,
    height_in: float,
    columns: int = 1,
    rows: int = 1,
    height_ratios: Sequence[float] | None = None,
) -> Iterator[tuple[Figure, tuple[Axes, ...]]]:
    """Give a figure and its axes, row by row; inside the block, artists take the house style.

    Raises
    ------
    SpecError
        If matplotlib is not installed.
    """
    with _styled():
        from matplotlib.figure import Figure  # noqa: PLC0415  (an extra: only figures need it)

        made = Figure(figsize=(width_in, height_in), layout="constrained")
        grid = made.subplots(rows, columns, squeeze=False, height_ratios=height_ratios)
        yield made, tuple(grid.flat)


def sentence(drawn: Figure, *parts: str) -> None:
    """Write a title above the figure: the sentences `parts`, broken to its width."""
    width = int(drawn.get_figwidth() * _LETTERS_PER_INCH)
    text = textwrap.fill(" ".join(part for part in parts if part), width)
    drawn.suptitle(text, x=0.012, ha="left")


def shared_legend(drawn: Figure, axes: Sequence[Axes], columns: int = 4) -> None:
    """Write one legend below all panels, each label once, row by row in the order of first use.

    It has at most `columns`, and fewer where they would be wider than the figure.
    """
    known: dict[str, Artist] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            known.setdefault(label, handle)
    for most in range(columns, 0, -1):
        rows = math.ceil(len(known) / most) or 1
        wide = math.ceil(len(known) / rows) or 1
        # matplotlib fills a legend column by column
        labels = [label for column in range(wide) for label in list(known)[column::wide]]
        handles = [known[label] for label in labels]
        legend = drawn.legend(handles, labels, loc="outside lower center", ncols=wide)
        if most == 1 or legend.get_window_extent().width < drawn.bbox.width:
            return
        legend.remove()


def settle(drawn: Figure) -> None:
    """Fix ticks and layout, after which places in pixels are final."""
    from matplotlib.ticker import FixedLocator  # noqa: PLC0415  (an extra)

    drawn.align_ylabels()
    drawn.draw_without_rendering()
    # or ticks would go on following the height of their axis, and the layout their words
    for axis in (axis for ax in drawn.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        if not isinstance(axis.get_major_locator(), FixedLocator):
            axis.set_ticks([tick for tick in axis.get_majorticklocs() if low <= tick <= high])
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")


def to_svg(drawn: Figure) -> str:
    """Return a figure as SVG, byte for byte the same for the same figure; no date, no version."""
    stream = io.StringIO()
    with _styled():
        about = {"Date": None, "Creator": None, "Title": " ".join(drawn.get_suptitle().split())}
        drawn.savefig(stream, format="svg", metadata=about)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def demand(found: object, what: str) -> None:
    """Demand that there is something to draw.

    Raises
    ------
    ValueError
        If `found` is empty.

    Examples
    --------
    >>> demand([], "panels")
    Traceback (most recent call last):
    ValueError: there are no panels to draw
    """
    if not found:
        raise ValueError(f"there are no {what} to draw")


@contextlib.contextmanager
def _styled() -> Iterator[None]:
    """Put aside whatever a user's own settings say."""
    mpl = _matplotlib()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def _matplotlib() -> ModuleType:
    try:
        import matplotlib as mpl  # noqa: PLC0415  (an extra: only figures need it)
    except ImportError:
        reason = "figures need matplotlib: pip install 'lowbit-sim[figures]'"
        raise spec_error(reason) from None
    return mpl
