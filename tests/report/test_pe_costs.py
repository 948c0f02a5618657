import dataclasses

import pytest

from lowbit_sim.netlist.table import Row
from lowbit_sim.report.pe_costs import mac_pj, pe_table, same_cost


def row(element, built_for, runs=None, **changes):
    made = Row(
        element, built_for, runs or built_for, 1, 9, 9, 100.0, 9.0, 1.0, 0, 0, 0, 0, 500, 600
    )
    return dataclasses.replace(made, **changes)


def table(**five):
    """A ternary PE of 100 um2 and 500 fJ, and what five levels take."""
    wide = [row("integer_mac_any", "int8", f"levels_{n}") for n in (2, 3, 5, 9, 17)]
    return [
        row("ternary_adder", "levels_3"),
        row("shift_add", "levels_5", **five),
        row("shift_add", "levels_9", passes=2),
        row("integer_mac_3", "levels_5", area_um2=125.0),
        row("integer_mac_4", "levels_9", pass_fj=700.0),
        row("integer_mac_any", "int8", area_um2=230.0, pass_fj=900.0),
        *wide,
    ]


def test_a_multiplication_costs_its_passes():
    # 3 · 500 fJ
    assert mac_pj(row("a", "levels_5", passes=3)) == pytest.approx(1.5)


def test_a_column_is_sixteen_pes():
    rows = [*table(), row("ternary_adder_column", "levels_3", area_um2=1600.0, pass_fj=3200.0)]
    line = next(one for one in pe_table(rows).splitlines() if "`ternary_adder`, broadcast" in one)
    # 3200 fJ / 16
    assert "| 100 µm² · 0.20 pJ · 1 |" in line


def test_a_cell_tells_area_energy_and_passes_and_none_is_empty():
    lines = pe_table(table()).splitlines()
    assert lines[0] == "| PE | 2 levels | 3 levels | 5 levels | 9 levels | 17 levels | int8 |"
    assert lines[2] == "| `ternary_adder` |  | 100 µm² · 0.50 pJ · 1 |  |  |  |  |"
    assert "| `integer_mac` as wide as its weights |  |  | 125 µm² · 0.50 pJ · 1 |" in "\n".join(
        lines
    )
    assert lines[-1].endswith("| 230 µm² · 0.90 pJ · 1 |")


def test_five_levels_hold_within_a_tenth_and_the_ratios_are_said():
    said = same_cost(table(area_um2=109.0, pass_fj=505.0, pass_glitch_fj=660.0))
    assert "**holds**" in said
    assert "by a shift before the adder 1.09, 1.01, 1.10" in said
    assert "int8 2.30, 1.80, 1.00" in said
    # 1 · 700 fJ against 2 · 500 fJ
    assert "takes less energy" in said


@pytest.mark.parametrize("five", [{"area_um2": 111.0}, {"pass_glitch_fj": 661.0}, {"passes": 2}])
def test_five_levels_do_not_hold_beyond_it_or_in_more_passes(five):
    assert "**does not hold**" in same_cost(table(**five))


def test_where_two_passes_cost_less_it_says_so():
    rows = [
        dataclasses.replace(one, pass_fj=2000.0) if one.element == "integer_mac_4" else one
        for one in table()
    ]
    assert "takes more energy" in same_cost(rows)


def test_beside_a_tree_five_levels_have_a_ratio_of_their_own():
    columns = [
        row("ternary_adder_column", "levels_3", area_um2=160.0),
        row("shift_add_column", "levels_5", area_um2=200.0, pass_fj=550.0, pass_glitch_fj=900.0),
    ]
    assert "five levels take 1.25, 1.10, 1.50 times" in same_cost([*table(), *columns])
    assert "Beside a tree" not in same_cost(table())
