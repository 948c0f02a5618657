import itertools
from dataclasses import FrozenInstanceError, replace

import pytest

from lowbit_sim.workload.op import FREE_KINDS, GEMM_KINDS, VECTOR_KINDS, Convolution, Op
from lowbit_sim.workload.statistics import WeightStatistics

LINEAR = Op("fc", "linear", 1, 2, 3, 4, "levels_3", "int8", "fp32", "fc.weight", None, None)
MATMUL = Op("scores", "matmul", 2, 5, 3, 7, "int8", "int8", "fp32", None, None, None)
GEOMETRY = Convolution(4, 6, 8, 8, 3, 3, 2, 2, 1, 1, 1, 1, groups=2)
CONV = Op("conv", "conv2d", 2, 16, 18, 3, "levels_3", "int8", "fp32", "conv.weight", GEOMETRY, None)
ADD = Op("add", "add", 1, 2, 2, 4, None, "int8", "fp32", None, None, None)
TABLE = Op(
    *("table", "embedding", 1, 5, 1, 8, "levels_3", "levels_3", "fp32", "table.weight", None),
    *(None, 5 * (8 * 2 + 32), 100),
)
POOL = Op("pool", "avg_pool", 1, 9, 4, 5, None, "int8", "int8", None, None, None)


def loop_macs(op):
    loops = (range(op.batch), range(op.m), range(op.k), range(op.n))
    return sum(1 for _ in itertools.product(*loops))


@pytest.mark.parametrize("op", [LINEAR, MATMUL, CONV])
def test_macs_count_the_innermost_loop(op):
    assert op.is_gemm
    assert op.macs == loop_macs(op)


