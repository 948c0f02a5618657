import pytest
import torch

from lowbit_sim.training.codebook import codebook_weight, nearest_values


def test_the_nearest_value_by_hand_also_of_an_unsorted_codebook():
    # ascending: -1 0.5 3, with borders -0.25 and 1.75; a tie goes to the lower value
    codebook = torch.tensor([3.0, -1.0, 0.5])
    ratio = torch.tensor([[-9.0, -0.25, -0.2], [1.75, 1.8, 9.0]])
    assert nearest_values(ratio, codebook).tolist() == [[1, 1, 2], [2, 0, 0]]


def test_weights_take_a_value_times_their_channels_scale():
    weight = torch.tensor([[1.0, -1.0], [1.0, -1.0]])
    scale = torch.tensor([[1.0], [4.0]])
    rounded = codebook_weight(weight, scale, torch.tensor([-0.5, 0.1, 2.0]))
    # ratios are 1, -1 and 0.25, -0.25; borders -0.2 and 1.05
    torch.testing.assert_close(rounded, torch.tensor([[0.1, -0.5], [0.4, -2.0]]))


def test_a_value_gets_the_mean_gradient_of_those_that_take_it():
    weight = torch.tensor([[1.0, 0.9, -1.0, -1.1]], requires_grad=True)
    codebook = torch.tensor([-1.0, 1.0, 50.0], requires_grad=True)
    upstream = torch.tensor([[1.0, 3.0, 10.0, 20.0]])
    (codebook_weight(weight, torch.tensor([[2.0]]), codebook) * upstream).sum().backward()
    # the scale is 2: means (10 + 20)/2 and (1 + 3)/2, each times 2; no weight takes 50
    assert codebook.grad.tolist() == pytest.approx([30.0, 4.0, 0.0])
    assert weight.grad.tolist() == upstream.tolist()  # straight through
