import math

import pytest
from drawn import CROWD, STUDY, clashes, entropy, families, interval_ends, point, words
from matplotlib.patches import Rectangle

from lowbit_sim.report.figures.over_entropy import draw_over_entropy
from lowbit_sim.report.figures.points import Panel


def axes_of(*points):
    return draw_over_entropy([Panel("a", {"small": points})]).axes[0]


def bands(ax):
    return [
        (round(patch.get_y(), 9), round(patch.get_y() + patch.get_height(), 9))
        for patch in ax.patches
        if isinstance(patch, Rectangle)
    ]


def test_levels_stand_at_their_entropy_and_fp32_is_a_line_with_a_band():
    ax = axes_of(
        point("levels_2", 0.7, 0.02), point("levels_4", 0.8, 0.01), point("fp32", 0.9, 0.03)
    )
    assert interval_ends(ax) == [(1, 68, 1, 72), (2, 79, 2, 81)]
    assert bands(ax) == [(87, 93)]
    across = next(line for line in ax.lines if line.get_label() == "small, fp32")
    assert (across.get_xdata(), across.get_ydata()) == ([0, 1], [90, 90])  # of the axis' width
    assert ax.get_xlim()[1] < 2.2


def test_single_seeds_have_neither_bars_nor_bands():
    ax = axes_of(point("levels_2", 0.7, math.inf), point("fp32", 0.9, math.inf))
    assert (interval_ends(ax), bands(ax)) == ([], [])
    assert "Every point is a single seed." in ax.figure.get_suptitle()


@pytest.mark.parametrize("formats", [STUDY, CROWD, STUDY[:2], ("fp32",)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_format_is_written_and_nothing_clashes(formats, count):
    figure = draw_over_entropy(families(count, formats))
    found = words(figure)
    assert clashes(figure) == []
    assert [word for word in found if word.startswith("Family")] == [
        f"Family {place}" for place in range(count)
    ]
    for name in formats:
        if name != "fp32":
            _, number, *kind = name.split("_")
            label = "\n".join([number, f"{entropy(name):.2f}".rstrip("0").rstrip("."), *kind])
            assert found.count(label) == count


def test_a_level_label_points_at_its_entropy():
    ax = draw_over_entropy(families(1)).axes[0]
    labels = {text.get_text().partition("\n")[0]: text for text in ax.texts}
    assert {name: text.xy for name, text in labels.items()} == {
        name.removeprefix("levels_"): (entropy(name), 0) for name in STUDY[:-1]
    }


def test_two_curves_stand_beside_each_other_at_the_same_entropy():
    ax = draw_over_entropy(families(1)).axes[0]
    small, large = (
        next(line for line in ax.lines if line.get_label() == name) for name in ("small", "large")
    )
    assert small.get_xdata().tolist() == large.get_xdata().tolist()
    shift = large.get_transform().transform((1, 80)) - small.get_transform().transform((1, 80))
    assert shift * 72 / ax.figure.dpi == pytest.approx((3.5, 0))


def test_the_legend_names_curves_and_floats_once():
    (legend,) = draw_over_entropy(families(3)).legends
    names = sorted(text.get_text() for text in legend.get_texts())
    assert names == ["large", "large, fp32", "small", "small, fp32"]
