"""Assignments against enumeration, and what cannot be had."""

import itertools

import numpy as np
import pytest

from lowbit_sim.judge.assignment import InfeasibleError, cheapest, total


def enumerated(costs, losses, budget):
    """Return the least cost within the budget and the least loss at that cost; None if none is."""
    layers, formats = costs.shape
    every = list(itertools.product(range(formats), repeat=layers))
    within = [
        one
        for one in every
        if np.isfinite(total(costs, one)) and total(losses, one) <= budget + 1e-9
    ]
    if not within:
        return None
    least = min(total(costs, one) for one in within)
    cheap = [one for one in within if total(costs, one) <= least + 1e-9 * abs(least)]
    return least, min(total(losses, one) for one in cheap)


@pytest.mark.parametrize("drawn", ["whole numbers", "of many sizes"])
@pytest.mark.parametrize("seed", range(40))
def test_the_assignment_is_that_of_enumeration(seed, drawn):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 6), rng.integers(1, 6)
    if drawn == "whole numbers":  # with many ties, and losses below zero
        costs = rng.integers(1, 6, shape).astype(float)
        losses = rng.integers(-1, 6, shape).astype(float)
    else:
        costs, losses = rng.lognormal(0, 3, shape), rng.lognormal(0, 2, shape)
    costs[rng.random(shape) < 0.1] = np.inf
    # a budget that some assignment just meets is the hardest
    budget = total(losses, tuple(rng.integers(0, shape[1], shape[0])))
    best = enumerated(costs, losses, budget)
    if best is None:
        with pytest.raises(InfeasibleError):
            cheapest(costs, losses, budget)
        return
    found = cheapest(costs, losses, budget)
    assert total(costs, found) == pytest.approx(best[0], rel=1e-9)
    assert total(losses, found) == pytest.approx(best[1], rel=1e-9, abs=1e-9)


def test_among_the_cheapest_the_least_loss_is_taken():
    costs = np.array([[1.0, 1.0, 2.0]])
    assert cheapest(costs, np.array([[5.0, 3.0, 1.0]]), 10.0) == (1,)


def test_a_budget_that_cannot_be_kept_says_what_can():
    costs, losses = np.array([[1.0, 9.0], [1.0, np.inf]]), np.array([[3.0, 1.0], [4.0, 0.0]])
    with pytest.raises(InfeasibleError, match=r"no assignment loses 4\.9 or less.* lost is 5"):
        cheapest(costs, losses, 4.9)
    assert cheapest(costs, losses, 5.0) == (1, 0)


def test_a_layer_without_a_choice_is_named():
    with pytest.raises(InfeasibleError, match="layer 1 has no format"):
        cheapest(np.array([[1.0], [np.inf]]), np.array([[0.0], [0.0]]), 1.0)


def test_a_larger_budget_never_costs_more():
    rng = np.random.default_rng(7)
    costs, losses = rng.random((6, 5)), rng.random((6, 5))
    budgets = np.linspace(losses.min(1).sum(), losses.max(1).sum(), 12)
    paid = [total(costs, cheapest(costs, losses, budget)) for budget in budgets]
    assert all(later <= before + 1e-12 for before, later in itertools.pairwise(paid))
    assert paid[-1] == pytest.approx(costs.min(1).sum())
