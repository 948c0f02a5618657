"""What figure tests look at: everything written in a figure, and where it stands."""

import itertools
import math
import re

from matplotlib.collections import LineCollection
from matplotlib.text import Text

from lowbit_sim.report.figures.points import Panel, Point

TEN = (2, 3, 4, 5, 7, 8, 9, 15, 16, 17)
#: the formats of a study, and with them all that could crowd it
STUDY = (*(f"levels_{count}" for count in TEN), "fp32")
CROWD = (*STUDY, "levels_4_zero", "levels_7_pow2")


def entropy(name):
    return 32.0 if name == "fp32" else math.log2(int(name.split("_")[1]))


def point(name="levels_3", mean=0.8, half=0.01, weights=8192):
    """Return a point with memory of whole fields, in KiB if there are 8192 weights."""
    bits = entropy(name)
    return Point(name, bits, weights * math.ceil(bits), mean, half)


def family(title, formats=STUDY, half=0.004):
    """Return a panel with two curves that saturate, the second with 20 times the weights."""
    means = {name: 1 - 2 ** -min(entropy(name), 8) for name in formats}
    small = tuple(point(name, 0.8 + 0.1 * mean, half, 30_000) for name, mean in means.items())
    large = tuple(point(name, 0.85 + 0.08 * mean, half, 600_000) for name, mean in means.items())
    return Panel(title, {"small": small, "large": large})


def families(count, formats=STUDY, half=0.004):
    return [family(f"Family {place}", formats, half) for place in range(count)]


def written(figure):
    """Return every text that is to be seen, as artists."""
    found = [figure._suptitle, *(text for legend in figure.legends for text in legend.get_texts())]
    for ax in figure.axes:
        if ax.get_visible():
            found += [ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
            for tick in (*ax.xaxis._update_ticks(), *ax.yaxis._update_ticks()):
                found.append(tick.label1)
    return [text for text in found if text.get_visible() and text.get_text()]


def words(figure):
    return [text.get_text() for text in written(figure)]


def clashes(figure):
    """Return the pairs of texts that cover each other, and the texts that leave the figure."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in written(figure)]
    pairs = [
        (one, other)
        for (one, first), (other, second) in itertools.combinations(boxes, 2)
        if min(first.x1, second.x1) - max(first.x0, second.x0) > 0.5
        and min(first.y1, second.y1) - max(first.y0, second.y0) > 0.5
    ]
    whole = figure.bbox
    return pairs + [
        name
        for name, box in boxes
        if box.x0 < whole.x0 or box.x1 > whole.x1 or box.y0 < whole.y0 or box.y1 > whole.y1
    ]


def interval_ends(ax):
    """Return the ends of all error bars, in data coordinates: (x0, y0, x1, y1)."""
    return [
        tuple(round(float(number), 9) for end in segment for number in end)
        for bars in ax.collections
        if isinstance(bars, LineCollection)
        for segment in bars.get_segments()
    ]


def outlined(svg):
    """Return the lines of text that an SVG draws as outlines; each stands in a comment."""
    return re.findall(r"<!-- (.*?) -->", svg)
