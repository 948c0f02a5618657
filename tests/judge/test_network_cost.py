import math

import pytest
from made_mixing import made
from made_runs import ROOT

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.judge.mixing_files import layers_graph_path
from lowbit_sim.judge.network_cost import network_cost, priced
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.shipped import load_shipped
from lowbit_sim.workload.store import read_graph


def test_layers_and_the_whole_are_those_of_the_simulation():
    pricing = priced(ROOT / "arch_specs" / "ternary_pe.yaml")
    shipped = load_shipped(ROOT / "workloads" / "cvnn_digits.yaml", ["levels_5"])
    (result, _) = simulate(shipped, pricing, "closed_form").results
    found = network_cost(shipped.workloads[0], pricing)
    assert found.whole.energy_pj == result.energy_pj
    assert found.whole.cycles == result.total_cycles
    assert found.whole.stored_bits == result.model_bits
    products = [layer for layer in result.layers if layer.mapped.op.parameter]
    assert list(found.layers) == [
        layer.mapped.op.parameter.removesuffix(".weight") for layer in products
    ]
    assert [one.cycles for one in found.layers.values()] == [
        layer.cost.timing.total_cycles for layer in products
    ]
    energy_pj = math.fsum(one.energy_pj for one in found.layers.values())
    assert 0.5 * result.energy_pj < energy_pj < result.energy_pj


def test_a_layers_weights_are_packed_as_the_machine_packs(tmp_path):
    mixing = made(tmp_path)
    graph = read_graph(layers_graph_path(mixing, mixing.networks[0], "levels_5"))
    for name in ("ternary_pe", "int8_systolic"):
        pricing = priced(ROOT / "arch_specs" / f"{name}.yaml")
        found = network_cost(graph, pricing)
        packing = pricing.machine.packing
        assert found.layers["1"].stored_bits == stored_bits(FORMATS["levels_5"], packing, 64 * 16)


def test_a_format_that_the_machine_refuses_has_no_cost():
    pricing = priced(ROOT / "arch_specs" / "ternary_pe.yaml")
    shipped = load_shipped(ROOT / "workloads" / "cvnn_digits.yaml", ["fp32"])
    assert network_cost(shipped.workloads[0], pricing) is None


def test_a_network_is_priced_by_its_machines_own_technology():
    pricing = priced(ROOT / "arch_specs" / "ternary_pe.yaml")
    assert pricing.technology.name == pricing.machine.technology_path.stem
    with pytest.raises(SpecError, match="no such file"):
        priced(ROOT / "arch_specs" / "ternary_pee.yaml")
