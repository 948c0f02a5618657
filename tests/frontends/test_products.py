import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.workload.convolution import Convolution


def last(workload):
    op = workload.ops[-1]
    return (op.name, op.kind, (op.batch, op.m, op.k, op.n))


def test_linear_rows_are_samples_times_tokens(traced):
    workload = traced(lambda net, x: net.fc(x), 2, 3, 5, fc=nn.Linear(5, 7))
    assert last(workload) == ("fc", "linear", (1, 6, 5, 7))


def test_convolution_geometry(traced):
    conv = nn.Conv2d(6, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 3), groups=2)
    workload = traced(lambda net, x: net.conv(x), 1, 6, 9, 7, conv=conv)
    # 9 + 2 rows: kernel 3, stride 2 -> 5; 7 columns: reach 1 + 3 = 4, stride 1 -> 4
    assert last(workload) == ("conv", "conv2d", (2, 20, 18, 2))
    assert workload.ops[-1].convolution == Convolution(6, 4, 9, 7, 3, 2, 2, 1, 1, 0, 1, 3, 2)


def test_depthwise_convolution_has_a_group_a_channel(traced):
    conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)
    workload = traced(lambda net, x: net.conv(x), 1, 4, 6, 6, conv=conv)
    assert last(workload) == ("conv", "conv2d", (4, 36, 9, 1))
    assert workload.macs == 4 * 36 * 9


def random_convolution(rng):
    """Draw a convolution and the sides of an image for it."""
    groups = rng.choice([1, 1, 2, 3])
    kernel = (rng.randint(1, 5), rng.randint(1, 5))
    dilation = (rng.randint(1, 3), rng.randint(1, 3))
    padding = rng.choice(["same", "valid", (rng.randint(0, 3), rng.randint(0, 3))])
    stride = (1, 1) if padding == "same" else (rng.randint(1, 3), rng.randint(1, 3))
    conv = nn.Conv2d(
        groups * rng.randint(1, 3),
        groups * rng.randint(1, 3),
        kernel,
        stride,
        padding,
        dilation,
        groups,
        bias=False,
    )
    reach = [spread * (side - 1) + 1 for side, spread in zip(kernel, dilation, strict=True)]
    return conv, [side + rng.randint(0, 6) for side in reach]


def unfolded(image, geometry):
    """Lay out what each output pixel reads: channels, kernel rows, kernel columns, in numpy."""
    padded = np.pad(
        image,
        (
            (0, 0),
            (geometry.padding_height, geometry.padding_height + geometry.extra_padding_height),
            (geometry.padding_width, geometry.padding_width + geometry.extra_padding_width),
        ),
    )
    taps = []
    for row in range(geometry.kernel_height):
        for column in range(geometry.kernel_width):
            top, left = row * geometry.dilation_height, column * geometry.dilation_width
            rows = top + geometry.stride_height * np.arange(geometry.out_height)
            columns = left + geometry.stride_width * np.arange(geometry.out_width)
            taps.append(padded[:, rows[:, None], columns[None, :]])
    return np.stack(taps, axis=1)  # channels, taps, out_height, out_width


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
def test_random_convolutions_are_the_matrix_products_they_are_said_to_be(traced_with):
    """60 geometries, traced as one network; small integers, so that the sums are exact."""
    rng = random.Random(5)
    torch.manual_seed(5)
    drawn = [random_convolution(rng) for _ in range(60)]
    for conv, _ in drawn:
        conv.weight.data = torch.randint(-4, 5, conv.weight.shape).float()
    images = [torch.randint(-8, 9, (1, c.in_channels, *sides)).float() for c, sides in drawn]
    convs = nn.ModuleList(conv for conv, _ in drawn)

    def forward(net, *inputs):
        return [conv(image) for conv, image in zip(net.convs, inputs, strict=True)]

    workload = traced_with(forward, *images, convs=convs)
    layers = [op for op in workload.ops if op.kind == "conv2d"]
    assert len(layers) == len(drawn)
    assert any(op.convolution.extra_padding_width for op in layers)
    for op, (conv, _), image in zip(layers, drawn, images, strict=True):
        expected = conv(image)[0].detach().numpy()
        geometry = op.convolution
        assert (geometry.out_height, geometry.out_width) == expected.shape[1:]
        inputs = unfolded(image[0].numpy(), geometry).reshape(op.batch, op.k, op.m)
        weights = conv.weight.detach().flatten(1).numpy().reshape(op.batch, op.n, op.k)
        assert np.array_equal((weights @ inputs).reshape(expected.shape), expected)
        assert op.macs == expected.size * weights.shape[2]


