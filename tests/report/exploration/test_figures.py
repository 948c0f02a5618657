import pytest
from made_members import MEMBERS

pytest.importorskip("matplotlib")

from matplotlib.colors import to_hex

from lowbit_sim.report.exploration.figures import colours, front_figure, map_figure
from lowbit_sim.report.exploration.regions import maps
from lowbit_sim.report.figures.style import to_svg


def test_formats_stand_by_their_levels_and_look_different():
    named = colours([*reversed(MEMBERS)])
    assert list(named) == ["levels_2", "levels_5", "int8"]
    assert len(set(named.values())) == 3


def test_a_panel_for_each_network_and_rule_in_the_colours_of_the_winners():
    found = list(maps(MEMBERS + [{**one, "workload": "cvnn"} for one in MEMBERS]))
    drawn = map_figure(found)
    assert [ax.get_title(loc="left") for ax in drawn.axes] == [
        "vit: most accurate", "vit: quickest within half a point",
        "cvnn: most accurate", "cvnn: quickest within half a point",
    ]  # fmt: skip
    # every cell lies in the run of its winner's colour
    (runs,) = drawn.axes[0].collections
    boxes = [path.get_extents() for path in runs.get_paths()]
    named, one = colours(MEMBERS), found[0]
    for row in range(0, 48, 5):
        for column in range(0, 48, 5):
            area, energy = one.area_um2[column] / 1e6, one.energy_pj[row] / 1e6
            over = [
                to_hex(colour)
                for box, colour in zip(boxes, runs.get_facecolors(), strict=True)
                if box.x0 <= area < box.x1 and box.y0 <= energy < box.y1
            ]
            at = one.winners[row, column]
            name = None if at < 0 else MEMBERS[at]["weight_format"]
            assert over == ([] if name is None else [named[name][0].lower()])


def test_every_member_is_drawn_once():
    drawn = front_figure(MEMBERS)
    (ax,) = drawn.axes
    points = [point for line in ax.get_lines() for point in zip(*line.get_data(), strict=True)]
    expected = [(one["area_um2"] / 1e6, one["energy_pj"] * one["seconds"]) for one in MEMBERS]
    assert sorted(points) == sorted(expected)


def test_the_same_numbers_give_the_same_bytes():
    assert to_svg(front_figure(MEMBERS)) == to_svg(front_figure(MEMBERS))
