import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.assumed_weights import assumed_statistics, best_step, level_shares

INTEGERS = [name for name, fmt in FORMATS.items() if fmt.is_integer]
#: J. Max 1960, table II: the best distance of evenly spaced outputs, by their number
MAX = {3: 1.2240, 5: 0.8430, 7: 0.6508, 9: 0.5338, 15: 0.3534, 17: 0.3189}
#: share of zeros and entropy [bit] at the best of all steps of three decimal places
AT_ROUNDED_STEPS = {
    3: (0.4594, 1.536),
    5: (0.3266, 2.183),
    7: (0.2552, 2.597),
    9: (0.2105, 2.904),
    15: (0.1401, 3.525),
    17: (0.1267, 3.676),
}


@pytest.mark.parametrize("count", MAX)
def test_evenly_spaced_levels_against_tables(count):
    levels = FORMATS[f"levels_{count}"].levels
    shares = level_shares(levels)
    assert best_step(levels) == pytest.approx(MAX[count], abs=5e-5)
    zeros, entropy = AT_ROUNDED_STEPS[count]
    # half a thousandth of a step changes them by so much, at a density of 0.4
    assert shares[levels.index(0)] == pytest.approx(zeros, abs=0.4 * 5e-4 + 5e-5)
    found = -sum(share * np.log2(share) for share in shares)
    assert found == pytest.approx(entropy, abs=5e-4 / MAX[count] / np.log(2) + 5e-4)


def test_two_levels_lie_at_the_mean_magnitude():
    assert best_step((-1, 1)) == pytest.approx(np.sqrt(2 / np.pi), abs=1e-12)
    assert best_step((-3, -1, 1, 3)) == pytest.approx(0.9957 / 2, abs=5e-5)  # Max's table, N = 4


def error(levels, step):
    """Return the squared error, by integration over each level's own stretch."""
    values = step * np.array(levels, float)
    borders = [-np.inf, *(values[1:] + values[:-1]) / 2, np.inf]
    return sum(
        quad(lambda x, v=v: (x - v) ** 2 * norm.pdf(x), low, high)[0]
        for v, low, high in zip(values, borders[:-1], borders[1:], strict=True)
    )


@pytest.mark.parametrize("name", [name for name in INTEGERS if name != "int8"])
def test_no_other_step_has_a_smaller_error(name):
    levels = FORMATS[name].levels
    tried = np.geomspace(0.05, 4.0, 40)
    errors = [error(levels, step) for step in tried]
    around = int(np.argmin(errors))
    bounds = (tried[max(around - 1, 0)], tried[around + 1])
    found = minimize_scalar(lambda step: error(levels, step), bounds=bounds, method="bounded")
    assert best_step(levels) == pytest.approx(found.x, rel=1e-3)
    assert error(levels, best_step(levels)) <= found.fun + 1e-9


@pytest.mark.parametrize("name", INTEGERS)
def test_shares_are_those_of_a_normal_distribution(name):
    levels = FORMATS[name].levels
    inner = best_step(levels) * (np.array(levels[1:]) + np.array(levels[:-1])) / 2
    expected = np.diff(norm.cdf([-np.inf, *inner, np.inf]))
    assert np.allclose(level_shares(levels), expected, atol=1e-12)


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(("weights", "rows"), [(12, 3), (1000, 8), (9408, 64)])
def test_counts_are_whole_and_nearest_to_the_shares(name, weights, rows):
    levels = FORMATS[name].levels
    counts = assumed_statistics(name, weights, rows)
    assert counts.assumed
    assert sum(counts.level_counts) == counts.weights == weights
    for count, share in zip(counts.level_counts, level_shares(levels), strict=True):
        assert abs(count - share * weights) < 1
    zeros = counts.level_counts[levels.index(0)] if 0 in levels else 0
    assert sum(counts.row_nonzeros) == weights - zeros
    assert len(counts.row_nonzeros) == rows
    assert max(counts.row_nonzeros) - min(counts.row_nonzeros) <= 1


def test_a_tie_of_remainders_goes_to_the_lower_level():
    assert assumed_statistics("levels_2", 3, 1).level_counts == (2, 1)


def test_floating_point_weights_have_no_zeros():
    counts = assumed_statistics("bf16", 12, 3)
    assert (counts.level_counts, counts.row_nonzeros) == ((), (4, 4, 4))
    assert counts.assumed
