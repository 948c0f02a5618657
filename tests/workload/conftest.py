"""Operators to build small workloads from."""

import pytest

from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.statistics import WeightStatistics


def make_vector(name, kind="relu", *, m=1, n=1, activation="fp32", output="fp32"):
    k = 2 if kind == "add" else 1
    return Op(name, kind, 1, m, k, n, None, activation, output, None, None, None)


def make_linear(name, *, m, k, n, **change):
    given = {
        "weight": "levels_3",
        "activation": "int8",
        "output": "fp32",
        "parameter": f"{name}.weight",
        "convolution": None,
        "statistics": None,
    }
    return Op(name, "linear", 1, m, k, n, **(given | change))


def make_workload(ops, pairs, name="toy", weight_format="levels_3"):
    """Join `ops` by edges that carry what their source stores."""
    outputs_bits = {op.name: op.output_bits for op in ops}
    edges = tuple(Edge(source, target, outputs_bits[source]) for source, target in pairs)
    return Workload(name, weight_format, tuple(ops), edges)


@pytest.fixture
def residual():
    """4 tokens of 8: input -> fc (8 to 8) -> relu -> add, and input -> add."""
    statistics = WeightStatistics((10, 30, 24), (4, 3, 5, 6, 2, 7, 3, 4))
    ops = (
        make_vector("input", "input", m=4, n=8, activation="int8", output="int8"),
        make_linear("fc", m=4, k=8, n=8, statistics=statistics),
        make_vector("relu", m=4, n=8),
        make_vector("add", "add", m=4, n=8, output="int8"),
    )
    pairs = [("input", "fc"), ("fc", "relu"), ("relu", "add"), ("input", "add")]
    return make_workload(ops, pairs)


@pytest.fixture
def vector():
    return make_vector


@pytest.fixture
def linear():
    return make_linear


@pytest.fixture
def workload():
    return make_workload
