import itertools

import pytest

from lowbit_sim.energy.technology import ActionEnergy, Evidence, PeRow, Silicon, weakest

ORDER = ["measured", "synthesised", "simulated", "scaled", "assumed"]


@pytest.mark.parametrize(("better", "worse"), list(itertools.combinations(ORDER, 2)))
def test_the_weakest_confidence_wins_in_any_order(better, worse):
    assert weakest(better, worse) == weakest(worse, better) == worse


def test_silicon_adds_and_scales():
    assert Silicon(2.0, 3.0) + Silicon(1.0, 0.5) * 4 == Silicon(6.0, 5.0)


WIDE = PeRow(
    kind="wide",
    parameters={"lanes": 8, "planes": 1, "organisation": "broadcast"},
    one=Silicon(100.0, 10.0),
    per_accumulator_bit=Silicon(2.0, 0.5),
    each={"lanes": Silicon(3.0, 1.0)},
    held_bits=16,
    held_each_bits={"lanes": 2},
)


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"lanes": 8, "planes": 1, "organisation": "broadcast"}, True),
        ({"lanes": 5, "planes": 1, "organisation": "broadcast", "more": 3}, True),
        ({"lanes": 8, "planes": 2, "organisation": "broadcast"}, False),
        ({"lanes": 8, "planes": 1, "organisation": "systolic"}, False),
        ({"lanes": 8, "planes": 1}, False),
        ({"planes": 1, "organisation": "broadcast"}, False),  # no lanes to count
    ],
)
def test_a_row_holds_for_its_parameters(given, fits):
    assert WIDE.fits(given) is fits


def test_a_row_grows_with_lanes_and_accumulator():
    # 100 + 4 · 2 + (10 − 8) · 3, 10 + 4 · 0.5 + 2 · 1
    assert WIDE.silicon({"lanes": 10}, 4) == Silicon(114.0, 14.0)
    assert WIDE.silicon({"lanes": 6}, 0) == Silicon(94.0, 8.0)
    assert [WIDE.second_register_bits({"lanes": n}) for n in (4, 8, 10)] == [8, 16, 20]


def test_an_action_grows_with_a_parameter_where_an_array_has_it():
    evidence = Evidence("a test", "assumed")
    read = ActionEnergy(4.0, 0.25, ("wide",), evidence, {"group": 4}, {"group": 1.5})
    assert read.at({"group": 6}, 2) == 4.0 + 2 * 0.25 + 2 * 1.5
    assert read.at({"group": 3}, 0) == 2.5
    assert read.at({}, 0) == 4.0
