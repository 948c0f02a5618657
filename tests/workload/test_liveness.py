from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.liveness import live_bits, peak_live_bits
from lowbit_sim.workload.op import Op


def test_a_residual_by_hand(residual):
    # 32 elements each. input 8 bit: 256; fc and relu fp32: 1024; add int8: 256.
    # input | input fc | input fc relu | input relu add
    assert live_bits(residual) == (256, 256 + 1024, 256 + 2048, 256 + 1024 + 256)
    assert peak_live_bits(residual) == 2304


def test_a_chain_keeps_two_tensors(vector, workload):
    ops = [vector("input", "input", n=10), vector("a", n=10), vector("b", n=10)]
    chain = workload(ops, [("input", "a"), ("a", "b")])
    assert live_bits(chain) == (320, 640, 640)


def test_a_tensor_with_two_readers_counts_once(vector, workload):
    ops = [vector("input", "input", n=1), vector("a", n=1), vector("b", n=1)]
    fan = workload(ops, [("input", "a"), ("input", "b")])
    # a is a result and stays; b is one too
    assert live_bits(fan) == (32, 64, 96)


def test_a_result_lives_to_the_end(vector, workload):
    ops = [
        vector("input", "input", n=1),
        vector("early", n=100),
        vector("a", n=1),
        vector("b", n=1),
    ]
    pairs = [("input", "early"), ("input", "a"), ("a", "b")]
    assert live_bits(workload(ops, pairs))[-1] == 32 * (100 + 1 + 1)


def test_an_output_is_written_as_it_is_made_and_keeps_nothing(vector, workload):
    ops = [
        vector("input", "input", n=1),
        vector("a", n=10),
        vector("a.output", "output", n=10),
        vector("b", n=1),
        vector("c", n=1),
    ]
    pairs = [("input", "a"), ("a", "a.output"), ("a", "b"), ("b", "c")]
    assert live_bits(workload(ops, pairs)) == (32, 352, 320, 352, 64)


@st.composite
def workloads(draw):
    count = draw(st.integers(1, 8))
    widths = draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))
    formats = draw(
        st.lists(st.sampled_from(["int8", "bf16", "fp32"]), min_size=count, max_size=count)
    )
    ops = tuple(
        Op(f"op{i}", "relu", 1, 1, 1, width, None, "fp32", output, None, None, None)
        for i, (width, output) in enumerate(zip(widths, formats, strict=True))
    )
    pairs = [(i, j) for j in range(count) for i in range(j) if draw(st.booleans())]
    pairs = draw(st.permutations(pairs))
    edges = tuple(Edge(f"op{i}", f"op{j}", ops[i].output_bits) for i, j in pairs)
    return Workload("random", "levels_3", ops, edges)


@given(workloads())
def test_against_asking_for_each_tensor_at_each_moment(workload):
    names = [op.name for op in workload.ops]

    def is_live(tensor, now):
        readers = [names.index(edge.target) for edge in workload.edges if edge.source == tensor]
        return names.index(tensor) <= now and (not readers or any(r >= now for r in readers))

    for now, found_bits in enumerate(live_bits(workload)):
        assert found_bits == sum(op.output_bits for op in workload.ops if is_live(op.name, now))
    assert peak_live_bits(workload) >= max(op.output_bits for op in workload.ops)
