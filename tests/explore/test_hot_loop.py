import math
import random

import numpy as np
import pytest

from lowbit_sim.explore import hot_loop
from lowbit_sim.explore.hot_loop import least
from lowbit_sim.explore.tables import Table


def made(seed, most=(12, 4, 3, 60), needs=(0, 1, 5, 20, 80), rooms=(-3, 0, 1, 4, 5, 30, 99)):
    """Return a table, and which rate, what room, what prices and what leakage designs have.

    `most` are how many tilings, memories, rates and designs there are at most.
    """
    rng = random.Random(seed)
    tilings, memories, rates, designs = (rng.randint((one + 1) // 2, one) for one in most)

    def drawn(choices, *shape):
        return np.array(rng.choices(choices, k=int(np.prod(shape)))).reshape(shape)

    table = Table(
        drawn(range(1, 1000), rates, tilings).astype(float),
        drawn(range(50), tilings, 2 * memories).astype(float),
        drawn(needs, memories, tilings),
    )
    return table, (
        drawn(rng.sample(range(-1, rates), rng.randint(1, rates)), designs),
        drawn(rooms, memories, designs),
        drawn(np.linspace(0, 9, 97), 2 * memories, designs),
        drawn([0.0, 0.5, 3.0], designs),
    )


def one_by_one(table, rate_of, room_bits, prices, leakage_pj):
    """Yield the least cycles and energy of each design, and how many tilings fit it."""
    memories, tilings = table.needed_bits.shape
    for design, rate in enumerate(rate_of):
        cycles, energy_pj, count = math.inf, math.inf, 0
        for tiling in range(tilings if rate >= 0 else 0):
            if any(table.needed_bits[m, tiling] > room_bits[m, design] for m in range(memories)):
                continue
            took = table.cycles[rate, tiling]
            sums = [table.moved_bits[tiling, s] * prices[s, design] for s in range(2 * memories)]
            cycles = min(cycles, took)
            energy_pj = min(energy_pj, sum(sums) + took * leakage_pj[design])
            count += 1
        yield cycles, energy_pj, count


@pytest.mark.parametrize("block", [1, 7, 100, hot_loop.BLOCK])
def test_the_least_of_all_tilings_that_fit(block, monkeypatch):
    monkeypatch.setattr(hot_loop, "BLOCK", block)
    seen = set()
    for seed in range(12):
        table, given = made(f"{block} {seed}")
        found = least(table, *given)
        cycles, energy_pj, counts = zip(*one_by_one(table, *given), strict=True)
        assert found.cycles.tolist() == list(cycles)
        assert found.energy_pj.tolist() == pytest.approx(list(energy_pj), rel=1e-12)
        assert found.evaluations == sum(counts)
        seen |= {
            (rate < 0, (count > 0) + (count == table.tilings))
            for rate, count in zip(given[0], counts, strict=True)
        }
    # not fed; nothing, something, and all fits
    assert seen == {(True, 0), (False, 0), (False, 1), (False, 2)}


def test_memories_of_so_many_rooms_that_all_together_differ():
    """More combinations of rates and rooms than fit 16 bit; most designs are alone in theirs."""
    table, given = made(0, (60, 8, 5, 400), needs=range(1, 40), rooms=range(15, 45))
    found = least(table, *given)
    cycles, energy_pj, counts = zip(*one_by_one(table, *given), strict=True)
    assert found.cycles.tolist() == list(cycles)
    assert found.energy_pj.tolist() == pytest.approx(list(energy_pj), rel=1e-12)
    assert found.evaluations == sum(counts) > len(counts)
    assert len(given[1]) > 3  # 30 rooms of each memory


def test_by_hand():
    # two tilings, one memory, one rate: few cycles for many bits, or the other way round
    table = Table(np.array([[10.0, 30.0]]), np.array([[8.0, 0.0], [2.0, 1.0]]), np.array([[4, 2]]))
    rate_of, room_bits = np.zeros(4, int), np.array([[4, 3, 4, 1]])
    prices, leakage_pj = np.array([[1.0] * 4, [3.0] * 4]), np.array([0.0, 0.0, 1.0, 0.0])
    found = least(table, rate_of, room_bits, prices, leakage_pj)
    assert found.cycles.tolist() == [10, 30, 10, math.inf]
    # 8 or 2 + 3; 2 + 3; 8 + 10 or 5 + 30
    assert found.energy_pj.tolist() == [5, 5, 18, math.inf]
    assert found.evaluations == 2 + 1 + 2


def test_a_table_without_tilings_fits_nowhere():
    table = Table(np.zeros((1, 0)), np.zeros((0, 2)), np.zeros((1, 0), int))
    found = least(table, np.zeros(3, int), np.ones((1, 3), int), np.ones((2, 3)), np.ones(3))
    assert found.cycles.tolist() == found.energy_pj.tolist() == [math.inf] * 3
    assert found.evaluations == 0


def test_prices_of_what_cannot_be_spoil_no_neighbour():
    table = Table(np.array([[10.0]]), np.array([[8.0, 1.0]]), np.array([[4]]))
    prices = np.array([[1.0, np.nan, 2.0], [0.0, np.nan, 0.0]])
    leakage_pj = np.array([0.0, np.nan, 0.0])
    found = least(table, np.zeros(3, int), np.array([[9, 0, 9]]), prices, leakage_pj)
    assert found.energy_pj.tolist() == [8, math.inf, 16]
