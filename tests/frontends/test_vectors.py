import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.torch_export import trace


def last(workload):
    op = workload.ops[-1]
    return (op.name, op.kind, (op.batch, op.m, op.k, op.n))


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda _, x: x.softmax(-1), ("softmax", "softmax", (2, 3, 1, 4))),
        (lambda _, x: x.softmax(1), ("softmax", "softmax", (2, 4, 1, 3))),
        (lambda net, x: net.norm(x), ("norm", "layer_norm", (1, 2, 1, 12))),
        (lambda net, x: net.rms(x), ("rms", "rms_norm", (1, 6, 1, 4))),
        (lambda _, x: functional.gelu(x), ("gelu", "gelu", (1, 6, 1, 4))),
        (lambda _, x: functional.gelu(x, approximate="tanh"), ("gelu", "gelu", (1, 6, 1, 4))),
        (lambda _, x: x.relu_(), ("relu", "relu", (1, 6, 1, 4))),
        (lambda _, x: functional.silu(x), ("silu", "silu", (1, 6, 1, 4))),
        (lambda _, x: x.sigmoid(), ("sigmoid", "sigmoid", (1, 6, 1, 4))),
        (lambda _, x: functional.relu6(x), ("clamp", "clamp", (1, 6, 1, 4))),
        (lambda _, x: functional.hardtanh(x), ("clamp", "clamp", (1, 6, 1, 4))),
        (lambda _, x: x.clamp(0, 1), ("clamp", "clamp", (1, 6, 1, 4))),
        (lambda _, x: functional.hardswish(x), ("hardswish", "hardswish", (1, 6, 1, 4))),
        (lambda _, x: -x, ("neg", "neg", (1, 6, 1, 4))),
        (lambda _, x: x**2, ("square", "square", (1, 6, 1, 4))),
        (lambda _, x: x.rsqrt(), ("rsqrt", "rsqrt", (1, 6, 1, 4))),
        (lambda _, x: x + x, ("add", "add", (1, 6, 2, 4))),
        (lambda net, x: x + net.position, ("add", "add", (1, 6, 2, 4))),
        (lambda net, x: net.position + x, ("add", "add", (1, 6, 2, 4))),
        (lambda _, x: x * x, ("mul", "mul", (1, 6, 2, 4))),
        (lambda net, x: net.position * x, ("mul", "mul", (1, 6, 2, 4))),
        (lambda net, x: x.masked_fill(net.hidden, 0.0), ("mask", "mask", (1, 6, 1, 4))),
        (lambda net, x: torch.cat([x, net.position], 0), ("concat", "concat", (1, 9, 1, 4))),
        (lambda _, x: x[:, 1].relu(), ("relu", "relu", (1, 2, 1, 4))),
        (lambda _, x: x.mean(1), ("avg_pool", "avg_pool", (1, 2, 3, 4))),
        (lambda _, x: x.mean((0, 2)), ("avg_pool", "avg_pool", (1, 1, 8, 3))),
    ],
)
def test_vector_operators(traced, forward, expected):
    held = {
        "norm": nn.LayerNorm((3, 4)),
        "rms": nn.RMSNorm(4),
        "position": nn.Parameter(torch.ones(1, 3, 4)),
        "hidden": nn.Parameter(torch.ones(3, 4, dtype=torch.bool), requires_grad=False),
    }
    assert last(traced(forward, 2, 3, 4, **held)) == expected


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda _, x: functional.avg_pool2d(x, 2), ("avg_pool", (1, 12, 4, 3))),
        (lambda _, x: functional.max_pool2d(x, 3, 2, 1), ("max_pool", (1, 12, 9, 3))),
        (lambda _, x: functional.max_pool2d(x, (4, 2)), ("max_pool", (1, 6, 8, 3))),
        (lambda _, x: functional.adaptive_avg_pool2d(x, 1), ("avg_pool", (1, 1, 48, 3))),
        (lambda _, x: functional.adaptive_avg_pool2d(x, (2, 3)), ("avg_pool", (1, 6, 8, 3))),
        (lambda _, x: functional.adaptive_max_pool2d(x, (2, 3)), ("max_pool", (1, 6, 8, 3))),
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
        (lambda _, x: torch.add(x, x, alpha=2), "an addition that scales"),
        (lambda _, x: x**3, "a power other than the square"),
    ],
)
def test_uses_that_are_refused(traced, forward, reason):
    with pytest.raises(SpecError, match=reason):
        traced(forward, 1, 3, 8, 6)


def test_a_norm_written_out_is_costed_step_by_step(traced):
    """x / √(mean of squares + ε) times a gain, as decoders often have it."""

    def forward(net, x):
        return net.gain * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))

    workload = traced(forward, 3, 4, gain=nn.Parameter(torch.ones(4)))
    kinds = [(op.kind, op.output_elements) for op in workload.ops[1:]]
    assert kinds == [
        ("square", 12),
        ("avg_pool", 3),
        ("add", 3),
        ("rsqrt", 3),
        ("mul", 12),
        ("mul", 12),
    ]


def test_an_embedding_reads_rows_of_its_table():
    tokens = torch.tensor([[1, 2, 2], [0, 9, 1]])
    workload = trace(nn.Sequential(nn.Embedding(10, 4)), tokens, "toy", "fp32")
    op = workload.ops[-1]
    assert (op.kind, (op.batch, op.m, op.k, op.n)) == ("embedding", (1, 6, 1, 4))
    assert (op.table_rows, op.parameter) == (10, "0.weight")
    assert (op.weight, op.activation, op.output) == ("fp32", "fp32", "fp32")
    assert op.side_parameter_bits == 6 * 4 * 32
    assert [(e.source, e.tensor_bits) for e in workload.edges] == [("input", 6 * 32)]
    assert op.statistics is None


def test_rotary_positions_leave_nothing_out(traced_with, joined):
    """Two products, a change of sign, a sum; putting the halves together is free."""

    def rotate(net, x, cosines, sines):
        x = net.query(x)
        turned = torch.cat([-x[..., 2:], x[..., :2]], -1)
        return x * cosines + turned * sines

    x, table = torch.randn(5, 4), torch.randn(5, 4)
    workload = traced_with(rotate, x, table, table.clone(), query=nn.Linear(4, 4))
    assert [(op.kind, op.input_elements) for op in workload.ops if op.kind != "input"] == [
        ("linear", 20),
        ("neg", 10),
        ("mul", 40),
        ("mul", 40),
        ("add", 40),
    ]
    assert {("query", "mul_2"), ("neg", "mul_2"), ("query", "mul")} < joined(workload)
