import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from drawn import outlined, words

from lowbit_sim.errors import SpecError
from lowbit_sim.report.figures.style import (
    demand,
    figure,
    look,
    sentence,
    settle,
    shared_legend,
    to_svg,
)

MADE = """
from lowbit_sim.report.figures.style import *
with figure(4, 3, 2) as (drawn, axes):
    for place, ax in enumerate(axes):
        ax.plot([1, 2], [3, 4 + place], marker=look(place).marker, label=f"curve {place}")
        ax.fill_between([1, 2], 1, 2, hatch="//", label="area")
    sentence(drawn, "What is shown.", "", "And how.")
    shared_legend(drawn, axes)
    settle(drawn)
print(to_svg(drawn), end="")
"""


def made():
    with figure(4, 3, 2) as (drawn, axes):
        for place, ax in enumerate(axes):
            ax.plot([1, 2], [3, 4 + place], marker=look(place).marker, label=f"curve {place}")
            ax.fill_between([1, 2], 1, 2, hatch="//", label="area")
        sentence(drawn, "What is shown.", "", "And how.")
        shared_legend(drawn, axes)
        settle(drawn)
    return drawn


def printed(hash_seed):
    done = subprocess.run(
        [sys.executable, "-c", MADE],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "SOURCE_DATE_EPOCH": hash_seed},
    )
    return done.stdout.decode()


def test_the_same_figure_is_the_same_bytes_here_and_in_other_processes():
    drawn = made()
    first = to_svg(drawn)
    assert to_svg(drawn) == first
    assert to_svg(made()) == first
    assert printed("1") == printed("2") == first


def test_the_file_holds_no_date_no_version_and_no_trailing_blanks():
    svg = to_svg(made())
    assert "dc:date" not in svg
    assert mpl.__version__ not in svg
    assert [line for line in svg.splitlines() if line != line.rstrip()] == []
    assert svg.endswith("</svg>\n")


def test_words_are_outlines_and_the_sentence_is_the_title():
    svg = to_svg(made())
    root = ET.fromstring(svg)
    assert root.find("{http://www.w3.org/2000/svg}title").text == "What is shown. And how."
    assert list(root.iter("{http://www.w3.org/2000/svg}text")) == []
    assert {"What is shown. And how.", "curve 0", "area"} <= set(outlined(svg))


def test_a_users_own_settings_neither_matter_nor_change():
    expected = to_svg(made())
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "x"}):
        before = dict(mpl.rcParams)
        assert to_svg(made()) == expected
        assert dict(mpl.rcParams) == before


def test_pyplot_with_its_global_state_is_not_used():
    code = f"{MADE}\nimport sys; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SpecError, match=r"pip install 'lowbit-sim\[figures\]'"), figure(4, 3):
        pass


def test_axes_come_row_by_row_and_rows_have_their_heights():
    with figure(4, 4, 2, 2, (3, 1)) as (drawn, axes):
        settle(drawn)
    boxes = [ax.get_position() for ax in axes]
    assert boxes[0].x0 < boxes[1].x0
    assert boxes[0].y0 > boxes[2].y0
    assert boxes[0].height / boxes[2].height == pytest.approx(3)


def test_28_curves_differ_in_colour_or_dash_and_the_first_seven_in_colour_and_marker():
    looks = [look(place) for place in range(28)]
    assert len({(each.colour, str(each.dash)) for each in looks}) == 28
    assert len({each.colour for each in looks[:7]}) == 7
    assert len({each.marker for each in looks[:7]}) == 7


def legend_of(labels, columns):
    with figure(6, 3) as (drawn, axes):
        for label in labels:
            axes[0].plot([0, 1], label=label)
        shared_legend(drawn, axes, columns)
    return drawn.legends[0]


def test_a_legend_reads_row_by_row_with_every_label_once():
    # two rows of two are filled column by column: a c, then b
    legend = legend_of(["a", "b", "a", "c"], columns=2)
    assert [text.get_text() for text in legend.get_texts()] == ["a", "c", "b"]
    # six in rows of at most four are two rows of three
    assert legend_of("abcdef", columns=4)._ncols == 3


def test_a_long_sentence_is_broken_inside_the_figure():
    with figure(3, 3) as (drawn, _):
        sentence(drawn, *(["The sentence that is shown is long."] * 3))
        settle(drawn)
    assert len(words(drawn)[0].splitlines()) > 1
    box = drawn._suptitle.get_window_extent()
    assert (box.x0 > 0, box.x1 < drawn.bbox.x1) == (True, True)
    # the letters that are thought to fit fill more than half of the width
    assert box.width > drawn.bbox.width / 2


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="there are no panels to draw"):
        demand((), "panels")
    demand((0,), "panels")
