import math

import pytest
from drawn import clashes, outlined, words

from lowbit_sim.report.figures import curves as module
from lowbit_sim.report.figures.curves import Band, Panel, curves


def panel(*bands, title="A family"):
    return Panel(title, bands)


def axes_of(*bands):
    return module._draw([panel(*bands)]).axes[0]


def line(ax, label):
    return next(line for line in ax.lines if line.get_label() == label).get_xydata().tolist()


def crosses(ax):
    return [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "x"]


def learning(name, seeds=3, epochs=12):
    seed = tuple(0.9 - 0.5 / (1 + epoch) for epoch in range(epochs))
    return Band(name, tuple(tuple(value + 0.01 * n for value in seed) for n in range(seeds)))


def test_mean_and_band_are_those_of_the_seeds_that_reached_an_epoch():
    ax = axes_of(Band("a", ((0.5, 0.75), (0.25, 0.25), (0.75,))))
    assert line(ax, "a") == [[1, 50], [2, 50]]
    (area,) = ax.collections
    assert {tuple(corner) for corner in area.get_paths()[0].vertices.tolist()} == {
        (1, 25), (1, 75), (2, 25), (2, 75),
    }  # fmt: skip
    # the seed with one epoch diverged, and ends with a cross
    assert crosses(ax) == [[[1, 75]]]
    assert "A cross ends a run that diverged." in ax.figure.get_suptitle().replace("\n", " ")


def test_a_run_ends_at_its_first_value_that_is_no_number():
    band = Band("a", ((0.5, 0.5, 0.5), (0.25, math.nan, 0.5), (math.inf, 0.5, 0.5)))
    assert band.finite == ((0.5, 0.5, 0.5), (0.25,), ())
    ax = axes_of(band)
    assert line(ax, "a") == [[1, 37.5], [2, 50], [3, 50]]
    # a run that never finished an epoch has its cross at the foot of the axis
    assert crosses(ax) == [[[1, 25]], [[1, 0.03]]]


def test_all_seeds_diverged_at_the_same_epoch():
    ax = axes_of(Band("a", ((0.5, math.nan), (0.25, math.nan))))
    assert sorted(crosses(ax)) == [[[1, 25]], [[1, 50]]]


def test_a_single_seed_has_no_band_and_no_cross():
    ax = axes_of(Band("a", ((0.25, 0.5),)))
    assert line(ax, "a") == [[1, 25], [2, 50]]
    assert (list(ax.collections), crosses(ax)) == ([], [])
    assert "one seed" in ax.figure.get_suptitle()


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_all_titles_and_names_are_written_and_nothing_clashes(count, seeds):
    names = [f"{levels} levels" for levels in (2, 3, 4, 5, 7, 8, 9, 15, 16, 17)]
    bands = [learning(name, seeds) for name in (*names, "fp32")]
    figure = module._draw([panel(*bands, title=f"Family {place}") for place in range(count)])
    assert clashes(figure) == []
    assert {*names, "fp32", *(f"Family {place}" for place in range(count))} <= set(words(figure))
    assert sum(ax.get_visible() for ax in figure.axes) == count


def test_the_same_numbers_are_the_same_bytes():
    first = curves([panel(learning("a"))])
    assert curves([panel(learning("a"))]) == first
    assert {"A family", "a", "epoch", "validation accuracy [%]"} <= set(outlined(first))


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ([], "no panels"),
        ([panel()], "no bands of A family"),
        ([panel(Band("a", ()))], "no epochs of A family, a"),
        ([panel(Band("a", ((), (math.nan,))))], "no epochs of A family, a"),
    ],
)
def test_nothing_to_draw_is_an_error(panels, message):
    with pytest.raises(ValueError, match=message):
        curves(panels)
