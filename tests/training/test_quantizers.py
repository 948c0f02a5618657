import numpy as np
import pytest
import torch
from torch.library import opcheck

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.training.quantizers import (
    TrainedActivation,
    TrainedWeight,
    cast,
    masked,
    nearest_codes,
    nearest_levels,
    quant_act,
    quant_weight,
)

INTEGER_FORMATS = [fmt for fmt in FORMATS.values() if fmt.is_integer]


def test_schemas_are_the_ones_the_front_end_reads():
    written = [str(op._opoverload._schema) for op in (quant_weight, quant_act, cast)]
    assert written == [
        "lowbit_sim::quant_weight(Tensor weight, Tensor step, int[] levels) -> Tensor",
        "lowbit_sim::quant_act(Tensor x, Tensor step, int min_level, int max_level) -> Tensor",
        "lowbit_sim::cast(Tensor x, str format) -> Tensor",
    ]


@pytest.mark.parametrize(
    ("levels", "ratios", "expected"),
    [
        # midpoint 0: a tie goes to the lower level
        ((-1, 1), [-0.1, 0.0, 0.1, 7.0], [-1, -1, 1, 1]),
        ((-1, 0, 1), [-0.5, -0.49, 0.5, 0.51], [-1, 0, 0, 1]),
        # powers of two: midpoints -3 -1.5 -0.5 0.5 1.5 3
        ((-4, -2, -1, 0, 1, 2, 4), [-3.1, -3.0, 1.5, 1.6, 3.0, 3.1, -99], [-4, -4, 1, 2, 2, 4, -4]),
        ((-3, -1, 1, 3), [-2.1, -1.9, 2.1, 0.0], [-3, -1, 3, -1]),
    ],
)
def test_weights_go_to_the_nearest_level(levels, ratios, expected):
    step = torch.tensor([[0.25]])
    weight = torch.tensor([ratios]) * step
    rounded = quant_weight(weight, step, list(levels))
    assert (rounded / step).tolist() == [[float(level) for level in expected]]


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_nearest_codes_against_a_search_of_all_levels(fmt):
    ratio = np.random.default_rng(0).normal(0, fmt.max_magnitude, 500).astype(np.float32)
    distance = np.abs(ratio[:, None].astype(float) - np.array(fmt.levels))
    codes = nearest_codes(torch.from_numpy(ratio), fmt.levels)
    assert codes.tolist() == distance.argmin(1).tolist()  # argmin: the first, hence the lower


def test_each_channel_has_its_own_step():
    weight, step = torch.tensor([[1.0, -1.0], [1.0, -1.0]]), torch.tensor([[1.0], [4.0]])
    assert quant_weight(weight, step, [-1, 0, 1]).tolist() == [[1.0, -1.0], [0.0, 0.0]]


def test_gradient_of_ternary_weights_by_hand():
    # step 0.5: ratios 0.6, -3, 0.2 -> levels 1, -1, 0; slopes 1-0.6, -1 (outside), 0-0.2
    # scale 1/sqrt(3 weights * level 1); upstream gradient 1, 2, 3
    weight = torch.tensor([[0.3, -1.5, 0.1]], requires_grad=True)
    step = torch.tensor([[0.5]], requires_grad=True)
    rounded = TrainedWeight.apply(weight, step, [-1, 0, 1])
    (rounded * torch.tensor([[1.0, 2.0, 3.0]])).sum().backward()
    assert weight.grad.tolist() == [[1.0, 2.0, 3.0]]  # no mask, also outside the range
    assert step.grad.item() == pytest.approx((0.4 * 1 - 1 * 2 - 0.2 * 3) / 3**0.5)


def test_gradient_of_activations_by_hand():
    # step 0.5, range -2..1: ratios 0.6, -6, 3 -> 1, -2, 1; only the first is inside
    # scale 1/sqrt(3 per sample * level 1)
    x = torch.tensor([[0.3, -3.0, 1.5]], requires_grad=True)
    step = torch.tensor(0.5, requires_grad=True)
    rounded = TrainedActivation.apply(x, step, -2, 1)
    (rounded * torch.tensor([[1.0, 2.0, 3.0]])).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 0.0]]
    assert step.grad.item() == pytest.approx((0.4 * 1 - 2 * 2 + 1 * 3) / 3**0.5)


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_step_gradient_is_a_straight_through_finite_difference(fmt):
    # with the rounding error held fixed, round(w/s) = w/s + error inside the range: its output
    # is w + error * s; outside it is the outer level * s. Both are differentiable.
    torch.manual_seed(0)
    weight = torch.randn(3, 20, dtype=torch.float64) * fmt.max_magnitude * 0.7
    step = torch.tensor([[0.9], [1.0], [1.3]], dtype=torch.float64)
    upstream = torch.randn(3, 20, dtype=torch.float64)
    ratio = weight / step
    inside = (ratio >= fmt.min_level) & (ratio <= fmt.max_level)
    levels = torch.tensor(fmt.levels, dtype=torch.float64)
    rounded = levels[(ratio[..., None] - levels).abs().argmin(-1)]

    def smooth(step):
        return torch.where(inside, weight + (rounded - ratio) * step, rounded * step) * upstream

    difference = (smooth(step + 1e-6) - smooth(step - 1e-6)).sum(1, keepdim=True) / 2e-6
    leaf = step.clone().requires_grad_()
    (TrainedWeight.apply(weight, leaf, list(fmt.levels)) * upstream).sum().backward()
    expected = difference / (20 * fmt.max_magnitude) ** 0.5
    torch.testing.assert_close(leaf.grad, expected, rtol=1e-6, atol=1e-8)


