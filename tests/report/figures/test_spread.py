import math

import pytest
from drawn import CROWD, clashes, entropy, outlined, words

from lowbit_sim.report.figures import spread as module
from lowbit_sim.report.figures.spread import Panel, Strip, spread

GROUPS = ("plain", "augmented")


def strip(plain, augmented=(), name="levels_3"):
    return Strip(name, entropy(name), dict(zip(GROUPS, (plain, augmented), strict=True)))


def axes_of(*strips):
    return module._draw([Panel("A family", strips)]).axes[0]


def marks(ax, kind):
    return [line for line in ax.lines if line.get_marker() in kind and len(line.get_xdata())]


def many(count, seeds=5, lost=None):
    runs = tuple(0.8 + 0.01 * seed for seed in range(seeds))
    if lost is not None:
        runs = (*runs[:lost], None, *runs[lost + 1 :])
    return [
        Panel(f"Family {place}", tuple(strip(runs, runs, name) for name in CROWD))
        for place in range(count)
    ]


def test_every_seed_is_a_dot_in_the_column_of_its_group():
    ax = axes_of(strip((0.5, 0.75), (0.25,)), strip((0.5,), (0.5,), "levels_5"))
    dots = {
        (round(float(x), 3), float(y)) for line in marks(ax, "os") for x, y in line.get_xydata()
    }
    # groups stand 0.18 beside the level set; two dots stand 0.0585 beside those
    assert dots == {(-0.238, 50), (-0.121, 75), (0.18, 25), (0.82, 50), (1.18, 50)}
    assert len({line.get_color() for line in marks(ax, "os")}) == 2


def test_the_mean_is_that_of_the_runs_that_finished():
    ax = axes_of(strip((0.5, 0.75, None)))
    means = [list(line.get_ydata()) for line in ax.lines if line.get_marker() == "None"]
    assert [62.5, 62.5] in means


@pytest.mark.parametrize("lost", [None, math.nan, math.inf])
def test_diverged_runs_are_crosses_at_the_foot_below_all_dots(lost):
    ax = axes_of(strip((0.5, lost, 0.75)))
    (cross,) = marks(ax, "x")
    assert cross.get_xdata() == pytest.approx([-0.18])  # the middle one of three
    foot = cross.get_transform().transform(cross.get_xydata())[0, 1]
    lowest = ax.transData.transform((0, 50))[1]
    assert ax.get_window_extent().y0 < foot < lowest - 10
    assert "diverged" in words(ax.figure)
    assert "Crosses" in ax.figure.get_suptitle()


def test_where_no_run_diverged_nothing_is_said_of_it():
    ax = axes_of(strip((0.5, 0.75)))
    assert marks(ax, "x") == []
    assert "diverged" not in " ".join(words(ax.figure))


def test_a_single_seed_has_no_mean():
    ax = axes_of(strip((0.5,), (0.6,)))
    assert [line for line in ax.lines if line.get_marker() == "None"] == []
    assert "mean" not in ax.figure.get_suptitle()


def test_all_runs_of_a_family_may_diverge():
    ax = axes_of(strip((None, None)))
    assert len(marks(ax, "x")[0].get_xdata()) == 2
    assert marks(ax, "os") == []


@pytest.mark.parametrize(("seeds", "lost"), [(1, None), (5, None), (5, 2)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_all_formats_and_titles_are_written_and_nothing_clashes(count, seeds, lost):
    figure = module._draw(many(count, seeds, lost))
    assert clashes(figure) == []
    found = words(figure)
    assert {"plain", "augmented", *(f"Family {place}" for place in range(count))} <= set(found)
    for label in ("2\n1", "17\n4.09", "4\n2\nzero", "7\n2.81\npow2", "fp32\n32"):
        assert found.count(label) == count


def test_the_same_numbers_are_the_same_bytes():
    first = spread(many(1, 5, 2))
    assert spread(many(1, 5, 2)) == first
    assert {"Family 0", "plain", "augmented", "accuracy [%]", "1.58"} <= set(outlined(first))


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ([], "no panels"),
        ([Panel("a", ())], "no level sets of a"),
        ([Panel("a", (strip((), ()),))], "no runs of a, levels_3"),
    ],
)
def test_nothing_to_draw_is_an_error(panels, message):
    with pytest.raises(ValueError, match=message):
        spread(panels)
