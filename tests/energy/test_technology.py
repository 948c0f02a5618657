import itertools

import pytest

from lowbit_sim.energy.technology import Silicon, weakest

ORDER = ["measured", "synthesised", "simulated", "scaled", "assumed"]


@pytest.mark.parametrize(("better", "worse"), list(itertools.combinations(ORDER, 2)))
def test_the_weakest_confidence_wins_in_any_order(better, worse):
    assert weakest(better, worse) == weakest(worse, better) == worse


def test_silicon_adds_and_scales():
    assert Silicon(2.0, 3.0) + Silicon(1.0, 0.5) * 4 == Silicon(6.0, 5.0)