def test_activations_round_half_to_even_and_clamp():
    x = torch.tensor([0.5, 1.5, 2.5, -2.5, 200.0, -200.0])
    assert quant_act(x, torch.tensor(1.0), -128, 127).tolist() == [0, 2, 2, -2, 127, -128]


def test_cast_is_a_round_trip_through_bf16_and_passes_the_gradient():
    # bf16 keeps 8 significant bits: 1 + 2^-8 is a tie, to even; 1 + 3*2^-9 rounds up
    x = torch.tensor([1 + 2**-8, 1 + 3 * 2**-9, -3.0], requires_grad=True)
    rounded = cast(x, "bf16")
    rounded.sum().backward()
    assert rounded.tolist() == [1.0, 1 + 2**-7, -3.0]
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_cast_refuses_an_unknown_format():
    with pytest.raises(ValueError, match="cannot cast to 'fp8'"):
        cast(torch.ones(1), "fp8")


def test_operators_pass_torchs_own_checks():
    weight, step = torch.randn(4, 3, 2, 2), torch.full((4, 1, 1, 1), 0.5)
    opcheck(quant_weight, (weight, step, [-4, -1, 2]))
    x = torch.randn(2, 3, 4).transpose(1, 2)
    opcheck(quant_act, (x, torch.tensor(0.1), -128, 127))
    opcheck(cast, (torch.randn(3, requires_grad=True), "bf16"))


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_codes_and_levels_are_the_same_choice_at_ties_and_everywhere(fmt):
    quarters = torch.arange(4 * fmt.min_level - 8, 4 * fmt.max_level + 9) / 4
    near = torch.cat([quarters, quarters * (1 + 1e-6), quarters * (1 - 1e-6)])
    values = torch.tensor(fmt.levels, dtype=torch.float32)
    codes = nearest_codes(near, fmt.levels)
    assert torch.equal(values[codes], nearest_levels(near, fmt.levels))
    distance = (near[:, None].double() - values.double()).abs()
    assert torch.equal(codes, distance.argmin(1))  # the first of equals, hence the lower


@pytest.mark.parametrize("fmt", INTEGER_FORMATS, ids=lambda fmt: fmt.name)
def test_training_rounds_to_the_same_bits_as_the_exported_operator(fmt):
    torch.manual_seed(0)
    weight, step = torch.randn(4, 3, 3, 3), torch.rand(4, 1, 1, 1) + 0.1
    levels = list(fmt.levels)
    trained = TrainedWeight.apply(weight, step, levels)
    assert torch.equal(trained, quant_weight(weight, step, levels))
    x = torch.randn(2, 3, 5, 5)
    for layout in (torch.contiguous_format, torch.channels_last):
        seen = x.contiguous(memory_format=layout)
        exported = quant_act(seen, torch.tensor(0.3), fmt.min_level, fmt.max_level)
        trained = TrainedActivation.apply(seen, torch.tensor(0.3), fmt.min_level, fmt.max_level)
        assert torch.equal(trained, exported)


def test_the_step_gradient_of_activations_does_not_depend_on_the_layout():
    torch.manual_seed(0)
    x, upstream = torch.randn(2, 3, 5, 5), torch.randn(2, 3, 5, 5)
    gradients = []
    for layout in (torch.contiguous_format, torch.channels_last):
        step = torch.tensor(0.02, requires_grad=True)
        seen = x.contiguous(memory_format=layout)
        (TrainedActivation.apply(seen, step, -8, 7) * upstream).sum().backward()
        gradients.append(step.grad)
    torch.testing.assert_close(*gradients)


def test_a_fixed_step_gets_no_gradient():
    weight = torch.randn(2, 3, requires_grad=True)
    TrainedWeight.apply(weight, torch.ones(2, 1), [-1, 0, 1]).sum().backward()
    assert torch.equal(weight.grad, torch.ones(2, 3))
    x = torch.randn(2, 3, requires_grad=True)
    TrainedActivation.apply(x, torch.tensor(100.0), -1, 1).sum().backward()
    assert torch.equal(x.grad, torch.ones(2, 3))


@pytest.mark.parametrize(
    ("mask", "passes"),
    [("none", [1, 1, 1, 1, 1]), ("clip", [0, 0, 1, 1, 0]), ("cell_edge", [0, 1, 1, 1, 0])],
)
def test_masks_stop_the_gradient_of_far_weights_by_hand(mask, passes):
    # step 0.5, levels -1 0 1: ratios -1.6 -1.4 -1 0.5 2; clip at 1, cells end at 1.5
    weight = torch.tensor([[-0.8, -0.7, -0.5, 0.25, 1.0]], requires_grad=True)
    kept = masked(weight, torch.tensor([[0.5]]), [-1, 0, 1], mask)
    assert torch.equal(kept, weight)
    kept.sum().backward()
    assert weight.grad.tolist() == [passes]


def test_the_cells_of_an_uneven_set_end_half_a_distance_out():
    weight = torch.tensor([[-5.1, -4.9, 4.9, 5.1]], requires_grad=True)
    masked(weight, torch.ones(1, 1), [-4, -2, -1, 0, 1, 2, 4], "cell_edge").sum().backward()
    assert weight.grad.tolist() == [[0, 1, 1, 0]]