def test_padding_same_of_an_even_kernel_is_one_more_behind(traced):
    conv = nn.Conv2d(1, 1, (4, 3), padding="same")
    geometry = traced(lambda net, x: net.conv(x), 1, 1, 9, 7, conv=conv).ops[-1].convolution
    assert (geometry.padding_height, geometry.extra_padding_height) == (1, 1)
    assert (geometry.padding_width, geometry.extra_padding_width) == (1, 0)


def test_a_convolution_of_several_images_is_refused(traced):
    with pytest.raises(SpecError, match="traced with one image, got 2"):
        traced(lambda net, x: net.conv(x), 2, 3, 8, 6, conv=nn.Conv2d(3, 4, 1))


def self_attention(net, x):
    batch, tokens, width = x.shape
    split = net.qkv(x).reshape(batch, tokens, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
    query, key, value = split.unbind(0)
    mixed = net.attend(query, key, value)
    return net.project(mixed.transpose(1, 2).reshape(batch, tokens, width))


def written_out(query, key, value):
    return (query @ key.transpose(-2, -1) / 2).softmax(-1) @ value


@pytest.mark.parametrize("attend", [functional.scaled_dot_product_attention, written_out])
def test_attention_is_two_products_and_a_softmax(traced, listed, joined, attend):
    """8 features in 2 heads over 5 tokens, either way of writing it."""
    parts = {"qkv": nn.Linear(8, 24), "project": nn.Linear(8, 8), "attend": attend}
    workload = traced(self_attention, 1, 5, 8, **parts)
    fp32 = ("fp32", "fp32", "fp32")
    assert listed(workload) == [
        ("input", "input", (1, 5, 1, 8), None, "fp32", "fp32"),
        ("qkv", "linear", (1, 5, 8, 24), *fp32),
        ("scores", "matmul", (2, 5, 4, 5), *fp32),
        ("softmax", "softmax", (2, 5, 1, 5), None, "fp32", "fp32"),
        ("context", "matmul", (2, 5, 5, 4), *fp32),
        ("project", "linear", (1, 5, 8, 8), *fp32),
    ]
    assert joined(workload) == {
        ("input", "qkv"),
        ("qkv", "scores"),
        ("scores", "softmax"),
        ("softmax", "context"),
        ("qkv", "context"),
        ("context", "project"),
    }
    # 960 + 2 * 100 of the attention + 320, and no parameter but the layers'
    assert workload.macs == 5 * 8 * 24 + 2 * (2 * 5 * 5 * 4) + 5 * 8 * 8
    assert [op.parameter for op in workload.ops if op.kind == "matmul"] == [None, None]


def test_attention_between_different_numbers_of_tokens(traced):
    def forward(net, x):
        query, memory = net.query(x[:, :2]), net.memory(x)
        return functional.scaled_dot_product_attention(query, memory, net.value(x))

    held = {"query": nn.Linear(6, 4), "memory": nn.Linear(6, 4), "value": nn.Linear(6, 3)}
    workload = traced(forward, 1, 5, 6, **held)
    dims = [(op.batch, op.m, op.k, op.n) for op in workload.ops[-3:]]
    assert dims == [(1, 2, 4, 5), (1, 2, 1, 5), (1, 2, 5, 3)]


def test_a_causal_mask_is_a_pass_over_all_scores_and_is_not_read(traced, listed):
    def attend(_, x):
        return functional.scaled_dot_product_attention(x, x, x, is_causal=True)

    workload = traced(attend, 1, 2, 5, 4)
    assert [row[:3] for row in listed(workload)[1:]] == [
        ("scores", "matmul", (2, 5, 4, 5)),
        ("mask", "mask", (2, 5, 1, 5)),
        ("softmax", "softmax", (2, 5, 1, 5)),
        ("context", "matmul", (2, 5, 5, 4)),
    ]
    assert workload.op("mask").side_parameter_bits == 0


@pytest.mark.parametrize(
    ("mask", "kind", "dims", "bits_of_mask"),
    [
        (torch.ones(5, 5, dtype=torch.bool), "mask", (2, 5, 1, 5), 25),
        (torch.zeros(5, 5), "add", (2, 5, 2, 5), 25 * 32),
    ],
)
def test_a_mask_is_read_from_memory(traced, mask, kind, dims, bits_of_mask):
    def attend(net, x):
        return functional.scaled_dot_product_attention(x, x, x, net.hidden)

    op = traced(attend, 1, 2, 5, 4, hidden=nn.Parameter(mask, requires_grad=False)).op("mask")
    assert (op.kind, (op.batch, op.m, op.k, op.n)) == (kind, dims)
    assert op.side_parameter_bits == bits_of_mask


def test_a_mask_that_comes_from_outside_is_an_activation(traced_with, joined):
    def attend(_, x, hidden):
        return functional.scaled_dot_product_attention(x, x, x, hidden)

    workload = traced_with(attend, torch.zeros(1, 2, 5, 4), torch.zeros(5, 5))
    (outside,) = (op.name for op in workload.ops if op.kind == "input" and op.m == 5)
    assert (outside, "mask") in joined(workload)
    assert workload.op("mask").side_parameter_bits == 0


def test_query_heads_that_share_keys_are_stacked(traced_with):
    """6 query heads of 3 tokens, 2 key heads of 5 tokens, 4 features."""

    def attend(_, query, key, value):
        return functional.scaled_dot_product_attention(query, key, value, enable_gqa=True)

    key, query = torch.randn(1, 2, 5, 4), torch.randn(1, 6, 3, 4)
    workload = traced_with(attend, query, key, torch.randn(1, 2, 5, 4))
    scores, softmax, context = (workload.op(name) for name in ("scores", "softmax", "context"))
    assert (scores.batch, scores.m, scores.k, scores.n) == (2, 9, 4, 5)
    assert (softmax.batch, softmax.m, softmax.k, softmax.n) == (2, 9, 1, 5)
    assert (context.batch, context.m, context.k, context.n) == (2, 9, 5, 4)
    # keys and values are counted once, and the work is that of all query heads
    assert (scores.weight_elements, context.weight_elements) == (key.numel(), 2 * 5 * 4)
    assert workload.macs == 2 * (6 * 3 * 5 * 4)
    stacked = query.reshape(2, 9, 4) @ key[0].transpose(-2, -1)
    spread = query @ key.repeat_interleave(3, 1).transpose(-2, -1)
    assert torch.allclose(stacked.reshape(spread.shape), spread)


@pytest.mark.parametrize(
    ("attend", "reason"),
    [
        (lambda x: functional.scaled_dot_product_attention(x, x, x, dropout_p=0.5), "dropout"),
        (lambda x: functional.scaled_dot_product_attention(x, x[:, :1], x[:, :1]), "differ"),
    ],
)
def test_attention_that_is_refused(traced, attend, reason):
    with pytest.raises(SpecError, match=reason):
        traced(lambda _, x: attend(x), 1, 2, 5, 4)


def test_a_batched_product_and_its_plain_name(traced):
    workload = traced(lambda _, x: torch.bmm(x, x.transpose(1, 2)), 3, 5, 4)
    assert last(workload) == ("matmul", "matmul", (3, 5, 4, 5))


def test_scores_are_recognised_behind_their_mask(traced):
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)

    def forward(net, x):
        scores = (x @ x.transpose(-2, -1)).masked_fill(net.hidden, -1e9)
        return scores.softmax(-1) @ x

    held = nn.Parameter(hidden, requires_grad=False)
    names = [op.name for op in traced(forward, 2, 5, 4, hidden=held).ops]
    assert names == ["input", "scores", "mask", "softmax", "context"]


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda net, x: x @ net.table, "reads a parameter where only an activation"),
        (lambda _, x: x @ x[0].transpose(0, 1), "the batches .* differ"),
        (lambda _, x: x @ x[0, 0], "a vector operand is not supported"),
    ],
)
def test_products_that_are_refused(traced, forward, reason):
    with pytest.raises(SpecError, match=reason):
        traced(forward, 3, 5, 4, table=nn.Parameter(torch.ones(4, 4)))


def test_the_values_of_attention_must_be_activations(traced):
    def attend(net, x):
        return functional.scaled_dot_product_attention(x, x, net.table)

    with pytest.raises(SpecError, match="reads a parameter where only an activation"):
        traced(attend, 1, 5, 4, table=nn.Parameter(torch.ones(1, 5, 4)))


def test_images_are_needed():
    with pytest.raises(SpecError, match=r"needs images .N, C, H, W., got the shape \[3, 4, 3\]"):
        trace(nn.AvgPool2d(2), torch.zeros(3, 8, 6), "toy", "fp32")
