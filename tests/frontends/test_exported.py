import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.frontends.exported import (
    arguments,
    constant_value,
    export,
    network_inputs,
    network_outputs,
    owner,
    refusal,
    shape,
    target_name,
)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[1.0, -2.0], [3.0, 4.0], [0.5, 0.0]]))
        self.register_buffer("factor", torch.tensor(2.0))

    def forward(self, x):
        unused = x.exp()
        del unused
        return functional.linear(x, self.weight.abs() * self.factor)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Scaled(), nn.ReLU())

    def forward(self, x):
        return self.body(x)


def exported():
    return export(Net(), (torch.randn(5, 2),))


def node_of(program, target):
    return next(node for node in program.graph.nodes if target_name(node) == target)


def test_constants_are_what_no_input_reaches():
    program = exported()
    assert {target_name(n) for n in program.constants if n.op == "call_function"} == {
        "aten.abs.default",
        "aten.mul.Tensor",
    }


def test_a_constant_is_evaluated():
    program = exported()
    value = constant_value(program, node_of(program, "aten.mul.Tensor"))
    assert value.tolist() == [[2.0, 4.0], [6.0, 8.0], [1.0, 0.0]]
    assert not value.requires_grad


def test_dead_code_is_gone():
    assert all(target_name(node) != "aten.exp.default" for node in exported().graph.nodes)


def test_arguments_come_with_their_defaults():
    named = arguments(node_of(exported(), "aten.linear.default"))
    assert list(named) == ["input", "weight", "bias"]
    assert named["bias"] is None


def test_shape_and_owner():
    program = exported()
    assert shape(node_of(program, "aten.linear.default")) == (5, 3)
    assert owner(node_of(program, "aten.linear.default"))[0] == "body.0"
    name, class_path = owner(node_of(program, "aten.relu.default"))
    assert (name, class_path) == ("body.1", "torch.nn.modules.activation.ReLU")


def test_a_refusal_names_operator_module_and_the_users_own_line():
    program = exported()
    (fault,) = refusal(node_of(program, "aten.relu.default"), "no reason").faults
    assert str(fault.reason) == "aten.relu.default: no reason"
    assert fault.key == "module 'body.1'"
    assert str(fault.file) == __file__
    assert fault.file.read_text().splitlines()[fault.line - 1] == "        return self.body(x)"


def test_the_model_is_left_in_evaluation_mode():
    model = Net()
    export(model, (torch.randn(5, 2),))
    assert not model.training


class Returned(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(2))

    def forward(self, x, pair):
        return x.relu(), [pair[0], self.table], functional.adaptive_max_pool2d(pair[1], 1)


def test_inputs_and_outputs_of_any_structure():
    images = torch.zeros(1, 3, 4, 4)
    program = export(Returned(), (torch.zeros(2), (torch.zeros(3), images)))
    assert [node.name for node in network_inputs(program)] == ["x", "pair_0", "pair_1"]
    outputs = network_outputs(program)  # the parameter is left out
    assert [shape(node) for node in outputs] == [(2,), (3,), (1, 3, 1, 1)]


def test_the_shape_of_several_results_is_the_first_ones():
    program = export(nn.AdaptiveMaxPool2d(2), (torch.zeros(1, 3, 4, 4),))
    node = node_of(program, "aten.adaptive_max_pool2d.default")
    assert isinstance(node.meta["val"], tuple)
    assert shape(node) == (1, 3, 2, 2)
