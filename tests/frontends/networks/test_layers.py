import torch
from torch.nn import functional

from lowbit_sim.frontends.networks.layers import DepthwiseConv2d, QuantEmbedding, convolution


def test_a_convolution_keeps_the_side_of_the_image():
    for kernel_side in (1, 3, 7):
        conv = convolution(3, 5, kernel_side, "fp32", "fp32")
        assert conv(torch.zeros(1, 3, 9, 9)).shape == (1, 5, 9, 9)
        assert conv.bias is None
    assert convolution(3, 5, 3, "fp32", "fp32", stride=2)(torch.zeros(1, 3, 9, 9)).shape[2:] == (
        5,
        5,
    )


def test_a_depthwise_convolution_keeps_the_channels_apart():
    conv = DepthwiseConv2d(4, "fp32", "fp32", stride=1)
    image = torch.zeros(1, 4, 6, 6)
    image[:, 2] = 1.0
    assert (conv(image)[:, [0, 1, 3]] == 0).all()
    assert conv.weight.shape == (4, 1, 3, 3)


def test_rows_of_a_table_are_rounded_each_with_its_step():
    table = QuantEmbedding(3, 2, "levels_3")
    table.weight.data = torch.tensor([[0.9, 0.1], [2.0, -2.0], [5.0, 5.0]])
    table.weight_step.data = torch.tensor([[1.0], [2.0], [3.0]])
    assert table(torch.tensor([1, 0])).tolist() == [[2.0, -2.0], [1.0, 0.0]]
    plain = QuantEmbedding(3, 2, "fp32")
    assert torch.equal(
        plain(torch.tensor([2])), functional.embedding(torch.tensor([2]), plain.weight)
    )
