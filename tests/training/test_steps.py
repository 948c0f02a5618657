import pytest
import torch

from lowbit_sim.training.quantizers import quant_act, quant_weight
from lowbit_sim.training.steps import (
    SMALLEST_STEP,
    activation_step,
    statistical_step,
    weight_step,
)


@pytest.mark.parametrize("levels", [(-1, 1), (-1, 0, 1), (-2, -1, 0, 1, 2), (-4, -1, 2, 4)])
def test_weights_on_the_grid_give_back_their_step(levels):
    codes = torch.arange(40).reshape(2, 20) % len(levels)
    step = torch.tensor([[0.3], [1.7]])
    weight = torch.tensor(levels)[codes] * step
    torch.testing.assert_close(weight_step(weight, levels), step)


def test_the_error_is_close_to_that_of_the_best_gaussian_grid():
    # published for a unit normal (J. Max, 1960): step 1.224 and distortion 0.190 for three levels
    torch.manual_seed(0)
    weight = torch.randn(1, 20000)
    step = weight_step(weight, (-1, 0, 1))
    assert step.item() == pytest.approx(1.224, rel=0.05)
    error = (quant_weight(weight, step, [-1, 0, 1]) - weight).square().mean()
    assert error.item() == pytest.approx(0.190, rel=0.03)


def test_two_levels_start_at_the_mean_magnitude():
    torch.manual_seed(1)
    weight = torch.randn(1, 5000)
    assert weight_step(weight, (-1, 1)).item() == pytest.approx(
        weight.abs().mean().item(), rel=0.05
    )


def test_a_channel_of_zeros_has_a_positive_step():
    step = weight_step(torch.zeros(2, 3, 2, 2), (-1, 0, 1))
    assert step.shape == (2, 1, 1, 1)
    assert step.min() == torch.tensor(SMALLEST_STEP)


def test_activation_step_is_a_scalar_that_fits_the_batch():
    x = torch.linspace(0, 1, 1001).reshape(7, 143)
    step = activation_step(x, -128, 127)
    assert step.shape == ()
    assert (quant_act(x, step, -128, 127) - x).abs().max() <= 0.5 / 127 + 1e-6
    assert activation_step(torch.zeros(3), -128, 127) == torch.tensor(SMALLEST_STEP)


@pytest.mark.parametrize("levels", [(-1, 1), (-1, 0, 1)])
def test_absmean_of_few_levels_is_the_mean_magnitude(levels):
    rows = torch.tensor([[1.0, -3.0], [0.2, 0.0]])
    step = statistical_step(rows, levels, "absmean")
    assert step.flatten().tolist() == pytest.approx([2.0, 0.1])


@pytest.mark.parametrize("source", ["absmean", "statistics"])
def test_more_levels_take_the_step_of_the_best_gaussian_grid(source):
    # J. Max, 1960: the best step of five levels is 0.8430 deviations, of nine 0.5338
    torch.manual_seed(0)
    rows = 3 * torch.randn(1, 200_000)
    for levels, deviations in ((range(-2, 3), 0.8430), (range(-4, 5), 0.5338)):
        step = statistical_step(rows, tuple(levels), source)
        assert step.item() == pytest.approx(3 * deviations, rel=0.01)


def test_statistics_of_three_levels_have_the_threshold_of_ternary_weight_networks():
    # F. Li et al., 2016: the best threshold of normal weights is 0.6 deviations
    rows = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    assert statistical_step(rows, (-1, 0, 1), "statistics").item() / 2 == pytest.approx(
        0.6, abs=0.02
    )


def test_a_codebook_is_scaled_by_the_root_mean_square():
    assert statistical_step(torch.tensor([[3.0, 4.0]]), (-1, 1), "codebook").item() == (
        pytest.approx(12.5**0.5)
    )


@pytest.mark.parametrize("source", ["absmean", "statistics", "codebook"])
def test_no_statistical_step_is_zero(source):
    assert statistical_step(torch.zeros(2, 3), (-1, 0, 1), source).min() == SMALLEST_STEP
