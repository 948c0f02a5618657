import pytest
import torch
from torch import nn

from lowbit_sim.frontends.draft import Draft, chain, input_draft, output_draft, rows_of
from lowbit_sim.frontends.exported import export, network_inputs


def input_node(*extents):
    return network_inputs(export(nn.ReLU(), (torch.zeros(extents),)))[0]


def test_a_chain_is_in_order_of_execution():
    first = Draft("matmul", (1, 1, 1, 1), (), "scores")
    second = Draft("softmax", (1, 1, 1, 1), (first,), "softmax")
    last = Draft("matmul", (1, 1, 1, 1), (second,), "context")
    assert list(chain(last)) == [first, second, last]


@pytest.mark.parametrize(
    ("extents", "dims"),
    [
        ((1, 3, 8, 6), (1, 48, 1, 3)),
        ((2, 5, 7), (1, 10, 1, 7)),
        ((4, 7), (1, 4, 1, 7)),
        ((9,), (1, 1, 1, 9)),
    ],
)
def test_inputs_are_images_or_rows(extents, dims):
    draft = input_draft(input_node(*extents))
    assert (draft.kind, draft.dims, draft.reads) == ("input", dims, ())


def test_an_output_reads_what_leaves():
    node = input_node(4, 7)
    draft = output_draft(node)
    assert (draft.kind, draft.dims, draft.reads) == ("output", (1, 4, 1, 7), (node,))


def test_a_single_number_is_one_row_of_one():
    assert rows_of((), 2) == (1, 1, 2, 1)
