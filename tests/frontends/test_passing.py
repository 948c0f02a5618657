import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.exported import export, target_name
from lowbit_sim.frontends.passing import CONCATENATIONS, parts_of
from lowbit_sim.training.quantizers import quant_act


def names(workload):
    return [op.name for op in workload.ops]


def test_layout_is_free(traced, joined):
    def forward(net, x):
        x = net.fc(x).reshape(2, 3, 4).permute(1, 0, 2).contiguous().flatten(1)
        x = x.unsqueeze(0).squeeze(0).transpose(0, 1)
        first, second = x.split(4)
        return functional.relu(first[:2].expand(2, 3).clone() + second.chunk(2)[1].view(2, 3))

    workload = traced(forward, 2, 5, fc=nn.Linear(5, 12))
    assert names(workload) == ["input", "fc", "add", "relu"]
    assert joined(workload) == {("input", "fc"), ("fc", "add"), ("add", "relu")}


def test_a_batch_norm_folds_into_the_convolution(traced, listed):
    workload = traced(
        lambda net, x: functional.relu(net.norm(net.conv(x))),
        *(1, 3, 8, 8),
        conv=nn.Conv2d(3, 4, 3, bias=False),
        norm=nn.BatchNorm2d(4),
    )
    assert listed(workload)[1:] == [
        ("conv", "conv2d", (1, 36, 27, 4), "fp32", "fp32", "fp32"),
        ("relu", "relu", (1, 36, 1, 4), None, "fp32", "fp32"),
    ]


def test_a_batch_norm_folds_into_a_linear_layer(traced):
    parts = {"fc": nn.Linear(5, 6), "norm": nn.BatchNorm1d(6)}
    workload = traced(lambda net, x: net.norm(net.fc(x)).relu(), 2, 5, **parts)
    assert names(workload) == ["input", "fc", "relu"]


def conv_then(function):
    return lambda net, x: function(net, net.conv(x))


@pytest.mark.parametrize(
    "forward",
    [
        lambda net, x: net.conv(net.norm_of_input(x)),
        conv_then(lambda net, x: net.norm(x.relu())),
        conv_then(lambda net, x: net.norm(x) + x),
        conv_then(lambda net, x: net.norm(net.int8(x))),
        conv_then(lambda net, x: net.norm(x.transpose(2, 3))),
    ],
    ids=["no layer before", "not right behind", "second reader", "rounded", "laid out"],
)
def test_a_batch_norm_that_does_not_fold_is_refused(traced, parts, forward):
    held = {
        "conv": nn.Conv2d(4, 4, 1),
        "norm": nn.BatchNorm2d(4),
        "norm_of_input": nn.BatchNorm2d(4),
        "int8": parts["Int8"](),
    }
    with pytest.raises(SpecError, match="a batch norm folds only into") as caught:
        traced(forward, 1, 4, 8, 8, **held)
    assert caught.value.faults[0].key.startswith("module 'norm")


def test_a_batch_norm_over_tokens_is_no_norm_over_outputs(traced):
    parts = {"fc": nn.Linear(5, 6), "norm": nn.BatchNorm1d(3)}
    with pytest.raises(SpecError, match="a batch norm folds only into"):
        traced(lambda net, x: net.norm(net.fc(x)), 2, 3, 5, **parts)


@pytest.mark.parametrize(
    "forward",
    [
        lambda net, x: (net.query(x) @ net.key(x).transpose(-2, -1)) * 0.5,
        lambda net, x: (net.query(x) * 0.5) @ net.key(x).transpose(-2, -1),
        lambda net, x: (net.query(x) / 2) @ net.key(x).transpose(-2, -1),
        lambda net, x: net.query(x).relu() / 2 @ net.key(x).relu().transpose(-2, -1),
        lambda net, x: net.query(x) @ (0.5 * net.key(x)).transpose(-2, -1),
    ],
)
def test_a_scale_folds_into_the_matrix_product(traced, forward):
    parts = {"query": nn.Linear(5, 6), "key": nn.Linear(5, 6)}
    workload = traced(forward, 3, 5, **parts)
    assert [op.kind for op in workload.ops if op.kind != "relu"] == [
        "input",
        "linear",
        "linear",
        "matmul",
    ]


@pytest.mark.parametrize(
    "forward",
    [
        lambda _, x: x * 2,
        lambda net, x: net.fc(x).relu() * 2,
        lambda net, x: (y := net.fc(x)) * 2 + y,
    ],
)
def test_a_scale_that_does_not_fold_is_refused(traced, forward):
    with pytest.raises(SpecError, match="a scale folds only into a matrix product"):
        traced(forward, 2, 5, fc=nn.Linear(5, 5))


def test_a_range_without_a_number_format_is_refused(traced, parts):
    def forward(net, x):
        return net.fc(quant_act(x, net.int8.step, 0, 255))

    with pytest.raises(SpecError, match="no number format has the 256 levels 0…255"):
        traced(forward, 2, 5, fc=nn.Linear(5, 5), int8=parts["Int8"]())


def test_the_parts_of_a_concatenation():
    class Joined(nn.Module):
        def forward(self, x):
            return torch.cat([x, x.relu(), x])

    program = export(Joined(), (torch.zeros(2, 3),))
    (node,) = (node for node in program.graph.nodes if target_name(node) in CONCATENATIONS)
    assert [part.op for part in parts_of(node)] == ["placeholder", "call_function", "placeholder"]


def test_a_batch_norm_folds_into_a_convolution_with_padding_by_name(traced):
    held = {"conv": nn.Conv2d(3, 4, 3, padding="same"), "norm": nn.BatchNorm2d(4)}
    workload = traced(lambda net, x: net.norm(net.conv(x)).relu(), 1, 3, 8, 8, **held)
    assert names(workload) == ["input", "conv", "relu"]
