from dataclasses import replace
from pathlib import Path

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.assumed_weights import assumed_statistics
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.store import read_graph
from lowbit_sim.workload.weight_format import with_weight_format

#: what workload files offer; the other is for studies of training
OFFERED = [name for name in FORMATS if name != "levels_4_zero"]

WORKLOADS = Path(__file__).parents[2] / "workloads"


def without_statistics(workload):
    return replace(workload, ops=tuple(replace(op, statistics=None) for op in workload.ops))


@pytest.mark.parametrize("network", ["fcnn_digits", "cvnn_digits", "vit_digits"])
@pytest.mark.parametrize("start", ["levels_2", "levels_5"])
def test_every_format_of_the_trained_networks_as_it_was_traced(network, start):
    base = read_graph(WORKLOADS / network / f"{start}.graph.json")
    for name in OFFERED:
        traced = read_graph(WORKLOADS / network / f"{name}.graph.json")
        assert without_statistics(with_weight_format(base, name)) == without_statistics(traced)


def test_statistics_are_kept_where_the_format_is_and_assumed_where_it_is_not():
    base = read_graph(WORKLOADS / "vit_digits" / "levels_5.graph.json")
    changed = with_weight_format(base, "levels_3")
    for op, before in zip(changed.ops, base.ops, strict=True):
        if op.parameter and op.weight == "int8":
            assert op.statistics == before.statistics
        elif op.parameter:
            expected = assumed_statistics("levels_3", op.weight_elements, op.batch * op.n)
            assert op.statistics == expected
    assert with_weight_format(base, "levels_5") == base


def test_missing_statistics_are_assumed_also_in_the_own_format(residual):
    ops = tuple(replace(op, statistics=None) for op in residual.ops)
    fc = with_weight_format(replace(residual, ops=ops), "levels_3").op("fc")
    assert fc.statistics == assumed_statistics("levels_3", 64, 8)


TABLE = Op(
    *("embed", "embedding", 1, 5, 1, 8, "levels_3", "levels_3", "fp32", "table", None, None),
    *(5 * (8 * 2 + 32), 100),
)


@pytest.mark.parametrize(
    ("name", "row_bits"), [("levels_5", 8 * 3 + 32), ("int8", 8 * 8 + 32), ("bf16", 8 * 16)]
)
def test_a_table_is_read_in_the_new_format(workload, name, row_bits):
    (op,) = with_weight_format(workload([TABLE], []), name).ops
    assert (op.weight, op.activation, op.output) == (name, name, "fp32")
    assert op.side_parameter_bits == 5 * row_bits


def rounded_apart(vector, linear, workload):
    """x -> quantise -> fc -> add, and x -> add."""
    ops = [
        vector("input", "input", m=4, n=8),
        vector("quantise", "quantise", m=4, n=8, output="int8"),
        linear("fc", m=4, k=8, n=8, side_parameter_bits=8 * 64),
        vector("add", "add", m=4, n=8),
    ]
    pairs = [("input", "quantise"), ("quantise", "fc"), ("input", "add"), ("fc", "add")]
    return workload(ops, pairs)


def test_in_fp32_there_is_nothing_to_round(vector, linear, workload):
    plain = with_weight_format(rounded_apart(vector, linear, workload), "fp32")
    assert [op.name for op in plain.ops] == ["input", "fc", "add"]
    edges = [(edge.source, edge.target, edge.tensor_bits) for edge in plain.edges]
    bits_of = 4 * 8 * 32
    assert edges == [
        ("input", "fc", bits_of),
        ("input", "add", bits_of),
        ("fc", "add", bits_of),
    ]
    fc = plain.op("fc")
    assert (fc.weight, fc.activation, fc.side_parameter_bits) == ("fp32", "fp32", 8 * 32)


def test_in_bf16_rounding_stays(vector, linear, workload):
    halved = with_weight_format(rounded_apart(vector, linear, workload), "bf16")
    assert [op.name for op in halved.ops] == ["input", "quantise", "fc", "add"]
    assert halved.op("quantise").output == "bf16"
    assert [edge.tensor_bits for edge in halved.edges] == [1024, 512, 1024, 1024]


def test_refuses_what_it_cannot_know(residual):
    with pytest.raises(SpecError, match="unknown number format 'levels_6'"):
        with_weight_format(residual, "levels_6")
    plain = with_weight_format(residual, "fp32")
    assert with_weight_format(plain, "fp32") == plain
    with pytest.raises(ValueError, match="toy is in fp32: only integer weights"):
        with_weight_format(plain, "levels_3")
