import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
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


@pytest.mark.parametrize(
    "attend",
    [
        lambda x: functional.scaled_dot_product_attention(x, x, x, is_causal=True),
        lambda x: functional.scaled_dot_product_attention(x, x, x, torch.zeros(5, 5)),
    ],
)
def test_masked_attention_is_refused(traced, attend):
    with pytest.raises(SpecError, match="masked, causal or grouped-query attention"):
        traced(lambda _, x: attend(x), 1, 2, 5, 4)


def test_a_batched_product_and_its_plain_name(traced):
    workload = traced(lambda _, x: torch.bmm(x, x.transpose(1, 2)), 3, 5, 4)
    assert last(workload) == ("matmul", "matmul", (3, 5, 4, 5))


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


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda _, x: x.softmax(-1), ("softmax", "softmax", (2, 3, 1, 4))),
        (lambda _, x: x.softmax(1), ("softmax", "softmax", (2, 4, 1, 3))),
        (lambda net, x: net.norm(x), ("norm", "layer_norm", (1, 2, 1, 12))),
        (lambda _, x: functional.gelu(x), ("gelu", "gelu", (1, 6, 1, 4))),
        (lambda _, x: x.relu_(), ("relu", "relu", (1, 6, 1, 4))),
        (lambda _, x: x + x, ("add", "add", (1, 6, 2, 4))),
        (lambda net, x: x + net.position, ("add", "add", (1, 6, 2, 4))),
        (lambda net, x: net.position + x, ("add", "add", (1, 6, 2, 4))),
        (lambda _, x: x[:, 1].relu(), ("relu", "relu", (1, 2, 1, 4))),
        (lambda _, x: x.mean(1), ("avg_pool", "avg_pool", (1, 2, 3, 4))),
        (lambda _, x: x.mean((0, 2)), ("avg_pool", "avg_pool", (1, 1, 8, 3))),
    ],
)
def test_vector_operators(traced, forward, expected):
    held = {"norm": nn.LayerNorm((3, 4)), "position": nn.Parameter(torch.ones(1, 3, 4))}
    assert last(traced(forward, 2, 3, 4, **held)) == expected


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda _, x: functional.avg_pool2d(x, 2), ("avg_pool", (1, 12, 4, 3))),
        (lambda _, x: functional.max_pool2d(x, 3, 2, 1), ("max_pool", (1, 12, 9, 3))),
        (lambda _, x: functional.max_pool2d(x, (4, 2)), ("max_pool", (1, 6, 8, 3))),
        (lambda _, x: functional.adaptive_avg_pool2d(x, 1), ("avg_pool", (1, 1, 48, 3))),
        (lambda _, x: functional.adaptive_avg_pool2d(x, (2, 3)), ("avg_pool", (1, 6, 8, 3))),
        (lambda _, x: x.mean((2, 3)), ("avg_pool", (1, 1, 48, 3))),
        (lambda _, x: x.relu(), ("relu", (1, 48, 1, 3))),
    ],
)
def test_operators_on_images(traced, forward, expected):
    """3 channels of 8 × 6 pixels."""
    assert last(traced(forward, 1, 3, 8, 6))[1:] == expected


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda _, x: functional.avg_pool2d(x, 4, ceil_mode=True), "ceil_mode"),
        (lambda _, x: functional.avg_pool2d(x, 2, divisor_override=3), "divisor_override"),
        (lambda _, x: functional.max_pool2d(x, 2, dilation=2), "dilation"),
        (lambda _, x: functional.adaptive_avg_pool2d(x, 5), "must divide the input's"),
        (lambda _, x: functional.avg_pool2d(x[0], 2), "needs images .N, C, H, W., got the shape"),
        (lambda _, x: torch.add(x, x, alpha=2), "an addition that scales"),
        (lambda net, x: net.conv(torch.cat([x, x])), "has no lowering"),
    ],
)
def test_uses_that_are_refused(traced, forward, reason):
    with pytest.raises(SpecError, match=reason):
        traced(forward, 1, 3, 8, 6, conv=nn.Conv2d(3, 4, 1))


def test_a_convolution_of_several_images_is_refused(traced):
    with pytest.raises(SpecError, match="traced with one image, got 2"):
        traced(lambda net, x: net.conv(x), 2, 3, 8, 6, conv=nn.Conv2d(3, 4, 1))
