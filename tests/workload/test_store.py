import json

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.statistics import WeightStatistics
from lowbit_sim.workload.store import read_graph, read_provenance, write_graph

PROVENANCE = {"seed": 3, "checkpoint_sha256": "ab" * 32}


@pytest.fixture
def written(tmp_path, residual):
    path = tmp_path / "levels_3.graph.json"
    write_graph(path, residual, PROVENANCE)
    return path


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def fault_of(path):
    with pytest.raises(SpecError) as caught:
        read_graph(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_round_trip(written, residual):
    assert read_graph(written) == residual
    assert read_provenance(written) == PROVENANCE


def test_round_trip_of_a_convolution(tmp_path, workload):
    geometry = Convolution(1, 4, 8, 8, 2, 2, 2, 2, 0, 0, 1, 1, groups=1)
    conv = Op("conv", "conv2d", 1, 16, 4, 4, "int8", "int8", "fp32", "conv.weight", geometry, None)
    path = tmp_path / "conv.graph.json"
    write_graph(path, workload([conv], []), {})
    assert read_graph(path).ops == (conv,)


def test_round_trip_of_what_came_later(tmp_path, workload):
    geometry = Convolution(1, 4, 8, 8, 2, 2, 1, 1, 0, 0, 1, 1, 1, extra_padding_width=1)
    counts = WeightStatistics((2, 14), (4, 4, 4, 4), assumed=True)
    ops = [
        Op("c", "conv2d", 1, 56, 4, 4, "levels_2", "int8", "fp32", "c.weight", geometry, counts),
        Op("t", "embedding", 1, 5, 1, 8, "fp32", "fp32", "fp32", "t.weight", None, None, 9, 7),
    ]
    path = tmp_path / "later.graph.json"
    write_graph(path, workload(ops, []), {})
    assert read_graph(path).ops == tuple(ops)
    assert '"assumed":true' in path.read_text()
    assert '"extra_padding_height"' not in path.read_text()


def test_equal_workloads_give_equal_bytes(tmp_path, written):
    again = tmp_path / "again.graph.json"
    write_graph(again, read_graph(written), dict(reversed(PROVENANCE.items())))
    assert again.read_bytes() == written.read_bytes()


def test_one_op_and_one_edge_a_line(written, residual):
    lines = written.read_text().splitlines()
    held = [json.loads(line.rstrip(",")) for line in lines if line.startswith('{"')]
    assert [entry["name"] for entry in held if "name" in entry] == ["input", "fc", "relu", "add"]
    assert len(held) == len(residual.ops) + len(residual.edges)


def test_provenance_is_no_part_of_the_content(tmp_path, residual):
    path = tmp_path / "other.graph.json"
    write_graph(path, residual, {})
    assert read_graph(path).content_hash == residual.content_hash


def test_a_failed_write_leaves_the_old_file(tmp_path, written, residual):
    before = written.read_bytes()
    with pytest.raises(TypeError):
        write_graph(written, residual, {"what": object()})
    assert written.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


def test_missing_file(tmp_path):
    assert "no such file" in fault_of(tmp_path / "none.graph.json")


def test_a_directory_is_no_file(tmp_path):
    assert "cannot be read" in fault_of(tmp_path)


def test_no_json_names_the_line(tmp_path):
    path = tmp_path / "broken.graph.json"
    path.write_text('{\n"schema_version": 1,\n"name" oops}')
    assert f"{path}:3: is no JSON" in fault_of(path)
    path.write_bytes(b"\xff\xfe\x00{")
    assert "is no JSON" in fault_of(path)


@pytest.mark.parametrize("content", ["[]", "3", "{}", '{"schema_version": 2}'])
def test_wrong_schema(tmp_path, content):
    path = tmp_path / "old.graph.json"
    path.write_text(content)
    assert "is no workload file with schema_version 1" in fault_of(path)


def set_op(index, **change):
    return lambda content: content["ops"][index].update(change)


def set_edge(index, **change):
    return lambda content: content["edges"][index].update(change)


def swap_ops(content):
    content["ops"][1:3] = reversed(content["ops"][1:3])


def close_the_cycle(content):
    content["edges"].append({"source": "add", "target": "fc", "tensor_bits": 256})


def statistics(**change):
    return lambda content: content["ops"][1]["statistics"].update(change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_op(2, kind="rleu"), "ops.2: op 'relu': unknown kind 'rleu'; did you mean 'relu'?"),
        (set_op(2, m=-4), "ops.2: op 'relu': m must be at least 1, got -4"),
        (set_op(2, m="4"), "ops.2.m: input should be a valid integer"),
        (set_op(2, m=4.0), "ops.2.m: input should be a valid integer"),
        (set_op(2, m=True), "ops.2.m: input should be a valid integer"),
        (set_op(2, bits=3), "ops.2.bits: unexpected keyword argument"),
        (set_op(1, weight="levels_6"), "unknown number format 'levels_6'"),
        (lambda content: content["ops"][0].pop("kind"), "ops.0.kind: "),
        (lambda content: content.pop("edges"), "edges: field required"),
        (lambda content: content.update(more=1), "more: extra inputs are not permitted"),
        (set_edge(0, target="fcc"), "names the unknown op 'fcc'"),
        (set_edge(0, tensor_bits=1), "carries 1 bit, the output of 'input' has 256"),
        (swap_ops, "'relu' reads 'fc', which stands after it"),
        (close_the_cycle, "the ops form a cycle"),
        (statistics(level_counts=[10, 30, 32], weights=72), "count 72 weights, it has 64"),
        (statistics(level_counts=[10, 30, 25]), "sum to 65, not to the 64 weights"),
        (statistics(row_nonzeros=[4] * 8), "non-zeros of the rows contradict"),
        (set_op(2, name="rel"), "names the unknown op 'relu'"),
        (lambda content: content.update(name="tampered"), "content_hash: does not match"),
        (lambda content: content.update(ops=[], edges=[]), "at least one op"),
    ],
)
def test_refuses(written, change, reason):
    rewrite(written, change)
    assert reason in fault_of(written)


def test_all_faulty_ops_are_named_at_once(written):
    rewrite(written, set_op(0, m=0))
    rewrite(written, set_op(3, kind="sub"))
    with pytest.raises(SpecError) as caught:
        read_graph(written)
    assert [fault.key for fault in caught.value.faults] == ["ops.0", "ops.3"]


def test_the_layout_of_the_file_does_not_matter(written, residual):
    written.write_text(json.dumps(json.loads(written.read_text()), indent=7, sort_keys=True))
    assert read_graph(written) == residual
