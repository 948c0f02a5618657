import pytest
import torch
from torch import nn

from lowbit_sim.errors import SpecError
from lowbit_sim.frontends.exported import export
from lowbit_sim.frontends.lowering import LOWERINGS, is_lowered, lower
from lowbit_sim.frontends.passing import CONCATENATIONS, LAYERS, PRODUCTS, QUANTISERS


def node_of(module, *tensors):
    program = export(module, tensors)
    return program, next(node for node in program.graph.nodes if node.op == "call_function")


def test_what_the_other_modules_name_has_a_lowering():
    assert set(LOWERINGS) > LAYERS | PRODUCTS | QUANTISERS | CONCATENATIONS


def test_a_node_becomes_its_last_operator():
    program, node = node_of(nn.Linear(3, 5), torch.zeros(2, 3))
    assert is_lowered(node)
    draft = lower(program, node)
    assert (draft.kind, draft.dims) == ("linear", (1, 2, 3, 5))


def test_the_table_is_read_only():
    with pytest.raises(TypeError):
        LOWERINGS["aten.sin.default"] = lower


class Sin(nn.Module):
    def forward(self, x):
        return x.sin()


def test_an_unknown_operator_is_not_lowered():
    assert not is_lowered(node_of(Sin(), torch.zeros(2))[1])


class Held(nn.Module):
    """Use a parameter as the function says."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.table = nn.Parameter(torch.ones(4, 4))

    def forward(self, x):
        return self.function(x, self.table)


@pytest.mark.parametrize("use", [torch.add, torch.mul, lambda x, held: torch.cat([x, held])])
def test_a_parameter_is_read_by_sums_products_and_copies(use):
    program, node = node_of(Held(use), torch.ones(4, 4))
    draft = lower(program, node)
    assert len(draft.reads) == 2
    assert len(program.constants.intersection(draft.reads)) == 1


def test_a_parameter_is_no_operand_of_a_product_of_activations():
    program, node = node_of(Held(torch.matmul), torch.ones(4, 4))
    with pytest.raises(SpecError, match="reads a parameter where only an activation"):
        lower(program, node)
