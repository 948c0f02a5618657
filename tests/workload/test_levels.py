import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.checkpoint import load_packed
from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.levels import layer_levels
from lowbit_sim.workload.network_graph import load_network
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.statistics import WeightStatistics
from lowbit_sim.workload.store import read_graph

WORKLOADS = Path(__file__).parents[2] / "workloads"
GROUPED = Convolution(4, 6, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, groups=2)
CONV = Op("c", "conv2d", 2, 25, 18, 3, "levels_5", "int8", "fp32", "c.weight", GROUPED, None)


def counted(levels, fmt):
    return tuple(int((levels == level).sum()) for level in fmt.levels)


@pytest.mark.parametrize("network", ["fcnn", "cvnn", "vit"])
@pytest.mark.parametrize("name", ["levels_3", "levels_7_pow2", "int8"])
def test_trained_levels_are_those_of_the_statistics(network, name):
    workload = read_graph(WORKLOADS / network / f"{name}.graph.json")
    checkpoint = load_packed(WORKLOADS / network / f"{name}.safetensors")
    levels = layer_levels(workload, checkpoint)
    assert set(levels) == {op.name for op in workload.ops if op.parameter}
    assert len(levels) == len(list(levels))
    for op in workload.ops:
        if not op.parameter:
            continue
        held = levels[op.name]
        assert held.dtype == np.int8
        assert held.shape == (op.k, op.n)
        assert counted(held, FORMATS[op.weight]) == op.statistics.level_counts
        assert tuple(np.count_nonzero(held, axis=0)) == op.statistics.row_nonzeros


def test_k_runs_over_channels_then_rows_then_columns():
    workload = read_graph(WORKLOADS / "cvnn" / "levels_5.graph.json")
    checkpoint = load_packed(WORKLOADS / "cvnn" / "levels_5.safetensors")
    op = next(op for op in workload.ops if op.kind == "conv2d" and op.weight == "levels_5")
    matrix = layer_levels(workload, checkpoint)[op.name]
    stored = checkpoint.packed[op.parameter].levels
    _, channels, height, width = stored.shape
    for out in (0, op.n - 1):
        walked = [
            stored[out, channel, row, column]
            for channel in range(channels)
            for row in range(height)
            for column in range(width)
        ]
        assert matrix[:, out].tolist() == walked


@pytest.mark.parametrize("drawn", [True, False])
def test_groups_come_first(workload, drawn):
    counts = WeightStatistics((20, 20, 28, 20, 20), (13,) * 4 + (14,) * 2)
    one = workload([replace(CONV, statistics=None if drawn else counts)], [], "toy", "levels_5")
    held = layer_levels(one, None)["c"]
    assert held.shape == (2, 18, 3)
    if not drawn:
        assert counted(held, FORMATS["levels_5"]) == counts.level_counts


def test_drawn_levels_have_the_assumed_counts_and_are_the_same_again():
    (workload,) = load_network(WORKLOADS / "mobilenet_v2.yaml", ["levels_5"])
    levels, again = layer_levels(workload, None), layer_levels(workload, None)
    for op in workload.ops:
        if op.parameter:
            assert counted(levels[op.name], FORMATS[op.weight]) == op.statistics.level_counts
    assert np.array_equal(levels["widen"], again["widen"])
    same_shape = [op.name for op in workload.ops if (op.k, op.n) == (384, 64)]
    assert len(same_shape) > 1
    assert not np.array_equal(levels[same_shape[0]], levels[same_shape[1]])


def test_levels_are_spread_over_the_whole_layer():
    (workload,) = load_network(WORKLOADS / "resnet18.yaml", ["levels_3"])
    held = layer_levels(workload, None)["stages.3.0.conv1"]
    share = (held == 0).mean()
    for axis in (0, 1):  # as many zeros in every row and column, give or take six deviations
        extent = held.shape[axis]
        deviation = np.sqrt(share * (1 - share) / extent)
        assert abs((held == 0).mean(axis) - share).max() < 6 * deviation
        assert (held == 0).mean(axis).std() > 0.5 * deviation


def test_shared_weights_are_drawn_once(linear, workload):
    ops = [linear(name, m=1, k=8, n=8, parameter="shared") for name in ("first", "second")]
    levels = layer_levels(workload(ops, []), None)
    assert np.array_equal(levels["first"], levels["second"])


def test_only_layers_with_integer_weights_have_levels(residual, workload):
    assert list(layer_levels(residual, None)) == ["fc"]
    with pytest.raises(KeyError):
        layer_levels(residual, None)["relu"]
    fp32 = [replace(residual.op("fc"), weight="fp32", statistics=None)]
    assert len(layer_levels(workload(fp32, []), None)) == 0


def test_a_network_of_25_million_weights_takes_less_than_a_second_or_two():
    (workload,) = load_network(WORKLOADS / "resnet50.yaml", ["levels_5"])
    start = time.process_time()
    weights = sum(held.size for held in layer_levels(workload, None).values())
    assert weights == workload.weights
    assert time.process_time() - start < 3  # 0.4 s alone on one core


def test_a_checkpoint_that_does_not_belong_is_refused():
    workload = read_graph(WORKLOADS / "vit" / "levels_5.graph.json")
    other = load_packed(WORKLOADS / "vit" / "levels_3.safetensors")
    with pytest.raises(SpecError, match="is in levels_3, the workload in levels_5"):
        layer_levels(workload, other)
    stranger = load_packed(WORKLOADS / "fcnn" / "levels_5.safetensors")
    with pytest.raises(SpecError, match="does not hold the weights of 'embed'"):
        layer_levels(workload, stranger)["embed"]
