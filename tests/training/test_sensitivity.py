import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.training.datasets import Part
from lowbit_sim.training.layers import QuantLinear
from lowbit_sim.training.measuring import count_correct
from lowbit_sim.training.quantizers import quant_weight
from lowbit_sim.training.sensitivity import hessian_trace, sensitivities
from lowbit_sim.training.steps import weight_step


@pytest.fixture
def part():
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randint(0, 17, (40, 1, 3, 3), generator=generator).to(torch.uint8)
    labels = torch.randint(0, 3, (40,), generator=generator)
    return Part(pixels, labels, 16)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Flatten(),
        QuantLinear(9, 4, "fp32", "fp32"),
        nn.ReLU(),
        QuantLinear(4, 3, "fp32", "fp32"),
    ).eval()


def test_the_trace_of_a_diagonal_hessian_is_exact_with_any_signs():
    # the Hessian of sum(a x^2) + sum(b x^2) is diagonal: 2 (a + b), whatever x
    x = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    a, b = torch.tensor([1.0, 3.0, 5.0]), torch.tensor([0.5, 0.5, 0.5])

    def losses():
        yield (a * x.square()).sum()
        yield (b * x.square()).sum()

    for seed in range(3):
        assert hessian_trace(losses, x, 1, seed) == pytest.approx(2 * (9 + 1.5))


def test_the_trace_is_that_of_the_whole_hessian(model, part):
    layer = model[3]
    kept = layer.weight.detach().clone()

    def loss_of(flat):
        hidden = model[2](model[1](model[0](part.images())))
        logits = functional.linear(hidden, flat.reshape(3, 4), layer.bias)
        return functional.cross_entropy(logits, part.labels)

    hessian = torch.autograd.functional.hessian(loss_of, kept.reshape(-1))
    exact = float(hessian.trace())

    def losses():
        yield functional.cross_entropy(model(part.images()), part.labels)

    found = hessian_trace(losses, layer.weight, 2000, 0)
    off_diagonal = hessian - hessian.diag().diag()
    error = (2 * off_diagonal.square().sum() / 2000).sqrt()  # Hutchinson's variance for signs
    assert error < 0.1 * exact
    assert abs(found - exact) < 4 * error


def test_each_layer_is_rounded_alone_and_put_back(model, part):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = sensitivities(model, part, ("levels_2", "int8"), 8, 0)
    assert [(one.layer, one.weight_format, one.weights) for one in found] == [
        ("1", "levels_2", 36), ("1", "int8", 36), ("3", "levels_2", 12), ("3", "int8", 12),
    ]  # fmt: skip
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    layer, levels = model[3], [-1, 1]
    with torch.no_grad():
        base = functional.cross_entropy(model(part.images()), part.labels)
        right = count_correct(model, part)
        kept = layer.weight.clone()
        layer.weight.copy_(quant_weight(kept, weight_step(kept, levels), levels))
        loss = functional.cross_entropy(model(part.images()), part.labels)
        assert found[2].loss_increase == pytest.approx(float(loss - base), abs=1e-6)
        assert found[2].lost_images == right - count_correct(model, part)


def test_the_estimate_is_half_the_mean_curvature_times_the_squared_error(model, part):
    (one,) = sensitivities(model, part, ("levels_3",), 8, 5)[1:]

    def losses():
        yield functional.cross_entropy(model(part.images()), part.labels)

    trace = hessian_trace(losses, model[3].weight, 8, 5)
    kept, levels = model[3].weight.detach(), [-1, 0, 1]
    error = quant_weight(kept, weight_step(kept, levels), levels) - kept
    expected = 0.5 * trace / 12 * float(error.square().sum())
    assert one.second_order_increase == pytest.approx(expected, rel=1e-4)
    assert one.second_order_increase > 0


def test_a_loss_that_is_nearly_quadratic_is_estimated_well(part):
    # one layer and rounding so fine that only the second order matters, on average over signs
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), QuantLinear(9, 3, "fp32", "fp32")).eval()
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = functional.cross_entropy(model(part.images()), part.labels)
        loss.backward()
        return loss

    optimiser.step(closure)  # at a minimum the gradient is zero, as the estimate assumes
    (one,) = sensitivities(model, part, ("levels_16",), 200, 0)
    assert one.loss_increase > 0
    assert one.second_order_increase / one.loss_increase == pytest.approx(1, rel=1)
