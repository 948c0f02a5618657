import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import networkx as nx
import pytest

from lowbit_sim.workload.graph import Edge


def test_totals(residual):
    assert residual.macs == 4 * 8 * 8
    assert residual.weights == 64


def test_a_shared_weight_tensor_counts_once(vector, linear, workload):
    shared = {"parameter": "embedding.weight"}
    ops = [
        vector("input", "input", n=3),
        linear("first", m=1, k=3, n=3, **shared),
        linear("second", m=1, k=3, n=3, **shared),
    ]
    twice = workload(ops, [("input", "first"), ("first", "second")])
    assert twice.weights == 9
    assert twice.macs == 18


def test_op_by_name(residual):
    assert residual.op("fc").k == 8
    with pytest.raises(KeyError, match="fd"):
        residual.op("fd")


def test_the_hash_is_that_of_the_canonical_json(vector, workload):
    tiny = workload([vector("input", "input", n=2)], [])
    canonical = (
        '{"edges":[],"name":"toy","ops":[{"activation":"fp32","batch":1,"convolution":null,'
        '"k":1,"kind":"input","m":1,"n":2,"name":"input","output":"fp32","parameter":null,'
        '"side_parameter_bits":0,"statistics":null,"weight":null}],"weight_format":"levels_3"}'
    )
    assert json.loads(canonical)["ops"][0]["n"] == 2
    assert tiny.content_hash == hashlib.sha256(canonical.encode()).hexdigest()


def test_the_hash_sees_every_part(residual):
    fc = replace(residual.ops[1], parameter="other")
    others = [
        replace(residual, name="toy2"),
        replace(residual, weight_format="levels_5"),
        replace(residual, ops=(residual.ops[0], fc, *residual.ops[2:])),
        replace(residual, edges=residual.edges[:-1]),
    ]
    assert len({residual.content_hash, *(other.content_hash for other in others)}) == 5


def test_the_view_carries_ops_and_bits(residual):
    view = residual.graph()
    assert list(view) == ["input", "fc", "relu", "add"]
    assert view.nodes["fc"]["op"] is residual.op("fc")
    assert view.edges["input", "add"]["tensor_bits"] == 4 * 8 * 8
    assert view.edges["fc", "relu"]["tensor_bits"] == 4 * 8 * 32
    assert nx.is_directed_acyclic_graph(view)


def test_the_view_is_read_only(residual):
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        residual.graph().add_node("intruder")


def test_networkx_is_imported_only_for_the_view():
    program = (
        "import sys; import lowbit_sim.workload.graph, lowbit_sim.workload.store;"
        "assert not {'networkx', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_refuses_no_ops_and_unknown_format(residual):
    with pytest.raises(ValueError, match="at least one op"):
        replace(residual, ops=(), edges=())
    with pytest.raises(ValueError, match="unknown number format 'levels_6'"):
        replace(residual, weight_format="levels_6")


def test_refuses_two_ops_of_one_name(residual):
    with pytest.raises(ValueError, match="two ops are called 'relu'"):
        replace(residual, ops=(*residual.ops, residual.op("relu")))


def test_refuses_an_edge_to_nowhere(residual):
    stray = Edge("input", "ad", 256)
    with pytest.raises(ValueError, match="input -> ad names the unknown op 'ad'; did you mean"):
        replace(residual, edges=(*residual.edges, stray))


def test_refuses_bits_that_are_not_the_tensors(residual):
    wrong = replace(residual.edges[0], tensor_bits=255)
    with pytest.raises(ValueError, match=r"input -> fc carries 255 bit, .* 'input' has 256"):
        replace(residual, edges=(wrong, *residual.edges[1:]))


def test_refuses_an_edge_that_stands_twice(residual):
    with pytest.raises(ValueError, match="the edge input -> fc stands twice"):
        replace(residual, edges=(*residual.edges, residual.edges[0]))


def test_refuses_a_cycle_and_names_it(residual):
    back = Edge("add", "fc", residual.op("add").output_bits)
    with pytest.raises(ValueError, match="cycle: ") as caught:
        replace(residual, edges=(*residual.edges, back))
    for name in ("fc", "relu", "add"):
        assert name in str(caught.value)


def test_refuses_an_op_that_reads_itself(residual):
    loop = Edge("relu", "relu", residual.op("relu").output_bits)
    with pytest.raises(ValueError, match="cycle: relu -> relu"):
        replace(residual, edges=(*residual.edges, loop))


def test_refuses_another_order_than_that_of_execution(residual):
    first, second, third, last = residual.ops
    with pytest.raises(ValueError, match="'relu' reads 'fc', which stands after it"):
        replace(residual, ops=(first, third, second, last))
