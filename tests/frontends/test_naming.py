import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize

from lowbit_sim.frontends.naming import unique
from lowbit_sim.frontends.torch_export import trace


def names(workload):
    return [op.name for op in workload.ops]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["a", "b"], ["a", "b"]),
        (["a", "a", "b", "a"], ["a", "a_2", "b", "a_3"]),
        (["a_2", "a", "a"], ["a_2", "a", "a_3"]),
        (["a", "a", "a_2"], ["a", "a_2", "a_2_2"]),
    ],
)
def test_unique(given, expected):
    assert unique(given) == expected


def test_modules_of_torch_give_their_own_name(traced):
    held = {"norm": nn.LayerNorm(4), "fc": nn.Linear(4, 4), "activate": nn.GELU()}
    workload = traced(lambda net, x: net.activate(net.fc(net.norm(x))), 3, 4, **held)
    assert names(workload) == ["input", "norm", "fc", "activate"]


def test_functions_are_named_after_the_module_that_calls_them(traced, parts):
    def block():
        return parts["Lambda"](lambda net, x: x + functional.gelu(net.fc(x)), fc=nn.Linear(4, 4))

    blocks = nn.Sequential(block(), block())
    workload = traced(lambda net, x: net.blocks(x) + x, 3, 4, blocks=blocks)
    assert names(workload) == [
        "input",
        *("blocks.0.fc", "blocks.0.gelu", "blocks.0.add"),
        *("blocks.1.fc", "blocks.1.gelu", "blocks.1.add"),
        "add",
    ]


def test_a_numbered_module_also_says_what_it_does(traced):
    body = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 6))
    workload = traced(lambda net, x: net.body(x), 3, 4, body=body)
    assert names(workload) == ["input", "body.0.linear", "body.1.relu", "body.2.linear"]


def test_a_reused_module_is_counted(traced):
    held = {"fc": nn.Linear(4, 4), "relu": nn.ReLU()}
    workload = traced(lambda net, x: net.relu(net.fc(net.relu(net.fc(x)))), 3, 4, **held)
    assert names(workload) == ["input", "fc", "relu", "fc_2", "relu_2"]


def test_a_parametrised_weight_keeps_its_modules_name(traced):
    fc = nn.Linear(4, 4)
    parametrize.register_parametrization(fc, "weight", nn.Identity())
    workload = traced(lambda net, x: net.fc(x), 3, 4, fc=fc)
    assert names(workload) == ["input", "fc"]


def test_a_weight_without_a_layer_gives_its_own_name(traced):
    table = nn.Linear(4, 4).weight
    workload = traced(lambda net, x: functional.linear(x, net.table), 3, 4, table=table)
    assert names(workload) == ["input", "table"]


def test_several_inputs_have_the_names_of_the_arguments():
    class Net(nn.Module):
        def forward(self, tokens, cache):
            return tokens * cache["key_0"] + cache["value_0"]

    cache = {"key_0": torch.zeros(3, 4), "value_0": torch.zeros(3, 4)}
    workload = trace(Net(), (torch.zeros(3, 4), cache), "toy", "fp32")
    assert names(workload) == ["tokens", "cache_key_0", "mul", "cache_value_0", "add"]
