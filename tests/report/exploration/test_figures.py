import pytest
from made_members import MEMBERS

pytest.importorskip("matplotlib")

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
    (mesh,) = drawn.axes[0].collections
    codes = mesh.get_array().data.reshape(found[0].winners.shape)
    order = [0, *(list(colours(MEMBERS)).index(one["weight_format"]) + 1 for one in MEMBERS)]
    for row in range(0, 48, 5):
        for column in range(0, 48, 5):
            assert codes[row, column] == order[found[0].winners[row, column] + 1]


def test_every_member_is_drawn_once():
    drawn = front_figure(MEMBERS)
    (ax,) = drawn.axes
    points = [point for line in ax.get_lines() for point in zip(*line.get_data(), strict=True)]
    expected = [(one["area_um2"] / 1e6, one["energy_pj"] * one["seconds"]) for one in MEMBERS]
    assert sorted(points) == sorted(expected)


def test_the_same_numbers_give_the_same_bytes():
    assert to_svg(front_figure(MEMBERS)) == to_svg(front_figure(MEMBERS))
