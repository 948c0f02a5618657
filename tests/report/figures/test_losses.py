import math
from typing import get_args

import pytest
from drawn import clashes, interval_ends, outlined, words

from lowbit_sim.report.figures import losses as module
from lowbit_sim.report.figures.losses import Loss, Panel, losses
from lowbit_sim.study.comparison import Verdict

VERDICTS = get_args(Verdict)
ROWS = (
    Loss("2 levels", 0.03, 0.01, "worse"),
    Loss("5 levels", 0.0, 0.002, "comparable"),
    Loss("9 levels", 0.004, math.inf, "undecided"),
)


def panel(rows=ROWS, margin=0.005, title="A family"):
    return Panel(title, margin, rows)


def many(half=0.004):
    names = [f"{count} levels, {kind}" for count in range(2, 13) for kind in ("small", "large")]
    return tuple(
        Loss(name, 0.04 / (1 + place), half, VERDICTS[place % 4])
        for place, name in enumerate(names)
    )


def test_intervals_end_where_they_should_and_a_single_seed_has_none():
    ax = module._draw([panel()]).axes[0]
    assert interval_ends(ax) == [(2, 0, 4, 0), (-0.2, 1, 0.2, 1)]
    dots = [line.get_xydata().tolist()[0] for line in ax.lines if line.get_marker() in "ovD"]
    assert dots == [[3, 0], [0, 1], [pytest.approx(0.4), 2]]
    low, high = ax.get_ylim()
    assert low > high  # the first row is the uppermost


def test_the_margin_is_shaded_to_both_sides():
    ax = module._draw([panel(margin=0.0125)]).axes[0]
    (shade,) = ax.patches
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == (-1.25, 1.25)
    assert "±1.25 points" in ax.figure.get_suptitle()


def test_verdicts_stand_right_of_their_rows():
    figure = module._draw([panel()])
    ax = figure.axes[0]
    assert [(text.get_text(), text.xy[1]) for text in ax.texts] == [
        ("worse", 0),
        ("comparable", 1),
        ("undecided", 2),
    ]
    right = ax.get_window_extent().x1
    assert all(right < text.get_window_extent().x0 for text in ax.texts)


def test_every_verdict_has_its_own_colour_and_marker():
    assert set(module._LOOKS) == set(VERDICTS)
    assert len({colour for colour, _ in module._LOOKS.values()}) == len(VERDICTS)
    assert len({marker for _, marker in module._LOOKS.values()}) == len(VERDICTS)


def test_panels_share_their_scale_and_rows_their_height():
    figure = module._draw([panel(many()), panel(ROWS)])
    assert len({ax.get_xlim() for ax in figure.axes}) == 1
    tall, low = (ax.get_window_extent().height for ax in figure.axes)
    assert tall > 3 * low


@pytest.mark.parametrize("half", [0.004, math.inf])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_all_rows_and_titles_are_written_and_nothing_clashes(count, half):
    figure = module._draw([panel(many(half), title=f"Family {place}") for place in range(count)])
    assert clashes(figure) == []
    found = words(figure)
    for row in many():
        assert found.count(row.name) == count
    assert {f"Family {place}" for place in range(count)} <= set(found)


def test_the_sentence_says_what_a_missing_bar_means():
    def said(*rows):
        return module._draw([panel(rows)]).get_suptitle().replace("\n", " ")

    assert "95 % interval" in said(ROWS[0])
    assert "single seed" not in said(ROWS[0])
    assert "A point without a bar is a single seed." in said(*ROWS)
    assert "with one seed" in said(ROWS[2])


def test_the_same_numbers_are_the_same_bytes():
    first = losses([panel()])
    assert losses([panel()]) == first
    labels = {"A family", "2 levels", "worse", "comparable", "undecided"}
    assert labels | {"loss of accuracy against fp32 [points]"} <= set(outlined(first))


@pytest.mark.parametrize(
    ("panels", "message"), [([], "no panels"), ([panel(())], "no losses of A family")]
)
def test_nothing_to_draw_is_an_error(panels, message):
    with pytest.raises(ValueError, match=message):
        losses(panels)
