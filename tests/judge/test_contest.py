import math

import numpy as np
import pytest
from made_contest import accuracy, candidate, contest, rows, small_and_large

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.judge.contest import contests


def test_losses_are_paired_by_seed_and_of_refused_formats_too():
    found = contest()
    assert found.losses["levels_2"] == pytest.approx([0.03, 0.02, 0.01])
    assert found.losses["fp32"] == pytest.approx([0, 0, 0])
    assert found.mean_loss_fraction("levels_5") == pytest.approx(-0.001)


def test_the_upper_limit_is_that_of_students_t():
    # levels_2: mean 0.02, s 0.01, n 3; t(0.95, 2) = 2.91999
    assert contest().upper_loss_fraction("levels_2", 0.95) == pytest.approx(
        0.02 + 2.919986 * 0.01 / math.sqrt(3), abs=1e-7
    )
    assert contest().upper_loss_fraction("fp32", 0.95) == 0


def test_one_seed_is_never_sure():
    single = [
        candidate("levels_3", rows(1.0), 10, accuracy=accuracy("levels_3", [0.9])),
        candidate("fp32", rows(9.0), 10),
    ]
    assert contest(single).upper_loss_fraction("levels_3", 0.95) == math.inf


def test_machines_and_places():
    found = contest()
    small, large = found.machines
    assert (small.name, large.name) == ("small", "large")
    assert found.of_machine(small) == [0, 1, 2]
    assert found.of_machine(large) == [3, 4, 5, 6]
    assert [one.weight_format for one in found.refused] == ["fp32"]


def test_objectives_by_hand():
    first = contest().objectives[0]
    assert first == pytest.approx([0.02, 111.0, 100e-9, 1000, 1e6])


def test_eligible_by_means():
    assert contest().eligible(0.005).tolist() == [False, True, True, False, True, True, True]


def test_networks_without_accuracies_lose_nothing():
    without = [candidate("levels_3", rows(1.0), 10, accuracy=None)]
    found = contest(without)
    assert found.losses == {}
    assert found.eligible(0.001).all()
    assert found.upper_loss_fraction("levels_3", 0.95) == 0
    assert np.all(found.mean_losses == 0)


def test_a_contest_for_each_network_and_regime():
    both = [
        *small_and_large(),
        candidate("levels_3", rows(1.0), 9, regime="steady"),
        candidate("levels_3", rows(1.0), 9, workload="other", accuracy=None),
    ]
    named = [(one.workload, one.regime) for one in contests(both)]
    assert named == [("net", "cold"), ("net", "steady"), ("other", "cold")]


def test_a_baseline_without_accuracy():
    made = [candidate("levels_3", rows(1.0), 1), candidate("fp32", rows(9.0), 1, accuracy=None)]
    for candidates in (made, made[:1]):
        with pytest.raises(LowbitSimError, match="needs accuracies of fp32"):
            contests(candidates)


def test_formats_of_which_alone_no_accuracy_is_known_take_no_part():
    made = [
        candidate("levels_3", rows(1.0), 1),
        candidate("levels_5", rows(0.5), 1, accuracy=None),
        candidate("fp32", rows(9.0), 1),
    ]
    found = contest(made)
    assert [one.weight_format for one in found.candidates] == ["levels_3", "fp32"]
    assert found.refused[0].refusal == "no accuracy of levels_5 is known"


def test_formats_without_a_shared_seed():
    other = accuracy("levels_3")
    moved = type(other)(
        *(getattr(other, name) for name in ("workload", "weight_format")),
        "int8",
        "top1",
        "a test",
        1,
        1000,
        {7: 0.9},
    )
    with pytest.raises(LowbitSimError, match="share no seed"):
        contests([candidate("levels_3", rows(1.0), 1, accuracy=moved), candidate("fp32", {}, 1)])
