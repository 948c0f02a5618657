from machines import make_hierarchy, make_machine, make_op, make_workload

from lowbit_sim.mapping.crossing import dram_traffic

PRODUCTS = [
    make_op("image", "input", 4, 8),
    make_op("qkv", "linear", 4, 24, k=8),
    make_op("scores", "matmul", 4, 4, k=8),
    make_op("softmax", "softmax", 4, 4),
    make_op("context", "matmul", 4, 8, k=4),
]
PAIRS = [
    ("image", "qkv"),
    ("qkv", "scores"),  # both operands
    ("scores", "softmax"),
    ("softmax", "context"),  # the first operand
    ("qkv", "context"),  # the second
]


def test_inputs_come_and_what_nobody_reads_leaves():
    crossing = dram_traffic(make_workload(PRODUCTS, PAIRS), make_machine())
    assert crossing == {
        "image": (0, False),
        "qkv": (4 * 8 * 8, False),
        "scores": (0, False),
        "softmax": (0, False),
        "context": (0, True),
    }


def test_only_a_second_operand_goes_around_where_weights_pass_another_memory():
    crossing = dram_traffic(make_workload(PRODUCTS, PAIRS), make_hierarchy("bypassed"))
    assert [name for name, (_, leaves) in crossing.items() if leaves] == ["qkv", "context"]


def test_a_cache_in_the_weights_place_comes_with_the_weights():
    ops = [
        make_op("query", "input", 4, 8),
        make_op("cache", "input", 3, 8),
        make_op("new", "input", 1, 8),
        make_op("scores", "matmul", 4, 4, k=8),
    ]
    pairs = [("query", "scores"), ("cache", "scores"), ("new", "scores")]
    workload = make_workload(ops, pairs)
    assert dram_traffic(workload, make_machine())["scores"] == ((4 + 3 + 1) * 8 * 8, True)
    # around: the query alone, as an input; the rest is read as the product's second operand
    assert dram_traffic(workload, make_hierarchy("bypassed"))["scores"] == (4 * 8 * 8, True)


def test_what_an_output_reads_leaves():
    ops = [
        make_op("image", "input", 4, 8),
        make_op("key", "relu", 4, 8),
        make_op("cache", "output", 4, 8),
        make_op("act", "relu", 4, 8),
    ]
    pairs = [("image", "key"), ("key", "cache"), ("key", "act")]
    crossing = dram_traffic(make_workload(ops, pairs), make_machine())
    assert [name for name, (_, leaves) in crossing.items() if leaves] == ["key", "cache", "act"]
