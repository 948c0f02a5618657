"""Small layers and networks whose graphs are written down by hand in the tests."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.quantizers import quant_act, quant_weight


class Int8(nn.Module):
    """Round activations to int8 with a step of its own."""

    def __init__(self):
        super().__init__()
        self.step = nn.Parameter(torch.tensor(0.1))

    def forward(self, x):
        return quant_act(x, self.step, -128, 127)


class LowBitLinear(nn.Linear):
    """A linear layer of int8 inputs and weights of the given levels."""

    def __init__(self, inside, outside, levels=(-1, 0, 1)):
        super().__init__(inside, outside)
        self.levels = list(levels)
        self.step_of_rows = nn.Parameter(torch.linspace(0.1, 0.5, outside).reshape(-1, 1))
        self.quantise = Int8()

    def forward(self, x):
        weight = quant_weight(self.weight, self.step_of_rows, self.levels)
        return functional.linear(self.quantise(x), weight, self.bias)


class Lambda(nn.Module):
    """A module that does what the function does."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *tensors):
        return self.function(self, *tensors)


@pytest.fixture
def parts():
    """The classes above, by name."""
    return {"Int8": Int8, "LowBitLinear": LowBitLinear, "Lambda": Lambda}


@pytest.fixture
def traced():
    """Trace a function of the network's parts and an input of the given shape."""

    def run(function, *extents, **parts):
        torch.manual_seed(0)
        return trace(Lambda(function, **parts), torch.randn(*extents), "toy", "levels_3")

    return run


@pytest.fixture
def traced_with():
    """Trace a function of the network's parts and the given tensors."""

    def run(function, *tensors, **parts):
        return trace(Lambda(function, **parts), tensors, "toy", "levels_3")

    return run


@pytest.fixture
def listed():
    """Show a workload's operators as tuples: name, kind, dims, formats."""

    def run(workload):
        return [
            (op.name, op.kind, (op.batch, op.m, op.k, op.n), op.weight, op.activation, op.output)
            for op in workload.ops
        ]

    return run


@pytest.fixture
def joined():
    """Show a workload's edges as a set of pairs."""
    return lambda workload: {(edge.source, edge.target) for edge in workload.edges}
