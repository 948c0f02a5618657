from made_members import MEMBERS

from lowbit_sim.report.exploration.page import _cell
from lowbit_sim.report.exploration.regions import maps


def test_a_cell_names_the_winner():
    one = next(maps(MEMBERS))
    assert _cell(one, -1) == "none"
    assert _cell(one, 0) == "2 levels, ternary_pe, 1,000 µs"
    assert _cell(one, 3) == "int8, ternary_pe, 500 µs"