def test_a_convolution_against_its_seven_loops():
    pixels = itertools.product(range(GEOMETRY.out_height), range(GEOMETRY.out_width))
    taps = 3 * 3 * (4 // 2)  # kernel times the channels of a group
    assert CONV.macs == sum(6 * taps for _ in pixels) == 1728
    assert CONV.input_elements == 4 * 8 * 8
    assert CONV.weight_elements == 6 * (4 // 2) * 3 * 3
    assert CONV.output_elements == 6 * 4 * 4


def test_elements_of_a_linear_layer():
    assert (LINEAR.input_elements, LINEAR.weight_elements, LINEAR.output_elements) == (6, 12, 8)
    assert not LINEAR.weights_are_activations
    assert LINEAR.output_bits == 8 * 32


def test_the_second_operand_of_a_matmul_is_an_activation():
    assert (MATMUL.input_elements, MATMUL.weight_elements) == (2 * 5 * 3, 2 * 3 * 7)
    assert MATMUL.output_elements == 2 * 5 * 7
    assert MATMUL.weights_are_activations


def test_vector_operators_count_what_they_read():
    assert (ADD.macs, ADD.weight_elements) == (0, 0)
    assert ADD.input_elements == 2 * 8
    assert ADD.output_elements == 8
    assert POOL.input_elements == 9 * 4 * 5
    assert POOL.output_bits == 45 * 8
    assert not ADD.is_gemm


def test_an_embedding_reads_rows_and_holds_a_table():
    assert (TABLE.macs, TABLE.weight_elements) == (0, 0)
    assert (TABLE.input_elements, TABLE.output_elements) == (5 * 8, 5 * 8)
    assert TABLE.table_rows == 100


def test_a_product_of_two_tensors_reads_both():
    assert replace(ADD, kind="mul").input_elements == 2 * 8


def test_the_kinds_do_not_overlap():
    kinds = (*GEMM_KINDS, *VECTOR_KINDS, *FREE_KINDS)
    assert len(set(kinds)) == len(kinds) == 3 + 20 + 2


def test_is_frozen():
    with pytest.raises(FrozenInstanceError):
        LINEAR.m = 3


TERNARY = WeightStatistics((2, 4, 6), (2, 1, 3, 2))


@pytest.mark.parametrize(
    ("op", "change", "reason"),
    [
        (LINEAR, {"kind": "linaer"}, "op 'fc': unknown kind 'linaer'; did you mean 'linear'"),
        (LINEAR, {"m": -2}, "op 'fc': m must be at least 1, got -2"),
        (LINEAR, {"batch": 0}, "op 'fc': batch must be at least 1, got 0"),
        (LINEAR, {"weight": "levels_6"}, "unknown number format 'levels_6'"),
        (LINEAR, {"activation": "int7"}, "unknown number format 'int7'"),
        (LINEAR, {"output": "fp31"}, "did you mean 'fp32'"),
        (LINEAR, {"weight": None}, "needs the format of its second operand"),
        (LINEAR, {"parameter": None}, "kind linear needs a parameter"),
        (LINEAR, {"convolution": GEOMETRY}, "kind linear has no convolution geometry"),
        (MATMUL, {"parameter": "w"}, "kind matmul has no parameter"),
        (MATMUL, {"statistics": TERNARY}, "kind matmul has no weights"),
        (CONV, {"convolution": None}, "kind conv2d needs a convolution geometry"),
        (CONV, {"m": 15}, "are .2, 15, 18, 3., its geometry says .2, 16, 18, 3."),
        (ADD, {"weight": "int8"}, "kind add has no weight"),
        (ADD, {"parameter": "w"}, "kind add has no parameter"),
        (ADD, {"convolution": GEOMETRY}, "kind add has no convolution"),
        (ADD, {"statistics": TERNARY}, "kind add has no weights"),
        (ADD, {"k": 1}, "kind add has k = 2, got 1"),
        (ADD, {"kind": "relu"}, "kind relu has k = 1, got 2"),
        (ADD, {"kind": "mul", "k": 1}, "kind mul has k = 2, got 1"),
        (ADD, {"side_parameter_bits": -1}, "side_parameter_bits must be at least 0"),
        (ADD, {"table_rows": -1}, "table_rows must be at least 0"),
        (ADD, {"table_rows": 3}, "kind add has no table_rows"),
        (LINEAR, {"table_rows": 3}, "kind linear has no table_rows"),
        (TABLE, {"table_rows": 0}, "kind embedding needs weight, parameter and table_rows"),
        (TABLE, {"parameter": None}, "kind embedding needs weight, parameter and table_rows"),
        (TABLE, {"weight": None}, "kind embedding needs weight, parameter and table_rows"),
        (TABLE, {"activation": "fp32"}, "reads its table in levels_3, activation says fp32"),
        (TABLE, {"k": 2}, "kind embedding has k = 1, got 2"),
        (TABLE, {"convolution": GEOMETRY}, "neither convolution nor statistics"),
        (TABLE, {"statistics": TERNARY}, "neither convolution nor statistics"),
    ],
)
def test_refuses(op, change, reason):
    with pytest.raises(ValueError, match=reason):
        replace(op, **change)


def test_accepts_statistics_that_fit():
    assert replace(LINEAR, statistics=TERNARY).statistics is TERNARY


@pytest.mark.parametrize(
    ("weight", "statistics", "reason"),
    [
        ("levels_3", WeightStatistics((2, 4, 2), (3, 1)), "count 8 weights, it has 12"),
        ("levels_3", WeightStatistics((2, 4, 6), (4, 4)), "2 rows for 4 output channels"),
        ("levels_5", TERNARY, "3 level counts for the 5 of levels_5"),
        ("fp32", TERNARY, "3 level counts for the 0 of fp32"),
        ("levels_3", WeightStatistics((2, 4, 6), (2, 1, 3, 3)), "non-zeros .* contradict"),
        ("levels_2", WeightStatistics((6, 6), (3, 3, 3, 2)), "non-zeros .* contradict"),
    ],
)
def test_refuses_statistics_that_do_not_fit(weight, statistics, reason):
    with pytest.raises(ValueError, match=reason):
        replace(LINEAR, weight=weight, statistics=statistics)


def test_floating_point_weights_need_no_level_counts():
    counts = WeightStatistics((), (3, 3, 2, 3), weights=12)
    assert replace(LINEAR, weight="fp32", statistics=counts).statistics == counts
