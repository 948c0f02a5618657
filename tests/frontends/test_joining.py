import torch
from torch import nn
from torch.nn import functional


def names(workload):
    return [op.name for op in workload.ops]


class Two(nn.Module):
    def forward(self, first, second):
        return functional.relu(first), second


def test_an_input_stands_right_before_its_first_reader(traced_with):
    def forward(net, x, context):
        x = net.first(x).relu()
        return net.second(x) + context

    held = {"first": nn.Linear(4, 4), "second": nn.Linear(4, 4)}
    workload = traced_with(forward, torch.zeros(3, 4), torch.zeros(3, 4), **held)
    kinds = [op.kind for op in workload.ops]
    assert kinds == ["input", "linear", "relu", "linear", "input", "add"]


def test_a_result_that_is_read_on_has_an_output_behind_it(traced, joined):
    def forward(net, x):
        hidden = net.first(x)
        return net.second(hidden), hidden[:, :2]

    held = {"first": nn.Linear(4, 6), "second": nn.Linear(6, 5)}
    workload = traced(forward, 3, 4, **held)
    assert names(workload) == ["input", "first", "first.output", "second"]
    assert ("first", "first.output") in joined(workload)
    output = workload.op("first.output")
    assert (output.kind, output.output_elements, output.output) == ("output", 6, "fp32")


def test_an_output_is_called_after_the_operator_whatever_it_is_called(traced):
    def forward(net, x):
        first = net.fc(x)
        second = net.fc(first.relu())
        return second.relu(), second

    workload = traced(forward, 3, 4, fc=nn.Linear(4, 4))
    assert names(workload) == ["input", "fc", "relu", "fc_2", "fc_2.output", "relu_2"]


def test_a_result_that_nobody_reads_needs_no_output(traced):
    def forward(net, x):
        return net.left(x), net.right(x)

    workload = traced(forward, 3, 4, left=nn.Linear(4, 6), right=nn.Linear(4, 5))
    assert [op.kind for op in workload.ops] == ["input", "linear", "linear"]


def test_an_input_that_is_given_back(traced_with, joined):
    workload = traced_with(lambda _, x, y: (x.relu(), y), torch.zeros(3, 4), torch.zeros(2, 4))
    assert [op.kind for op in workload.ops] == ["input", "relu", "input", "output"]
    (given,) = (pair for pair in joined(workload) if pair[1].endswith(".output"))
    assert given[1] == f"{given[0]}.output"


def test_a_result_in_two_parts_leaves_after_the_last(traced_with, joined):
    """A cache that is given back as a whole is written as a whole."""

    def forward(net, x, cache):
        return torch.cat([cache, net.fc(x)])

    workload = traced_with(forward, torch.zeros(1, 4), torch.zeros(5, 4), fc=nn.Linear(4, 4))
    assert [op.kind for op in workload.ops] == ["input", "linear", "input", "output"]
    output = workload.ops[-1]
    assert output.output_elements == 6 * 4
    assert {target for _, target in joined(workload)} == {"fc", output.name}
    assert len([pair for pair in joined(workload) if pair[1] == output.name]) == 2


def test_an_input_that_nobody_reads_never_comes(traced_with):
    workload = traced_with(lambda _, x, y: x.relu(), torch.zeros(3, 4), torch.zeros(2, 4))  # noqa: ARG005
    assert [op.kind for op in workload.ops] == ["input", "relu"]


def test_readers_of_parts_read_all_of_them(traced_with, joined):
    def forward(net, x, cache):
        keys = torch.cat([cache, net.fc(x)])
        return x @ keys.transpose(0, 1)

    workload = traced_with(forward, torch.zeros(1, 4), torch.zeros(5, 4), fc=nn.Linear(4, 4))
    product = workload.ops[-1]
    assert (product.batch, product.m, product.k, product.n) == (1, 1, 4, 6)
    read = {source: None for source, target in joined(workload) if target == product.name}
    carried = {e.source: e.tensor_bits for e in workload.edges if e.target == product.name}
    assert len(read) == 3
    assert sorted(carried.values()) == [4 * 32, 4 * 32, 5 * 4 * 32]


def test_a_pass_over_two_formats_has_the_wider(traced, parts, listed):
    def forward(net, x):
        x = net.round(net.embed(x))
        return x + net.fc(x)

    held = {"embed": nn.Linear(4, 4), "round": parts["Int8"](), "fc": nn.Linear(4, 4)}
    workload = traced(forward, 3, 4, **held)
    assert listed(workload)[1:] == [
        ("embed", "linear", (1, 3, 4, 4), "fp32", "fp32", "int8"),
        ("fc", "linear", (1, 3, 4, 4), "fp32", "int8", "fp32"),
        ("add", "add", (1, 3, 2, 4), None, "fp32", "fp32"),
    ]
