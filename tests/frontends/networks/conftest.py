"""Traces of the shipped networks, and the formats that small ones are compared in."""

import warnings
from pathlib import Path

import pytest
import torch

from lowbit_sim.frontends.networks.build import build_network
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.models import layer_formats
from lowbit_sim.workload.network_graph import network_graph_path
from lowbit_sim.workload.network_spec import graph_format, load_network_spec
from lowbit_sim.workload.spec import QuantisationSpec
from lowbit_sim.workload.store import read_graph, read_provenance
from lowbit_sim.workload.weight_format import with_weight_format

WORKLOADS = Path(__file__).parents[3] / "workloads"
QUANTISATION = QuantisationSpec(
    weight_formats=("levels_3",), activation_format="int8", first_layer="int8", last_layer="int8"
)


@pytest.fixture(scope="session")
def shipped():
    """Read the shipped graph of a network, and how many parameters its model has."""

    def run(name):
        path = network_graph_path(WORKLOADS / f"{name}.yaml")
        return read_graph(path), read_provenance(path)["parameters"]

    return run


@pytest.fixture(scope="session")
def retraced():
    """Trace a shipped network again."""

    def run(name):
        spec = load_network_spec(WORKLOADS / f"{name}.yaml")
        weight_format = graph_format(spec.quantisation)
        return trace(*build_network(spec, weight_format), spec.name, weight_format)

    return run


@pytest.fixture
def check_formats():
    """Compare a trace in each format with the one whose format was only set.

    `make` returns a model and its inputs for given layer formats.
    """

    def run(make):
        def traced(name):
            with torch.device("meta"):
                model, inputs = make(layer_formats(QUANTISATION, name))
            return with_weight_format(trace(model, inputs, "toy", name), name)

        base = traced("levels_2")
        for name in ("int8", "bf16", "fp32"):
            assert with_weight_format(base, name) == traced(name)

    return run


@pytest.fixture
def layer_macs():
    """List the multiply-accumulates of every matrix product, in order."""
    return lambda workload: [op.macs for op in workload.ops if op.is_gemm]


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
