import math

import pytest
from drawn import CROWD, STUDY, clashes, families, interval_ends, point, words

from lowbit_sim.report.figures.over_memory import draw_over_memory
from lowbit_sim.report.figures.points import Panel


def test_formats_stand_at_their_memory_in_kib_with_fp32():
    points = (point("levels_3", 0.8, 0.05), point("fp32", 0.9, 0.01))
    ax = draw_over_memory([Panel("a", {"small": points})]).axes[0]
    # 8192 weights of 2 and 32 bit
    assert interval_ends(ax) == [(2, 75, 2, 85), (32, 89, 32, 91)]
    assert ax.get_xscale() == "log"
    assert {text.get_text(): text.xy for text in ax.texts} == {
        "3": (2, pytest.approx(80)),
        "fp32": (32, pytest.approx(90)),
    }
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2", "4", "8", "16", "32"]


def test_a_wide_range_has_few_ticks():
    points = (point("levels_2", weights=8192), point("fp32", weights=8192 * 2**20))
    ax = draw_over_memory([Panel("a", {"small": points})]).axes[0]
    # 1 KiB to 2^25 KiB: 26 powers in at most 10 ticks is every third
    assert ax.get_xticks().tolist() == [8.0**power for power in range(9)]
    assert ax.get_xticklabels()[4].get_text() == "4,096"


@pytest.mark.parametrize("half", [0.004, math.inf])
@pytest.mark.parametrize("formats", [STUDY, CROWD, ("fp32",)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_format_of_every_curve_is_labelled_and_nothing_clashes(formats, count, half):
    figure = draw_over_memory(families(count, formats, half))
    assert clashes(figure) == []
    expected = sorted([name.removeprefix("levels_").replace("_", " ") for name in formats] * 2)
    for place in range(count):
        assert sorted(text.get_text() for text in figure.axes[place].texts) == expected
        assert f"Family {place}" in words(figure)


def test_a_single_seed_has_no_bar():
    ax = draw_over_memory(families(1, half=math.inf)).axes[0]
    assert interval_ends(ax) == []
    assert "Every point is a single seed." in ax.figure.get_suptitle().replace("\n", " ")


def test_labels_stand_near_their_points_and_on_none():
    ax = draw_over_memory([Panel("a", {"small": (point("levels_2", 0.8), point("fp32", 0.9))})])
    for text in ax.axes[0].texts:
        assert 9 <= math.hypot(*text.get_position()) < 31
