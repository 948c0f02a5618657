import itertools

import pytest
from drawn import clashes, outlined, words

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.figures import histograms as module
from lowbit_sim.report.figures.histograms import Panel, level_shares
from lowbit_sim.report.figures.style import VERMILION

LEVELS = {name: fmt.levels for name, fmt in FORMATS.items() if fmt.is_integer}
FIVE = Panel("5 levels", {-2: 0.1, -1: 0.2, 0: 0.4, 1: 0.2, 2: 0.1})


def even(name):
    return Panel(name, dict.fromkeys(LEVELS[name], 1 / len(LEVELS[name])))


def bars(ax):
    return {
        round(bar.get_x() + bar.get_width() / 2, 9): round(bar.get_height(), 9)
        for bar in ax.patches
    }


def highlighted(ax):
    return [bar.get_x() + bar.get_width() / 2 for bar in ax.patches if bar.get_hatch()]


def test_bars_are_shares_in_per_cent_and_zero_is_highlighted():
    ax = module._draw([FIVE]).axes[0]
    assert bars(ax) == {-2: 10, -1: 20, 0: 40, 1: 20, 2: 10}
    assert highlighted(ax) == [0]
    assert {bar.get_facecolor() for bar in ax.patches if bar.get_hatch()} == {
        (*(int(VERMILION[place : place + 2], 16) / 255 for place in (1, 3, 5)), 1.0)
    }
    assert [text.get_text() for text in ax.texts] == ["40.0 %"]


def test_without_a_zero_nothing_is_highlighted_or_spoken_of():
    figure = module._draw([even("levels_4")])
    assert bars(figure.axes[0]) == {-3: 25, -1: 25, 1: 25, 3: 25}
    assert highlighted(figure.axes[0]) == []
    assert figure.get_suptitle() == "Share of weights at each level."


def test_bars_of_uneven_levels_do_not_touch():
    patches = sorted(module._draw([even("levels_7_pow2")]).axes[0].patches, key=lambda b: b.get_x())
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in patches]
    assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(ends))


def test_all_panels_share_one_scale():
    figure = module._draw([FIVE, even("levels_2")])
    assert {ax.get_ylim() for ax in figure.axes} == {(0, 59)}  # 18 % above the longest, 50


@pytest.mark.parametrize("count", [1, 2, 3, 11])
def test_all_titles_are_written_and_nothing_clashes(count):
    names = list(LEVELS)[-count:]
    figure = module._draw([even(name) for name in names])
    assert clashes(figure) == []
    assert set(names) <= set(words(figure))
    assert sum(ax.get_visible() for ax in figure.axes) == count


@pytest.mark.parametrize("name", [name for name in LEVELS if name != "int8"])
def test_ticks_are_levels(name):
    ax = module._draw([even(name)]).axes[0]
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low < tick < high]
    assert set(ticks) <= set(range(-8, 9))
    assert len(ticks) >= 2


def test_the_same_numbers_are_the_same_bytes():
    first = level_shares([FIVE])
    assert level_shares([FIVE]) == first
    assert {"5 levels", "40.0 %", "weights [%]", "level", "2"} <= set(outlined(first))


@pytest.mark.parametrize(
    ("panels", "message"), [([], "no panels"), ([Panel("a", {})], "no levels of a")]
)
def test_nothing_to_draw_is_an_error(panels, message):
    with pytest.raises(ValueError, match=message):
        level_shares(panels)
